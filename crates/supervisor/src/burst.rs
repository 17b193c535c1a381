//! One call of a program that becomes one call of each of its threads.
//!
//! The kernel gives every thread its own credentials. So that a process has one set of them, a C library makes `setuid` and
//! its like in all threads, one after the other (nptl(7)). That is one call of the program, and is counted once.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use notifyd_bpf::{
    AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, SeccompData, X32_SYSCALL_BIT,
};
use notifyd_kernel::notify::TargetTid;

use crate::clock::Monotonic;
use crate::process::process_of;

/// `setuid`, `setgid`, `setreuid`, `setregid`, `setgroups`, `setresuid`, `setresgid` of `asm/unistd_64.h`.
const X86_64: [u32; 7] = [105, 106, 113, 114, 116, 117, 119];
/// The same of `asm/unistd_32.h`, with 16-bit and with 32-bit ids; arm has the same numbers.
const I386: [u32; 14] = [23, 46, 70, 71, 81, 164, 170, 203, 204, 206, 208, 210, 213, 214];
/// The same of `asm-generic/unistd.h`.
const AARCH64: [u32; 7] = [143, 144, 145, 146, 147, 149, 159];

/// From one thread's call to the next one's, at most.
const PAUSE: Duration = Duration::from_secs(1);
/// Of one listener, for processes that do this at the same time.
const MOST_BURSTS: usize = 8;
/// Of one process; the calls of further ones are counted.
const MOST_THREADS: usize = 16_384;

/// What is under way at one listener.
#[derive(Debug, Default)]
pub(crate) struct Bursts(Vec<Burst>);

#[derive(Debug)]
struct Burst {
    process: u32,
    data: SeccompData,
    threads: BTreeSet<u32>,
    last: Monotonic,
}

impl Bursts {
    /// The process, if the call is one that a library makes in all threads. To be asked while the caller waits: once it is
    /// answered it may end.
    pub fn caller(&self, target: TargetTid, data: &SeccompData) -> Option<u32> {
        if !is_credential_call(data) {
            return None;
        }
        let has_thread = |process: u32| Path::new(&format!("/proc/{process}/task/{}", target.0)).exists();
        let mut known = self.0.iter().map(|burst| burst.process);
        known
            .find(|&process| has_thread(process))
            .or_else(|| process_of(target))
    }

    /// Whether the answered call was counted already, as that of another thread. A thread that calls again begins anew.
    pub fn repeats(&mut self, process: u32, target: TargetTid, data: &SeccompData, at: Monotonic) -> bool {
        let pause = u64::try_from(PAUSE.as_nanos()).unwrap_or(u64::MAX);
        self.0.retain(|burst| at.nanoseconds_since(burst.last) < pause);
        let data = call_of(data);
        let known = self
            .0
            .iter_mut()
            .find(|burst| burst.process == process && burst.data == data);
        match known {
            Some(burst) => burst.goes_on(target, at),
            None => {
                self.begin(process, target, data, at);
                false
            }
        }
    }

    fn begin(&mut self, process: u32, target: TargetTid, data: SeccompData, at: Monotonic) {
        if self.0.len() == MOST_BURSTS {
            self.0.remove(0);
        }
        self.0.push(Burst {
            process,
            data,
            threads: BTreeSet::from([target.0]),
            last: at,
        });
    }
}

impl Burst {
    fn goes_on(&mut self, target: TargetTid, at: Monotonic) -> bool {
        self.last = at;
        if self.threads.contains(&target.0) {
            self.threads = BTreeSet::from([target.0]);
            return false;
        }
        self.threads.len() < MOST_THREADS && self.threads.insert(target.0)
    }
}

/// What all threads have in common: each calls from the same place, the first one from another.
fn call_of(data: &SeccompData) -> SeccompData {
    let [first, second, third, ..] = data.args;
    SeccompData {
        instruction_pointer: 0,
        args: [first, second, third, 0, 0, 0],
        ..*data
    }
}

fn is_credential_call(data: &SeccompData) -> bool {
    let number = data.nr.cast_unsigned();
    match data.arch {
        AUDIT_ARCH_X86_64 => X86_64.contains(&(number & !X32_SYSCALL_BIT)),
        AUDIT_ARCH_I386 | AUDIT_ARCH_ARM => I386.contains(&number),
        AUDIT_ARCH_AARCH64 => AARCH64.contains(&number),
        _ => false,
    }
}
