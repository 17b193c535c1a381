//! Sends listeners to the loop: no more than there are descriptors for, each with its rule and identity.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use notifyd_kernel::peer::Peer;

use crate::admission::{Admission, Defaults, admit};
use crate::control::{Arrival, Control, Known, Shared, Subject};
use crate::counters::Counters;
use crate::identity::{Identity, Init};
use crate::keeper::Keeper;
use crate::notice::{Attachment, DetachReason, NoticeKind};
use crate::oci_state::ContainerState;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::token::Token;
use crate::verdict::Rule;

/// Admits listeners on behalf of the acceptor.
pub(crate) struct Registrar {
    shared: Arc<Shared>,
    defaults: Defaults,
    bounds: Bounds,
    inits: Inits,
}

/// How many listeners there may be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// As configured.
    pub(crate) listeners: u64,
    /// As the limit of open files leaves: one per listener, one per container's init.
    pub(crate) files: u64,
}

/// The inits that are held; several listeners of one container share one.
struct Inits(HashMap<u32, Weak<Init>>);

/// A listener that is served though its message is not complete.
pub(crate) struct Unidentified {
    token: Token,
    /// To be kept once it is known whose it is.
    listener: Option<OwnedFd>,
}

impl Registrar {
    /// `inits` are held already.
    pub(crate) fn new(shared: Arc<Shared>, defaults: Defaults, bounds: Bounds, inits: &[Weak<Init>]) -> Self {
        let live = inits.iter().filter_map(Weak::upgrade);
        let inits = live.map(|init| (init.process.pid, Arc::downgrade(&init))).collect();
        Self {
            shared,
            defaults,
            bounds,
            inits: Inits(inits),
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
            keeping,
        } = self.consider(state, peer);
        let duplicate = self.duplicate(&listener);
        let arrival = enter(&self.shared, listener, rule, Some(identity), Some(attachment), subject);
        let token = self.send(arrival);
        self.keep(token, keeping, duplicate);
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
            recorder: None,
        };
        let duplicate = self.duplicate(&listener);
        let token = self.send(enter(&self.shared, listener, rule, None, None, subject));
        Ok(Unidentified {
            token,
            listener: duplicate,
        })
    }

    /// Completes what `attach_unidentified` began.
    pub(crate) fn identify(&mut self, served: Unidentified, state: ContainerState, peer: Peer) {
        let Unidentified { token, listener } = served;
        let Admitted {
            rule,
            identity,
            attachment,
            subject,
            keeping,
        } = self.consider(state, peer);
        if let Some(known) = self.shared.known().get_mut(&token) {
            known.subject = subject;
            known.recorder.clone_from(&rule.recorder);
        }
        self.shared.notice(NoticeKind::Identified(token, attachment));
        self.shared.control(Control::Identify(token, rule, Box::new(identity)));
        self.keep(token, keeping, listener);
    }

    fn send(&self, arrival: Box<Arrival>) -> Token {
        let token = arrival.token;
        self.shared.control(Control::Attach(arrival));
        token
    }

    /// Only where it can be kept: a listener that is served costs one descriptor, and not two.
    fn duplicate(&self, listener: &OwnedFd) -> Option<OwnedFd> {
        self.shared.keeper.get().and_then(|_| listener.try_clone().ok())
    }

    /// After it is served: no caller waits for what is done here.
    fn keep(&self, token: Token, keeping: Option<(String, Record)>, listener: Option<OwnedFd>) {
        let (Some(keeper), Some((name, record))) = (self.shared.keeper.get(), keeping) else {
            return;
        };
        match listener {
            Some(listener) => keeper.keep(&self.shared, token, &name, record, listener.as_fd()),
            None => self
                .shared
                .notice(NoticeKind::Unkept(token, "no descriptors are left".to_owned())),
        }
    }

    /// Closes what `attach_unidentified` began.
    pub(crate) fn give_up(&mut self, served: Unidentified) {
        self.shared
            .control(Control::Detach(served.token, DetachReason::Refused));
    }

    fn check_room(&self) -> Result<(), (Refusal, String)> {
        let served = self.shared.stats.listeners.load(Ordering::Relaxed);
        if served < self.bounds.listeners && served + self.inits.count() < self.bounds.files {
            return Ok(());
        }
        let message = format!(
            "{served} listeners are served, which is all that the limit of open files (or maxListeners) leaves room for; \
             its forbidden calls fail with ENOSYS unseen (raise LimitNOFILE= or ulimit -n)"
        );
        Err((Refusal::FileLimit, message))
    }

    fn consider(&mut self, state: ContainerState, peer: Peer) -> Admitted {
        let Admission { rule, warnings } = admit(&state, self.defaults);
        let identity = Identity::of(&state, peer.pid, |state| self.inits.find_or_take(state));
        let init = identity.init.as_ref().map(Arc::clone).map_err(Clone::clone);
        let subject = match &init {
            Ok(init) => Subject::Container(Arc::clone(init)),
            Err(problem) => Subject::Nothing(problem.clone()),
        };
        let (policy, has_program) = (rule.policy, rule.program.is_some());
        let keeping = self.prepare_record(&state, peer, &identity);
        let kept = keeping.as_ref().map(|(name, _)| name.clone());
        let attachment = Box::new(Attachment {
            state,
            init,
            peer: peer.pid,
            policy,
            has_program,
            kept,
            kept_problem: None,
            warnings,
        });
        Admitted {
            rule,
            identity,
            attachment,
            subject,
            keeping,
        }
    }

    fn prepare_record(&self, state: &ContainerState, peer: Peer, identity: &Identity) -> Option<(String, Record)> {
        self.shared.keeper.get().filter(|keeper| keeper.problem().is_none())?;
        let (process, runtime) = identity.marks();
        let init = identity.init.as_ref();
        let record = Record {
            slot: 0,
            peer: peer.pid,
            init: init.ok().map(|init| init.process.mark()),
            init_problem: init.err().cloned(),
            process,
            runtime,
            state: state.clone(),
        };
        Some((Keeper::new_name()?, record))
    }
}

