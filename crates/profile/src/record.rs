//! From the calls that programs were seen making to the smallest profile that lets them.
//!
//! A rule is about a name. Values of an argument are kept apart only where what the kernel does depends on them and nothing
//! that is not in a register: see [`watched`].

use std::collections::{BTreeMap, BTreeSet};

use notifyd_bpf::{Action, SeccompData};

use crate::model::{ActionName, Condition, Operator, Profile, Rule};
use crate::syscalls::is_in_libseccomp;
use crate::{Abi, Error, Runtime, compile, display_name, name, number};

/// An argument of which the values are worth knowing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// `AUDIT_ARCH_*` value.
    pub arch: u32,
    /// With the x32 bit there.
    pub number: u32,
    /// Which argument, 0 to 5.
    pub index: u32,
    /// The bits that count.
    pub mask: u64,
}

/// A call that was seen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Observation {
    /// `AUDIT_ARCH_*` value.
    pub arch: u32,
    /// As the kernel gave it.
    pub number: u32,
    /// Of the argument that is [`watched`]; `None` where it is not, or there were too many.
    pub values: Option<BTreeSet<u64>>,
}

/// What a recorded profile is for.
#[derive(Debug, Clone, Default)]
pub struct Purpose {
    /// Runtimes that are to load it, whose own calls are allowed as well.
    pub runtimes: Vec<Runtime>,
    /// Whether `ioctl` is allowed for the requests that were seen only.
    pub ioctl_requests: bool,
}

/// The profile, and what it cannot hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Allows what was seen, and fails everything else with EPERM.
    pub profile: Profile,
    /// Calls without a name, `syscall_600` each with its ABI. No profile can allow them; kernels that lack them answer ENOSYS.
    pub nameless: Vec<String>,
    /// Calls whose names the libseccomp inside does not know: whether they are allowed depends on the runtime's.
    pub newer: Vec<String>,
}

/// Namespaces of `clone`: `CLONE_NEWNS`, `NEWCGROUP`, `NEWUTS`, `NEWIPC`, `NEWUSER`, `NEWPID`, `NEWNET` of `linux/sched.h`.
const NAMESPACES: u64 = 0x7e02_0000;
/// What the kernel looks at of an `int` or `unsigned int`.
const INTEGER: u64 = u32::MAX as u64;
const IOCTL: &str = "ioctl";
const EPERM: u16 = 1;
/// Calls that no program decides to make, and that come of what is done to a container: a handler's return, since engines stop
/// containers by signals, and what a sleep goes on with when a paused container, or a stopped process, is continued. Whether one run
/// shows them is chance; without the first a program crashes, without the second it fails.
const OF_SIGNALS: [&str; 3] = ["rt_sigreturn", "sigreturn", "restart_syscall"];

/// Calls that give a signal a handler. Its return is let run unseen, so it is allowed where there is one.
const MAKE_HANDLERS: [&str; 3] = ["rt_sigaction", "sigaction", "signal"];
pub(crate) const HANDLER_RETURNS: [&str; 2] = ["rt_sigreturn", "sigreturn"];

/// Name, argument, bits. The rest of what these arguments mean is no matter of the profile.
///
/// `clone3` is not here: its flags lie in memory. Neither are `socketcall` and `ipc` of i386, whose names mean several calls.
const ARGUMENTS: [(&str, u32, u64); 5] = [
    ("socket", 0, u64::MAX),
    ("socketpair", 0, u64::MAX),
    ("personality", 0, u64::MAX),
    ("clone", 0, NAMESPACES),
    (IOCTL, 1, u64::MAX),
];

/// What to keep the values of, on this machine's ABIs.
pub fn watched() -> Vec<Watched> {
    let of = |abi: Abi| {
        ARGUMENTS.iter().filter_map(move |&(name, index, mask)| {
            number(abi, name).map(|number| Watched {
                arch: abi.arch(),
                number,
                index,
                mask,
            })
        })
    };
    Abi::native().iter().copied().flat_map(of).collect()
}

/// The profile for a machine whose main ABI is given. Compiled and evaluated for every observation before it is returned.
pub fn recorded(observations: &[Observation], purpose: &Purpose, native: Abi) -> Result<Recorded, Error> {
    let mut calls = Calls::new();
    let (mut nameless, mut newer) = (BTreeSet::new(), BTreeSet::new());
    for seen in observations {
        let Some(name) = name(seen.arch, seen.number) else {
            nameless.insert(label(seen));
            continue;
        };
        if !is_in_libseccomp(seen.arch, seen.number) {
            newer.insert(name.clone().into_owned());
        }
        let values = seen.values.clone().filter(|_| purpose.watches(&name));
        admit(&mut calls, &name, values);
    }
    for name in purpose.unseen(observations, native) {
        admit(&mut calls, name, None);
    }
    let profile = Profile {
        default_action: ActionName::Errno,
        default_errno: Some(EPERM),
        architectures: architectures(observations, native),
        flags: Vec::new(),
        listener_path: None,
        listener_metadata: None,
        rules: rules(&calls),
    };
    prove(&profile, observations, native)?;
    Ok(Recorded {
        profile,
        nameless: nameless.into_iter().collect(),
        newer: newer.into_iter().collect(),
    })
}

/// `None` for any value.
type Calls = BTreeMap<String, Option<BTreeSet<u64>>>;

