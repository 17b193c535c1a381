//! Profiles that nobody would write, rewritten: a result is equivalent, or there is none and the reason names its cell.
//!
//! libseccomp does not return for a few of them, so each batch runs in a process of its own, which is killed if it stands
//! still; the seed is printed and counts as refused. `RANDOM_PROFILES=10000` chooses how many, `RANDOM_PROFILES_SEED` where
//! to begin.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use notifyd_bpf::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Action, Program, SeccompData};
use notifyd_profile::{
    Abi, Code, Error, Facts, Profile, Runtime, Target, Transformed, compile, lint, number, transform,
};
use serde_json::{Value, json};

/// Few enough for every run of the tests. Of ten thousand 3,963 were rewritten, all of them right, 734 refused with their
/// cell, 20 had no end in libseccomp, and the rest have no program to begin with.
const USUAL: u64 = 80;
/// Far above what a profile takes, on a machine with much else to do.
const STANDSTILL: Duration = Duration::from_secs(10);
const FIRST_SEED: u64 = 1;
/// Calls drawn from nowhere in particular, for each result.
const DRAWS: u64 = 20_000;

/// xorshift64*: the same numbers everywhere, whatever becomes of the libraries.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn of<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        let at = self.below(choices.len() as u64);
        &choices[usize::try_from(at).unwrap()]
    }
}

const CONDITIONAL: [&str; 12] = [
    "personality",
    "socket",
    "clone",
    "ioctl",
    "prctl",
    "shmget",
    "bind",
    "seccomp",
    "mmap",
    "chmod",
    "waitpid",
    "fcntl",
];
const WHOLE: [&str; 14] = [
    "read",
    "write",
    "execve",
    "chroot",
    "mount",
    "ptrace",
    "socketcall",
    "ipc",
    "accept4",
    "seccomp",
    "clone3",
    "stime",
    "futex_waitv",
    "mseal",
];
const VALUES: [u64; 12] = [
    0,
    1,
    2,
    8,
    40,
    0xffff_ffff,
    0x1_0000_0000,
    0x8000_0000,
    0x7e02_0000,
    0xf,
    u64::MAX,
    0x1_0000_0008,
];
const OPERATORS: [&str; 7] = [
    "SCMP_CMP_EQ",
    "SCMP_CMP_NE",
    "SCMP_CMP_MASKED_EQ",
    "SCMP_CMP_LT",
    "SCMP_CMP_LE",
    "SCMP_CMP_GT",
    "SCMP_CMP_GE",
];
const ACTIONS: [(&str, Option<u16>); 9] = [
    ("SCMP_ACT_ALLOW", None),
    ("SCMP_ACT_ALLOW", None),
    ("SCMP_ACT_ALLOW", None),
    ("SCMP_ACT_ERRNO", None),
    ("SCMP_ACT_ERRNO", Some(38)),
    ("SCMP_ACT_KILL_PROCESS", None),
    ("SCMP_ACT_KILL", None),
    ("SCMP_ACT_LOG", None),
    ("SCMP_ACT_TRAP", None),
];
const DEFAULTS: [(&str, Option<u16>); 7] = [
    ("SCMP_ACT_ERRNO", None),
    ("SCMP_ACT_ERRNO", None),
    ("SCMP_ACT_ERRNO", Some(38)),
    ("SCMP_ACT_KILL_PROCESS", None),
    ("SCMP_ACT_ALLOW", None),
    ("SCMP_ACT_LOG", None),
    ("SCMP_ACT_TRAP", None),
];

fn profile(seed: u64) -> Value {
    let mut random = Random::new(seed);
    let mut rules = Vec::new();
    for _ in 0..random.below(14) {
        rules.push(rule(&mut random, &[]));
    }
    for _ in 0..6 {
        let name = *random.of(&CONDITIONAL);
        for _ in 0..=random.below(4) {
            rules.push(rule(&mut random, &[name]));
        }
    }
    let (default, errno) = *random.of(&DEFAULTS);
    let mut profile = json!({"defaultAction": default, "syscalls": rules});
    if let Some(errno) = errno {
        profile["defaultErrnoRet"] = errno.into();
    }
    match random.below(3) {
        0 => {}
        1 => profile["architectures"] = json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]),
        _ => profile["architectures"] = json!(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]),
    }
    profile
}