/// Takes a listener on the books, on its way into the loop.
pub(crate) fn enter(
    shared: &Shared,
    listener: OwnedFd,
    rule: Rule,
    identity: Option<Identity>,
    attachment: Option<Box<Attachment>>,
    subject: Subject,
) -> Box<Arrival> {
    let token = shared.next_token();
    let counters = Arc::new(Counters::default());
    shared.enter(
        token,
        Known {
            counters: Arc::clone(&counters),
            recorder: rule.recorder.clone(),
            subject,
        },
    );
    Box::new(Arrival {
        token,
        listener,
        rule,
        identity,
        execution: None,
        arguments: None,
        attachment,
        counters,
    })
}

impl Inits {
    /// The init that the message names. crun exec tells no pid, and then it is the newest live one of that id; whether
    /// the caller really is one of that container is checked at its first call.
    fn find_or_take(&mut self, state: &ContainerState) -> Result<Arc<Init>, String> {
        let held = if state.init_pid == 0 {
            self.newest(&state.id)
        } else {
            self.held(state)
        };
        if let Some(init) = held {
            return Ok(init);
        }
        let init = Arc::new(Init::take(state)?);
        self.forget_ended();
        self.0.insert(init.process.pid, Arc::downgrade(&init));
        Ok(init)
    }

    /// A live process keeps its number, so one that is held and lives is the one that is meant.
    fn held(&self, state: &ContainerState) -> Option<Arc<Init>> {
        let init = self.0.get(&u32::try_from(state.init_pid).ok()?)?.upgrade()?;
        (init.id == state.id && !init.process.has_ended()).then_some(init)
    }

    fn newest(&self, id: &str) -> Option<Arc<Init>> {
        let live = self.0.values().filter_map(Weak::upgrade);
        let of_id = live.filter(|init| init.id == id && !init.process.has_ended());
        of_id.max_by_key(|init| init.process.start_ticks)
    }

    /// Now and then, so that the cost of each hand-over stays small.
    fn forget_ended(&mut self) {
        if self.0.len() == self.0.capacity() {
            self.0.retain(|_, init| init.strong_count() > 0);
        }
    }

    fn count(&self) -> u64 {
        u64::try_from(self.0.len()).unwrap_or(u64::MAX)
    }
}

struct Admitted {
    rule: Rule,
    identity: Identity,
    attachment: Box<Attachment>,
    subject: Subject,
    /// Where listeners are kept: under which name, and what of it.
    keeping: Option<(String, Record)>,
}