/// On whatever ABI: a rule holds for all of a profile's.
fn admit(calls: &mut Calls, name: &str, values: Option<BTreeSet<u64>>) {
    let Some(known) = calls.get_mut(name) else {
        calls.insert(name.to_owned(), values);
        return;
    };
    match (known.as_mut(), values) {
        (Some(known), Some(more)) => known.extend(more),
        _ => *known = None,
    }
}

impl Purpose {
    /// Calls that no run has to show.
    fn unseen(&self, observations: &[Observation], native: Abi) -> impl Iterator<Item = &'static str> {
        let of_runtimes = |runtime: &'_ Runtime| runtime.own_calls().iter().chain(runtime.unrecordable());
        let own = self.runtimes.iter().flat_map(of_runtimes);
        let abis = abis(observations, native);
        let of_signals = OF_SIGNALS.iter().filter(|_| !self.runtimes.is_empty());
        let makes =
            |seen: &Observation| name(seen.arch, seen.number).is_some_and(|name| MAKE_HANDLERS.contains(&&*name));
        let has_handlers = observations.iter().any(makes);
        let returns = HANDLER_RETURNS.iter().filter(move |_| has_handlers);
        let exists = move |name: &&str| abis.iter().any(|&abi| number(abi, name).is_some());
        own.chain(of_signals).chain(returns).copied().filter(exists)
    }

    fn watches(&self, name: &str) -> bool {
        self.ioctl_requests || name != IOCTL
    }
}

fn label(seen: &Observation) -> String {
    let abi = Abi::of(seen.arch, seen.number).map_or("unknown architecture", Abi::label);
    format!("{} ({abi})", display_name(seen.arch, seen.number))
}

/// The machine's own is in every filter, and is named so that the profile says what it is for.
fn architectures(observations: &[Observation], native: Abi) -> Vec<libseccomp::ScmpArch> {
    abis(observations, native).into_iter().map(Abi::libseccomp).collect()
}

fn abis(observations: &[Observation], native: Abi) -> BTreeSet<Abi> {
    let named = observations
        .iter()
        .filter(|seen| name(seen.arch, seen.number).is_some());
    let mut abis: BTreeSet<Abi> = named.filter_map(|seen| Abi::of(seen.arch, seen.number)).collect();
    abis.insert(native);
    abis
}

/// One rule of all names without conditions, and one for each value of the others.
fn rules(calls: &Calls) -> Vec<Rule> {
    let plain: Vec<String> = calls
        .iter()
        .filter(|(_, values)| values.is_none())
        .map(|(name, _)| name.clone())
        .collect();
    let plain = (!plain.is_empty()).then(|| allow(plain, Vec::new()));
    let conditional = calls.iter().flat_map(|(name, values)| {
        conditions(name, values.as_ref()).map(|condition| allow(vec![name.clone()], vec![condition]))
    });
    plain.into_iter().chain(conditional).collect()
}

fn conditions(name: &str, values: Option<&BTreeSet<u64>>) -> impl Iterator<Item = Condition> {
    let argument = ARGUMENTS.iter().find(|(watched, ..)| *watched == name);
    let made: BTreeSet<(u64, u64)> = values
        .into_iter()
        .flatten()
        .map(|&value| mask_of(argument, value))
        .collect();
    let index = argument.map_or(0, |&(_, index, _)| index);
    made.into_iter().map(move |(mask, value)| match mask {
        u64::MAX => Condition {
            index,
            value,
            value_two: 0,
            operator: Operator::Equal,
        },
        _ => Condition {
            index,
            value: mask,
            value_two: value,
            operator: Operator::MaskedEqual,
        },
    })
}

/// The bits that are compared, and their value. A value beyond 32 bits has leftovers of a register above the integer that the
/// kernel takes, which the next run may not have.
fn mask_of(argument: Option<&(&str, u32, u64)>, value: u64) -> (u64, u64) {
    match argument {
        Some(&(_, _, mask)) if mask != u64::MAX => (mask, value & mask),
        _ if value > INTEGER => (INTEGER, value & INTEGER),
        _ => (u64::MAX, value),
    }
}

fn allow(names: Vec<String>, conditions: Vec<Condition>) -> Rule {
    Rule {
        written_at: 0,
        comment: None,
        names,
        action: ActionName::Allow,
        errno: None,
        conditions,
    }
}

/// What was seen must pass the program that libseccomp makes, unless libseccomp does not know it.
fn prove(profile: &Profile, observations: &[Observation], native: Abi) -> Result<(), Error> {
    let program = compile(profile, native)?.program;
    let denied = |seen: &&Observation| {
        let none = BTreeSet::from([0]);
        let values = seen.values.as_ref().unwrap_or(&none);
        values
            .iter()
            .any(|&value| program.evaluate(&data(seen, value)) != Action::Allow)
    };
    let expected = observations
        .iter()
        .filter(|seen| is_in_libseccomp(seen.arch, seen.number));
    match { expected }.find(denied) {
        None => Ok(()),
        Some(seen) => Err(Error::NotRecorded { call: label(seen) }),
    }
}

fn data(seen: &Observation, value: u64) -> SeccompData {
    let called = display_name(seen.arch, seen.number);
    let index = ARGUMENTS
        .iter()
        .find(|(name, ..)| *name == called)
        .map_or(0, |&(_, index, _)| index);
    let mut data = SeccompData {
        nr: seen.number.cast_signed(),
        arch: seen.arch,
        ..SeccompData::default()
    };
    if let Some(argument) = usize::try_from(index).ok().and_then(|index| data.args.get_mut(index)) {
        *argument = value;
    }
    data
}
