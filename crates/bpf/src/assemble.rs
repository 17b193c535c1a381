//! Programs made here rather than by libseccomp: a list of denied calls, and the guard of a listener.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Action, Errno, Error, Insn, Program,
    SeccompData, X32_SYSCALL_BIT, op,
};

/// What to deny on one architecture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Denied {
    /// `AUDIT_ARCH_*` value.
    pub arch: u32,
    /// Denied whatever the arguments are.
    pub numbers: Vec<u32>,
    /// Denied for some values of the first argument.
    pub subcalls: Vec<Subcall>,
}

/// A call that another call's number carries, such as `socket` in i386's `socketcall`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subcall {
    /// Number of the carrying call.
    pub number: u32,
    /// Bits of the first argument that the kernel looks at.
    pub mask: u32,
    /// Their value.
    pub value: u32,
}

#[cfg(target_endian = "little")]
const LOW_HALF: u32 = 0;
#[cfg(target_endian = "big")]
const LOW_HALF: u32 = 4;

/// A program that answers the listed calls with `denied` and allows everything else, other architectures included.
pub fn deny_list(rules: &[Denied], denied: Action) -> Result<Program, Error> {
    let mut program = vec![Insn::statement(op::LD_ABS, SeccompData::ARCH)];
    for (arch, (numbers, subcalls)) in by_arch(rules) {
        let block = arch_block(&numbers, &subcalls, denied);
        program.push(Insn::jump(op::JEQ_K, arch, 1, 0));
        // A conditional jump reaches 255 instructions, a block may be longer.
        program.push(Insn::statement(op::JA, length(&block)));
        program.extend(block);
    }
    program.push(returning(Action::Allow));
    Program::new(program)
}

type Merged = BTreeMap<u32, (BTreeSet<u32>, BTreeSet<Subcall>)>;

fn by_arch(rules: &[Denied]) -> Merged {
    let mut merged = Merged::new();
    for rule in rules {
        let (numbers, subcalls) = merged.entry(rule.arch).or_default();
        numbers.extend(&rule.numbers);
        subcalls.extend(&rule.subcalls);
    }
    merged
}

fn arch_block(numbers: &BTreeSet<u32>, subcalls: &BTreeSet<Subcall>, denied: Action) -> Vec<Insn> {
    let mut block = vec![Insn::statement(op::LD_ABS, SeccompData::NR)];
    block.extend(ranges(numbers).into_iter().flat_map(|range| deny_range(range, denied)));
    block.extend(subcalls.iter().flat_map(|&subcall| deny_subcall(subcall, denied)));
    block.push(returning(Action::Allow));
    block
}

/// First and last of each run of consecutive numbers.
fn ranges(numbers: &BTreeSet<u32>) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match ranges.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(number) => *last = number,
            _ => ranges.push((number, number)),
        }
    }
    ranges
}

fn deny_range((first, last): (u32, u32), denied: Action) -> Vec<Insn> {
    if first == last {
        return vec![Insn::jump(op::JEQ_K, first, 0, 1), returning(denied)];
    }
    vec![
        Insn::jump(op::JGE_K, first, 0, 2),
        Insn::jump(op::JGT_K, last, 1, 0),
        returning(denied),
    ]
}

fn deny_subcall(Subcall { number, mask, value }: Subcall, denied: Action) -> [Insn; 6] {
    [
        Insn::jump(op::JEQ_K, number, 0, 5),
        Insn::statement(op::LD_ABS, argument(0)),
        Insn::statement(op::AND_K, mask),
        Insn::jump(op::JEQ_K, value, 0, 1),
        returning(denied),
        Insn::statement(op::LD_ABS, SeccompData::NR),
    ]
}

/// `SECCOMP_FILTER_FLAG_NEW_LISTENER` of `linux/seccomp.h`.
const NEW_LISTENER: u32 = 1 << 3;

