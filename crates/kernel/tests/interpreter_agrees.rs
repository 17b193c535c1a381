//! The interpreter's verdict is the kernel's: a child makes each call under the program.
//!
//! The calls have numbers that do no harm if they run: getppid, and numbers without a call. LOG is left out.
//! Only on x86_64, where one process can make calls of two architectures; the interpreter is the same everywhere.
//!
//! # Safety
//!
//! Inline assembly, for the address behind the instruction that makes a call, which a program sees, and for calls of
//! the 32-bit ABI. It saves the registers that the compiler keeps.

#![allow(unsafe_code)]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]
#![cfg(target_arch = "x86_64")]

mod support;

use std::arch::asm;
use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use notifyd_bpf::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Action, Insn, Program, SeccompData, op};

use support::child::{Ended, PENDING, Raw, Results, in_child};
use support::programs::{Random, valid};

const PROGRAMS: u32 = 1000;
const CALLS: u32 = 1000;
const EXIT_GROUP: u32 = 231;
const ENOSYS: i64 = -38;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Abi {
    Wide,
    /// `int 0x80`, which is compiled in but may be switched off.
    Narrow,
}

impl Abi {
    fn arch(self) -> u32 {
        match self {
            Self::Wide => AUDIT_ARCH_X86_64,
            Self::Narrow => AUDIT_ARCH_I386,
        }
    }

    fn getppid(self) -> u32 {
        match self {
            Self::Wide => 110,
            Self::Narrow => 64,
        }
    }
}

/// Result of a call, and the address that the kernel reports for it.
fn call(abi: Abi, nr: u32, args: &[u64; 6]) -> (i64, u64) {
    match abi {
        Abi::Wide => call_wide(nr, args),
        Abi::Narrow => call_narrow(nr, args),
    }
}

#[inline(never)]
fn call_wide(nr: u32, args: &[u64; 6]) -> (i64, u64) {
    let (result, address): (i64, u64);
    // SAFETY: no number used here reads or writes memory; rcx and r11 are named as overwritten.
    unsafe {
        asm!(
            "syscall",
            "2: lea {address}, [rip + 2b]",
            address = lateout(reg) address,
            inlateout("rax") u64::from(nr) => result,
            in("rdi") args[0], in("rsi") args[1], in("rdx") args[2], in("r10") args[3], in("r8") args[4], in("r9") args[5],
            lateout("rcx") _, lateout("r11") _,
        );
    }
    (result, address)
}

#[inline(never)]
fn call_narrow(nr: u32, args: &[u64; 6]) -> (i64, u64) {
    let (result, address): (u64, u64);
    // SAFETY: no number used here reads or writes memory; rbx and rbp are put back.
    unsafe {
        asm!(
            "push rbx",
            "push rbp",
            "mov rbx, [r12]",
            "mov rcx, [r12 + 8]",
            "mov rdx, [r12 + 16]",
            "mov rsi, [r12 + 24]",
            "mov rdi, [r12 + 32]",
            "mov rbp, [r12 + 40]",
            "int 0x80",
            "2: lea r12, [rip + 2b]",
            "pop rbp",
            "pop rbx",
            inout("r12") args.as_ptr() => address,
            inout("rax") u64::from(nr) => result,
            out("rcx") _, out("rdx") _, out("rsi") _, out("rdi") _, out("r8") _, out("r9") _, out("r10") _, out("r11") _,
        );
    }
    let low = u32::try_from(result & u64::from(u32::MAX)).unwrap_or(0);
    (low.cast_signed().into(), address)
}

/// What the program sees of a call: of `int 0x80` too the whole registers, though the call itself takes the low halves.
fn data(abi: Abi, nr: u32, args: [u64; 6], address: u64) -> SeccompData {
    SeccompData {
        nr: nr.cast_signed(),
        arch: abi.arch(),
        instruction_pointer: address,
        args,
    }
}

/// What the caller sees; `None`: it dies.
fn outcome(verdict: Action, abi: Abi, nr: u32) -> Option<i64> {
    match verdict {
        Action::Errno(data) => Some(-i64::from(data.min(4095))),
        // Without a tracer, without a listener.
        Action::Trace(_) | Action::Notify => Some(ENOSYS),
        Action::Allow if nr == abi.getppid() => Some(i64::from(std::process::id())),
        Action::Allow => Some(ENOSYS),
        Action::Trap(_) | Action::KillThread | Action::KillProcess => None,
        Action::Log => panic!("no program here returns LOG"),
    }
}

