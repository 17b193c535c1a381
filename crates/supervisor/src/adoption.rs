//! Listeners that a service manager kept while no daemon ran: served again as their records say.
//!
//! A record is the hand-over once more. Its rule is made anew, its init is taken hold of anew, and a process that only
//! has the number is not taken for it.

use std::collections::HashMap;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;

use notifyd_kernel::notify::is_listener;

use crate::admission::{Admission, Defaults, admit};
use crate::control::{Control, Shared, Subject};
use crate::identity::{Identity, Init};
use crate::keeper::Keeper;
use crate::notice::{Attachment, NoticeKind};
use crate::oci_state::ContainerState;
use crate::process::Mark;
use crate::record::Record;
use crate::refusal::Refusal;
use crate::registrar::enter;
use crate::verdict::Rule;

/// Serves what came back. Gives the inits, which later hand-overs may name again.
pub(crate) fn adopt(
    shared: &Arc<Shared>,
    keeper: &Keeper,
    defaults: Defaults,
    returned: Vec<(String, OwnedFd)>,
) -> Vec<Arc<Init>> {
    let mut inits = Inits::default();
    for (name, fd) in returned {
        if is_listener(fd.as_fd()) {
            adopt_one(shared, keeper, defaults, &mut inits, &name, fd);
        } else {
            keeper.discard(&name);
            let message = format!("{name:?} of the service manager's store is not a seccomp listener");
            shared.stats.count_refusal(Refusal::NotAListener);
            let (reason, id) = (Refusal::NotAListener, None);
            shared.notice(NoticeKind::Refused { reason, message, id });
        }
    }
    keeper.sweep_records();
    inits.0.into_values().flatten().collect()
}

fn adopt_one(
    shared: &Arc<Shared>,
    keeper: &Keeper,
    defaults: Defaults,
    inits: &mut Inits,
    name: &str,
    listener: OwnedFd,
) {
    let (slot, resumed) = match keeper.record_of(name) {
        Ok(record) => (Some(record.slot), resume(record, defaults, inits)),
        Err(problem) => (None, unknown(problem, defaults)),
    };
    let Resumed {
        rule,
        identity,
        mut attachment,
    } = resumed;
    attachment.kept = Some(name.to_owned());
    let subject = match &attachment.init {
        Ok(init) => Subject::Container(Arc::clone(init)),
        Err(problem) => Subject::Nothing(problem.clone()),
    };
    let arrival = enter(shared, listener, rule, Some(identity), Some(attachment), subject);
    // One without a record has no place that is known.
    let place = slot.and_then(|slot| keeper.readmit(arrival.token, name, slot));
    shared.control(Control::Adopt(arrival, place));
}

struct Resumed {
    rule: Rule,
    identity: Identity,
    attachment: Box<Attachment>,
}

fn resume(record: Record, defaults: Defaults, inits: &mut Inits) -> Resumed {
    let Record {
        peer,
        init,
        init_problem,
        process,
        runtime,
        state,
        ..
    } = record;
    let Admission { rule, warnings } = admit(&state, defaults);
    let init = match init {
        Some(mark) => inits.find_or_take(&state.id, mark),
        None => Err(init_problem.unwrap_or_else(|| "its hand-over told no process".to_owned())),
    };
    let identity = Identity::resumed(init.clone(), process, runtime);
    let attachment = Box::new(Attachment {
        policy: rule.policy,
        has_program: rule.program.is_some(),
        kept: None,
        kept_problem: None,
        state,
        init,
        peer,
        warnings,
    });
    Resumed {
        rule,
        identity,
        attachment,
    }
}

/// Without a record nothing is known but that its calls have to be answered, and that none may run.
fn unknown(problem: String, defaults: Defaults) -> Resumed {
    let mut policy = defaults.policy;
    policy.continue_all = false;
    let init: Result<Arc<Init>, String> = Err("nothing is known of its process".to_owned());
    let attachment = Box::new(Attachment {
        state: ContainerState::unknown(),
        init: init.clone(),
        peer: None,
        policy,
        has_program: false,
        kept: None,
        kept_problem: Some(format!(
            "its record cannot be used, so its calls are answered with the default errno: {problem}"
        )),
        warnings: vec![],
    });
    Resumed {
        rule: Rule {
            policy,
            program: None,
            recorder: None,
        },
        identity: Identity::resumed(init, None, vec![]),
        attachment,
    }
}

/// Listeners of one container share its init.
#[derive(Default)]
struct Inits(HashMap<Mark, Result<Arc<Init>, String>>);

impl Inits {
    fn find_or_take(&mut self, id: &str, mark: Mark) -> Result<Arc<Init>, String> {
        let taken = self.0.entry(mark);
        taken.or_insert_with(|| Init::retake(id, mark).map(Arc::new)).clone()
    }
}