/// With conditions where names are given.
fn rule(random: &mut Random, names: &[&str]) -> Value {
    let (action, errno) = *random.of(&ACTIONS);
    let mut rule = if names.is_empty() {
        json!({"names": [*random.of(&WHOLE)], "action": action})
    } else {
        let conditions: Vec<_> = (0..=random.below(3)).map(|_| condition(random)).collect();
        json!({"names": names, "action": action, "args": conditions})
    };
    if let Some(errno) = errno {
        rule["errnoRet"] = errno.into();
    }
    rule
}

fn condition(random: &mut Random) -> Value {
    json!({
        "index": random.below(3),
        "value": *random.of(&VALUES),
        "valueTwo": *random.of(&VALUES),
        "op": *random.of(&OPERATORS),
    })
}

/// Whether the result is as right as the check says, by calls that the check did not choose.
fn disagreement(done: &Transformed, seed: u64) -> Option<String> {
    let mut random = Random::new(!seed);
    let names: Vec<&str> = CONDITIONAL.into_iter().chain(WHOLE).collect();
    (0..DRAWS).find_map(|_| {
        let data = draw(&mut random, &names)?;
        let (original, rewritten) = (done.original.evaluate(&data), done.rewritten.evaluate(&data));
        let right = match original {
            Action::Allow => matches!(rewritten, Action::Allow | Action::Notify),
            // runc's ENOSYS ends elsewhere for calls that libseccomp cannot name.
            denial if denial.is_denial() && is_unknown(&data) => rewritten.is_denial(),
            denial if denial.is_denial() => rewritten == Action::Notify || rewritten == denial,
            other => rewritten == other,
        };
        let guard = rewritten == Action::Errno(16) && data.args[1] & 8 != 0;
        (!right && !guard).then(|| format!("{data:?}: {original}, {rewritten}"))
    })
}

/// A call that meets another verdict without the rules that are said to have no effect.
fn needed_rule(seed: u64) -> Option<String> {
    let mut json = profile(seed);
    let facts = Facts::docker(Abi::X86_64);
    let findings = lint(&json.to_string(), &facts, &[]).unwrap();
    let found = |code| findings.iter().any(|finding| finding.code == code);
    if found(Code::Invalid) || found(Code::ConflictingRules) || found(Code::AllowsNothing) {
        return Some("found to have no program".to_owned());
    }
    let idle = findings.iter().filter(|finding| finding.code == Code::NoEffect);
    let idle: BTreeSet<_> = idle.filter_map(|finding| finding.rule).collect();
    let with = program(&json);
    let rules = json["syscalls"].as_array_mut().unwrap();
    for index in idle.iter().rev() {
        rules.remove(*index);
    }
    let without = program(&json);
    let mut random = Random::new(!seed);
    let names: Vec<&str> = CONDITIONAL.into_iter().chain(WHOLE).collect();
    (0..DRAWS).find_map(|_| {
        let data = draw(&mut random, &names)?;
        let (with, without) = (with.evaluate(&data), without.evaluate(&data));
        (with != without).then(|| format!("{data:?}: {with} with the rules {idle:?}, {without} without"))
    })
}

fn program(json: &Value) -> Program {
    let profile = Profile::parse(&json.to_string()).unwrap();
    compile(&profile, Abi::X86_64).unwrap().program
}

/// `mseal` is newer than libseccomp 2.5.4.
fn is_unknown(data: &SeccompData) -> bool {
    const MSEAL: u32 = 462;
    data.nr.cast_unsigned() & 0xfff == MSEAL
}

fn draw(random: &mut Random, names: &[&str]) -> Option<SeccompData> {
    let abi = *random.of(&[Abi::X86_64, Abi::I386, Abi::X32]);
    let name = *random.of(names);
    let nr = number(abi, name).unwrap_or(1).cast_signed();
    let mut args = [0; 6];
    for arg in &mut args {
        let near = random.of(&VALUES).wrapping_add(random.below(3)).wrapping_sub(1);
        *arg = if random.below(4) == 0 { random.next() } else { near };
        if abi == Abi::I386 {
            *arg &= 0xffff_ffff;
        }
    }
    let arch = if abi == Abi::I386 {
        AUDIT_ARCH_I386
    } else {
        AUDIT_ARCH_X86_64
    };
    Some(SeccompData {
        nr,
        arch,
        instruction_pointer: random.next(),
        args,
    })
}