/// Lets the child end whatever the program says.
fn ending(program: &[Insn]) -> Vec<Insn> {
    let guard = [
        Insn::statement(op::LD_ABS, 0),
        Insn::jump(op::JEQ_K, EXIT_GROUP, 0, 1),
        Insn::statement(op::RET_K, Action::Allow.raw()),
        Insn::statement(op::LD_IMM, 0),
    ];
    [&guard, program].concat()
}

fn random_call(abi: Abi, random: &mut Random) -> (u32, [u64; 6]) {
    let unused = 5000 + random.below(1000);
    let nr = random.of(&[
        abi.getppid(),
        unused,
        0x4000_0000 | unused,
        0x8000_0000 | unused,
        u32::MAX,
    ]);
    let args = std::array::from_fn(|_| u64::from(random.likely()) << 32 | u64::from(random.likely()));
    (nr, args)
}

/// What was seen over all programs.
#[derive(Default)]
struct Counted {
    survived: usize,
    killed: usize,
    results: BTreeSet<i64>,
}

impl Counted {
    /// Much of all kinds was seen.
    fn check(&self, programs: u32) {
        let (calls, killed, different) = (self.survived, self.killed, self.results.len());
        let programs = programs as usize;
        let much = calls > 600 * programs && killed > programs / 10 && different > 1000;
        assert!(
            much,
            "{calls} calls returned, {different} different values, {killed} killed"
        );
    }
}

/// Makes the calls under the program, one that kills last.
fn compare(program: &[Insn], abi: Abi, random: &mut Random, results: &Results, counted: &mut Counted) {
    let program = ending(program);
    let interpreted = Program::new(program.clone()).unwrap();
    let (_, address) = call(abi, abi.getppid(), &[0; 6]);
    let calls: Vec<(u32, [u64; 6])> = (0..CALLS).map(|_| random_call(abi, random)).collect();
    let expected = |&(nr, args): &(u32, [u64; 6])| {
        let verdict = interpreted.evaluate(&data(abi, nr, args, address));
        outcome(verdict, abi, nr)
    };
    let (survived, killed): (Vec<_>, Vec<_>) = calls.into_iter().partition(|call| expected(call).is_some());
    let last = killed.first();
    let raw = Raw::new(&program);
    results.clear();
    let ended = in_child(|| {
        if raw.install(0) != 0 {
            return;
        }
        for ((nr, args), result) in survived.iter().chain(last).zip(results.all()) {
            result.store(call(abi, *nr, args).0, Ordering::Relaxed);
        }
    });
    let seen = results.all().iter().map(|result| result.load(Ordering::Relaxed));
    for (call, seen) in survived.iter().zip(seen.clone()) {
        assert_eq!(Some(seen), expected(call), "{abi:?} {call:x?} {ended:?}\n{interpreted}");
        counted.results.insert(seen);
    }
    let end = if last.is_some() {
        Ended::Signaled(libc::SIGSYS)
    } else {
        Ended::Exited(0)
    };
    assert_eq!(ended, end, "{abi:?} {last:x?}\n{interpreted}");
    assert!(
        seen.skip(survived.len()).all(|result| result == PENDING),
        "{last:x?}\n{interpreted}"
    );
    counted.survived += survived.len();
    counted.killed += usize::from(last.is_some());
}

fn compare_all(abi: Abi, programs: u32, seed: u64) -> Counted {
    let mut random = Random(seed);
    let results = Results::new(CALLS as usize);
    let mut counted = Counted::default();
    for _ in 0..programs {
        let program = valid(&mut random, 50);
        compare(&program, abi, &mut random, &results, &mut counted);
    }
    counted
}

#[test]
fn the_interpreter_agrees_with_the_kernel() {
    compare_all(Abi::Wide, PROGRAMS, 1).check(PROGRAMS);
}

#[test]
fn the_interpreter_agrees_with_the_kernel_on_calls_of_i386() {
    let ended = in_child(|| {
        call(Abi::Narrow, Abi::Narrow.getppid(), &[0; 6]);
    });
    if ended != Ended::Exited(0) {
        eprintln!("not tested: this kernel takes no calls of i386 (CONFIG_IA32_EMULATION, ia32_emulation=on)");
        return;
    }
    compare_all(Abi::Narrow, PROGRAMS / 5, 2).check(PROGRAMS / 5);
}
