//! Sends listeners to the loop: no more than there are descriptors for, each with its rule and identity.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use notifyd_kernel::peer::Peer;

use crate::admission::{Admission, Defaults, admit};
use crate::control::{Arrival, Control, Known, Shared, Subject};
use crate::counters::Counters;
use crate::identity::{Identity, Init};
use crate::notice::{Attachment, DetachReason, NoticeKind};
use crate::oci_state::ContainerState;
use crate::refusal::Refusal;
use crate::token::Token;
use crate::verdict::Rule;

/// Admits listeners on behalf of the acceptor.
pub(crate) struct Registrar {
    shared: Arc<Shared>,
    defaults: Defaults,
    max_listeners: u64,
}

/// A listener that is served though its message is not complete.
pub(crate) struct Unidentified(Token);

impl Registrar {
    pub(crate) fn new(shared: Arc<Shared>, defaults: Defaults, max_listeners: u64) -> Self {
        Self {
            shared,
            defaults,
            max_listeners,
        }
    }

    /// Serves a listener whose message is complete.
    pub(crate) fn attach(
        &mut self,
        listener: OwnedFd,
        state: ContainerState,
        peer: Peer,
    ) -> Result<(), (Refusal, String)> {
        self.check_room()?;
        let Admitted {
            rule,
            identity,
            attachment,
            subject,
        } = self.consider(state, peer);
        self.enter(listener, rule, Some(identity), Some(attachment), subject);
        Ok(())
    }

    /// Serves a listener by the default rule until its message is complete; gives it back if there is no room.
    pub(crate) fn attach_unidentified(&mut self, listener: OwnedFd) -> Result<Unidentified, OwnedFd> {
        if self.check_room().is_err() {
            return Err(listener);
        }
        let subject = Subject::Nothing("its hand-over is not complete".to_owned());
        let rule = Rule {
            policy: self.defaults.policy,
            program: None,
        };
        Ok(Unidentified(self.enter(listener, rule, None, None, subject)))
    }

    /// Completes what `attach_unidentified` began.
    pub(crate) fn identify(&mut self, served: Unidentified, state: ContainerState, peer: Peer) {
        let Unidentified(token) = served;
        let Admitted {
            rule,
            identity,
            attachment,
            subject,
        } = self.consider(state, peer);
        if let Some(known) = self.shared.known().get_mut(&token) {
            known.subject = subject;
        }
        self.shared.notice(NoticeKind::Identified(token, attachment));
        self.shared.control(Control::Identify(token, rule, Box::new(identity)));
    }

    /// Closes what `attach_unidentified` began.
    pub(crate) fn give_up(&mut self, served: Unidentified) {
        self.shared.control(Control::Detach(served.0, DetachReason::Refused));
    }

    fn check_room(&self) -> Result<(), (Refusal, String)> {
        let served = self.shared.stats.listeners.load(Ordering::Relaxed);
        if served < self.max_listeners {
            return Ok(());
        }
        let message = format!(
            "{served} listeners are served, which is all that the limit of open files (or maxListeners) leaves room for; \
             its forbidden calls fail with ENOSYS unseen (raise LimitNOFILE= or ulimit -n)"
        );
        Err((Refusal::FileLimit, message))
    }

    fn enter(
        &self,
        listener: OwnedFd,
        rule: Rule,
        identity: Option<Identity>,
        attachment: Option<Box<Attachment>>,
        subject: Subject,
    ) -> Token {
        let token = self.shared.next_token();
        let counters = Arc::new(Counters::default());
        self.shared.enter(
            token,
            Known {
                counters: Arc::clone(&counters),
                subject,
            },
        );
        let arrival = Arrival {
            token,
            listener,
            rule,
            identity,
            attachment,
            counters,
        };
        self.shared.control(Control::Attach(Box::new(arrival)));
        token
    }

    fn consider(&self, state: ContainerState, peer: Peer) -> Admitted {
        let Admission { rule, warnings } = admit(&state, self.defaults);
        let mut identity = Identity::of(&state, peer.pid);
        // crun exec tells no pid. Whether its caller really is one of that container is checked at its first call.
        if state.init_pid == 0
            && let (Some(init), Some(_)) = (self.live_init(&state.id), peer.pid)
        {
            identity.adopt(init);
        }
        let init = identity.init.as_ref().map(Arc::clone).map_err(Clone::clone);
        let subject = match &init {
            Ok(init) => Subject::Container(Arc::clone(init)),
            Err(problem) => Subject::Nothing(problem.clone()),
        };
        let (policy, has_program) = (rule.policy, rule.program.is_some());
        let attachment = Box::new(Attachment {
            state,
            init,
            peer: peer.pid,
            policy,
            has_program,
            warnings,
        });
        Admitted {
            rule,
            identity,
            attachment,
            subject,
        }
    }

    fn live_init(&self, id: &str) -> Option<Arc<Init>> {
        let known = self.shared.known();
        let inits = known.values().filter_map(|known| match &known.subject {
            Subject::Container(init) if init.id == id && !init.process.has_ended() => Some(init),
            _ => None,
        });
        inits.max_by_key(|init| init.process.start_ticks).map(Arc::clone)
    }
}

struct Admitted {
    rule: Rule,
    identity: Identity,
    attachment: Box<Attachment>,
    subject: Subject,
}
