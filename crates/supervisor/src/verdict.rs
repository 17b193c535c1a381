//! One listener's rule for answering: what the original profile says, and what we answer to it.

use std::sync::Arc;

use notifyd_bpf::{Action, Errno, Program, SeccompData};
use notifyd_kernel::notify::Answer;

use crate::recorder::Recorder;

/// How a listener is answered where its program does not decide, and what is done about kill verdicts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Let every call run and only count it.
    pub continue_all: bool,
    /// For calls whose verdict is not known.
    pub errno: Errno,
    /// Answer kill verdicts with ENOSYS instead of killing: under `stop` one run then finds several calls.
    pub defer_kill: bool,
}

/// A listener's rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Changes while the listener lives.
    pub policy: Policy,
    /// The original profile, if the hand-over brought it.
    pub program: Option<Arc<Program>>,
    /// Where what the profile lets run is noted, if it is to be recorded.
    pub recorder: Option<Arc<Recorder>>,
}

/// What follows for one notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the original profile says; `Notify` where it is not known.
    pub verdict: Action,
    /// What we say.
    pub answer: Answer,
    /// Whether the process is killed first.
    pub kill: bool,
}

impl Rule {
    /// Decides from number, architecture and register arguments alone, which the target cannot change meanwhile.
    #[must_use]
    pub fn decide(&self, data: &SeccompData) -> Decision {
        let verdict = self
            .program
            .as_ref()
            .map_or(Action::Notify, |program| program.evaluate(data));
        let kills = matches!(verdict, Action::KillProcess | Action::KillThread);
        if self.policy.continue_all {
            return Decision {
                verdict,
                answer: Answer::Continue,
                kill: false,
            };
        }
        Decision {
            verdict,
            answer: self.answer(verdict),
            kill: kills && !self.policy.defer_kill,
        }
    }

    /// Who notes the call, if it is one that runs and is recorded.
    pub(crate) fn recorder(&self, decision: &Decision) -> Option<&Recorder> {
        let runs = matches!(decision.verdict, Action::Allow | Action::Log);
        self.recorder.as_deref().filter(|_| runs)
    }

    fn answer(&self, verdict: Action) -> Answer {
        match verdict {
            // LOG lets it run too; it notifies only where it is recorded instead.
            Action::Allow | Action::Log => Answer::Continue,
            Action::Errno(_) => verdict.errno().map_or(Answer::Zero, Answer::Errno),
            Action::KillProcess | Action::KillThread => Answer::Errno(Errno::ENOSYS),
            // TRAP and TRACE stay in the kernel; a notification with such a verdict comes from a program that is not
            // the container's, and what cannot be answered right is refused.
            Action::Notify | Action::Trap(_) | Action::Trace(_) => Answer::Errno(self.policy.errno),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use notifyd_bpf::Insn;

    const POLICY: Policy = Policy {
        continue_all: false,
        errno: Errno::ENOSYS,
        defer_kill: false,
    };

    /// `ld [0]; jeq 83, 0, 1; ret first; ret second`
    fn program(first: Action, second: Action) -> Option<Arc<Program>> {
        let insn = |code, jt, jf, k| Insn { code, jt, jf, k };
        let insns = vec![
            insn(0x20, 0, 0, 0),
            insn(0x15, 0, 1, 83),
            insn(0x06, 0, 0, first.raw()),
            insn(0x06, 0, 0, second.raw()),
        ];
        Some(Arc::new(Program::new(insns).unwrap()))
    }

    fn decide(rule: &Rule, nr: i32) -> Decision {
        rule.decide(&SeccompData {
            nr,
            ..SeccompData::default()
        })
    }

    #[test]
    fn without_a_program_the_verdict_is_unknown_and_the_default_errno_answers() {
        let rule = Rule {
            policy: POLICY,
            program: None,
            recorder: None,
        };
        let expected = Decision {
            verdict: Action::Notify,
            answer: Answer::Errno(Errno::ENOSYS),
            kill: false,
        };
        assert_eq!(decide(&rule, 83), expected);
    }

    #[test]
    fn a_program_decides_call_by_call() {
        let rule = Rule {
            policy: POLICY,
            program: program(Action::Errno(13), Action::Allow),
            recorder: None,
        };
        assert_eq!(decide(&rule, 83).answer, Answer::Errno(Errno::new(13).unwrap()));
        assert_eq!(decide(&rule, 84).answer, Answer::Continue);
    }

    #[test]
    fn errno_zero_succeeds_without_the_call() {
        let rule = Rule {
            policy: POLICY,
            program: program(Action::Errno(0), Action::Allow),
            recorder: None,
        };
        assert_eq!(decide(&rule, 83).answer, Answer::Zero);
    }

    #[test]
    fn kill_verdicts_kill_unless_deferred_and_are_never_continued() {
        let mut rule = Rule {
            policy: POLICY,
            program: program(Action::KillProcess, Action::KillThread),
            recorder: None,
        };
        assert!(decide(&rule, 83).kill && decide(&rule, 84).kill);
        rule.policy.defer_kill = true;
        let deferred = decide(&rule, 83);
        assert!(!deferred.kill);
        assert_eq!(deferred.answer, Answer::Errno(Errno::ENOSYS));
    }

    #[test]
    fn what_cannot_be_imitated_is_refused() {
        for action in [Action::Trap(0), Action::Trace(0), Action::Notify] {
            let rule = Rule {
                policy: POLICY,
                program: program(action, action),
                recorder: None,
            };
            assert_eq!(decide(&rule, 83).answer, Answer::Errno(Errno::ENOSYS), "{action:?}");
        }
    }

    #[test]
    fn continue_lets_everything_run_and_still_tells_the_verdict() {
        let policy = Policy {
            continue_all: true,
            ..POLICY
        };
        let rule = Rule {
            policy,
            program: program(Action::KillProcess, Action::Errno(1)),
            recorder: None,
        };
        let decision = decide(&rule, 83);
        assert_eq!((decision.answer, decision.kill), (Answer::Continue, false));
        assert_eq!(decision.verdict, Action::KillProcess);
    }
}