/// In a process of its own: one line a seed.
#[test]
#[ignore = "started by the test below"]
fn batch() {
    let (from, to) = (seed("FROM"), seed("TO"));
    for seed in from..to {
        println!("begin {seed}");
        std::io::stdout().flush().unwrap();
        println!("end {}", outcome(seed));
    }
}

fn seed(name: &str) -> u64 {
    env::var(name).unwrap().parse().unwrap()
}

fn outcome(seed: u64) -> String {
    let runtime = if seed.is_multiple_of(2) {
        Runtime::Runc
    } else {
        Runtime::Crun
    };
    let target = Target {
        runtime,
        abi: Abi::X86_64,
        listener_path: "/run/x.sock".to_owned(),
        wait_killable: false,
    };
    let Ok(profile) = Profile::parse(&profile(seed).to_string()) else {
        return "unreadable".to_owned();
    };
    match transform(&profile, &target) {
        Ok(done) => disagreement(&done, seed).or_else(|| needed_rule(seed)).map_or_else(
            || format!("equivalent {}", done.rewritten.notifies()),
            |cell| format!("WRONG seed {seed}: {cell}"),
        ),
        Err(error @ Error::Disagreement { .. }) => format!("refused {error}"),
        // The original has no program either, or its runtime cannot start.
        Err(Error::Condition { .. } | Error::AllowsNothing { .. } | Error::RuntimeNeeds { .. }) => "invalid".to_owned(),
        Err(error) => format!("WRONG seed {seed}: {error}"),
    }
}

fn start(from: u64, to: u64) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["batch", "--exact", "--ignored", "--nocapture", "--test-threads=1"])
        .env("FROM", from.to_string())
        .env("TO", to.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap()
}

/// The outcomes of seeds up to the first that does not come to an end, and that one.
fn watch(output: ChildStdout) -> (Vec<String>, Option<u64>) {
    let (send, lines) = channel();
    thread::spawn(move || {
        BufReader::new(output)
            .lines()
            .map_while(Result::ok)
            .try_for_each(|line| send.send(line))
    });
    let (mut outcomes, mut at) = (Vec::new(), None);
    loop {
        match lines.recv_timeout(STANDSTILL) {
            Ok(line) => {
                // The test runner writes in front of the first line.
                if let Some((_, seed)) = line.split_once("begin ") {
                    at = Some(seed.parse().unwrap());
                } else if let Some(outcome) = line.strip_prefix("end ") {
                    outcomes.push(outcome.to_owned());
                    at = None;
                }
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return (outcomes, at),
        }
    }
}

#[test]
fn a_result_is_equivalent_or_refused_with_its_cell() {
    let count = env::var("RANDOM_PROFILES").map_or(USUAL, |text| text.parse().unwrap());
    let first = env::var("RANDOM_PROFILES_SEED").map_or(FIRST_SEED, |text| text.parse().unwrap());
    let (mut from, to) = (first, first + count);
    let (mut outcomes, mut endless) = (Vec::new(), Vec::new());
    while from < to {
        let mut child = start(from, to);
        let (batch, stuck) = watch(child.stdout.take().unwrap());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(
            stuck.is_some() || !batch.is_empty(),
            "the batch from {from} says nothing"
        );
        from += batch.len() as u64 + u64::from(stuck.is_some());
        outcomes.extend(batch);
        endless.extend(stuck);
    }
    let count_of = |word: &str| outcomes.iter().filter(|outcome| outcome.starts_with(word)).count();
    println!(
        "{count} profiles from seed {first}: {} equivalent, {} refused, {} invalid, no end for seeds {endless:?}",
        count_of("equivalent"),
        count_of("refused"),
        count_of("invalid"),
    );
    outcomes
        .iter()
        .filter(|outcome| outcome.starts_with("refused"))
        .for_each(|text| println!("{text}"));
    let wrong: Vec<_> = outcomes.iter().filter(|outcome| outcome.starts_with("WRONG")).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(count_of("unreadable"), 0);
    assert!(
        count_of("equivalent true") as u64 > count / 3,
        "too few of them were rewritten"
    );
}