/// Number of `seccomp`: `asm/unistd_64.h`, `asm/unistd_x32.h`, `asm/unistd_32.h`, `asm-generic/unistd.h`,
/// arm's `asm/unistd-common.h`.
const SECCOMP_CALLS: [(u32, &[u32]); 4] = [
    (AUDIT_ARCH_X86_64, &[317, 317 | X32_SYSCALL_BIT]),
    (AUDIT_ARCH_I386, &[354]),
    (AUDIT_ARCH_AARCH64, &[277]),
    (AUDIT_ARCH_ARM, &[383]),
];

/// Numbers of `rt_sigreturn` and, where there is one, `sigreturn`, from the same files.
const HANDLER_RETURNS: [(u32, [u32; 2]); 4] = [
    (AUDIT_ARCH_X86_64, [15, 513 | X32_SYSCALL_BIT]),
    (AUDIT_ARCH_I386, [173, 119]),
    (AUDIT_ARCH_AARCH64, [139, 139]),
    (AUDIT_ARCH_ARM, [173, 119]),
];

impl Program {
    /// A program that asks the supervisor about every call on every ABI, but for the return from a signal's handler, which it
    /// allows: a signal makes a call fail that the supervisor has not received yet, and a program crashes where that return fails.
    pub fn notifying_everything() -> Self {
        let mut program = vec![Insn::statement(op::LD_ABS, SeccompData::ARCH)];
        for (arch, numbers) in HANDLER_RETURNS {
            let allow = |number: u32| [Insn::jump(op::JEQ_K, number, 0, 1), returning(Action::Allow)];
            program.push(Insn::jump(op::JEQ_K, arch, 0, 6));
            program.push(Insn::statement(op::LD_ABS, SeccompData::NR));
            program.extend(numbers.into_iter().flat_map(allow));
            program.push(returning(Action::Notify));
        }
        program.push(returning(Action::Notify));
        Self::made_here(program)
    }

    /// The same program behind a guard: `seccomp` with flag `NEW_LISTENER` fails with EBUSY, as the kernel answers
    /// while a listener lives.
    ///
    /// Without it, a process whose listener is gone could install its own and let every notified call run. A number
    /// that the program denies or notifies whatever its arguments are stays as it is: without a listener the kernel
    /// refuses a notified call too.
    pub fn refusing_listeners(&self) -> Result<Self, Error> {
        let mut program = vec![Insn::statement(op::LD_ABS, SeccompData::ARCH)];
        for (arch, numbers) in SECCOMP_CALLS {
            let open = numbers
                .iter()
                .copied()
                .filter(|&number| !self.always_refuses(arch, number));
            let block: Vec<Insn> = open.flat_map(guard_call).collect();
            if !block.is_empty() {
                program.push(Insn::jump(op::JEQ_K, arch, 1, 0));
                program.push(Insn::statement(op::JA, length(&block) + 1));
                program.push(Insn::statement(op::LD_ABS, SeccompData::NR));
                program.extend(block);
            }
        }
        // The kernel starts a program with both registers at zero.
        program.push(Insn::statement(op::LD_IMM, 0));
        program.extend(self.instructions());
        Self::new(program)
    }

    fn always_refuses(&self, arch: u32, number: u32) -> bool {
        self.constant_verdict(arch, number)
            .is_some_and(|verdict| verdict.is_denial() || verdict == Action::Notify)
    }
}

fn guard_call(number: u32) -> [Insn; 5] {
    [
        Insn::jump(op::JEQ_K, number, 0, 4),
        Insn::statement(op::LD_ABS, argument(1)),
        Insn::jump(op::JSET_K, NEW_LISTENER, 0, 1),
        returning(Errno::EBUSY.into()),
        Insn::statement(op::LD_ABS, SeccompData::NR),
    ]
}

/// Offset of an argument's low half in `struct seccomp_data`.
const fn argument(index: u32) -> u32 {
    16 + 8 * index + LOW_HALF
}

fn returning(action: Action) -> Insn {
    Insn::statement(op::RET_K, action.raw())
}

/// Longer than a program may be is found by [`Program::new`].
fn length(block: &[Insn]) -> u32 {
    u32::try_from(block.len()).unwrap_or(u32::MAX)
}
