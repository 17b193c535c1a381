//! The verdict: what the kernel would do with a call under a program.

use crate::program::SCRATCH_CELLS;
use crate::{Action, Insn, Program, SeccompData, op};

/// Registers and scratch memory; the kernel starts with zeroes (`bpf_convert_filter` of `net/core/filter.c`).
#[derive(Default)]
struct Machine {
    a: u32,
    x: u32,
    scratch: [u32; SCRATCH_CELLS as usize],
}

/// What follows an instruction.
enum Step {
    Next,
    Skip(usize),
    Return(u32),
}

impl Program {
    /// What the kernel does with the call. Takes no memory, and ends: jumps only go forward.
    pub fn evaluate(&self, data: &SeccompData) -> Action {
        let words = data.words();
        let mut machine = Machine::default();
        let mut at = 0;
        while let Some(&insn) = self.instructions().get(at) {
            at += 1;
            // Most of a filter compares the number with constants; asked for first, it costs a third less.
            if insn.code == op::JEQ_K {
                at += usize::from(if machine.a == insn.k { insn.jt } else { insn.jf });
                continue;
            }
            match machine.step(insn, &words) {
                Step::Next => {}
                Step::Skip(distance) => at += distance,
                Step::Return(raw) => return Action::from_raw(raw),
            }
        }
        Action::KillProcess
    }

    /// The verdict that a number has whatever its arguments and instruction pointer are; `None` where the program
    /// looks at those, even if it comes to the same. `seccomp_is_const_allow` of `kernel/seccomp.c` decides likewise.
    pub fn constant_verdict(&self, arch: u32, number: u32) -> Option<Action> {
        let words = SeccompData {
            nr: number.cast_signed(),
            arch,
            ..SeccompData::default()
        }
        .words();
        let mut machine = Machine::default();
        let mut rest = self.instructions().iter();
        while let Some(&insn) = rest.next() {
            match machine.step(insn, &words) {
                _ if insn.code == op::LD_ABS && insn.k > SeccompData::ARCH => return None,
                Step::Next | Step::Skip(0) => {}
                Step::Skip(distance) => drop(rest.nth(distance - 1)),
                Step::Return(raw) => return Some(Action::from_raw(raw)),
            }
        }
        None
    }
}

impl Machine {
    #[inline(always)]
    fn step(&mut self, insn: Insn, words: &[u32; 16]) -> Step {
        let (k, x) = (insn.k, self.x);
        match insn.code {
            op::JEQ_K => return branch(insn, self.a == k),
            op::JEQ_X => return branch(insn, self.a == x),
            op::JGT_K => return branch(insn, self.a > k),
            op::JGT_X => return branch(insn, self.a > x),
            op::JGE_K => return branch(insn, self.a >= k),
            op::JGE_X => return branch(insn, self.a >= x),
            op::JSET_K => return branch(insn, self.a & k != 0),
            op::JSET_X => return branch(insn, self.a & x != 0),
            op::JA => return Step::Skip(k as usize),
            op::RET_K => return Step::Return(k),
            op::RET_A => return Step::Return(self.a),
            op::LD_ABS => self.a = words.get(k as usize / 4).copied().unwrap_or(0),
            op::LD_IMM => self.a = k,
            op::LD_LEN => self.a = SeccompData::SIZE,
            op::LD_MEM => self.a = self.cell(k),
            op::LDX_IMM => self.x = k,
            op::LDX_LEN => self.x = SeccompData::SIZE,
            op::LDX_MEM => self.x = self.cell(k),
            op::ST => self.store(k, self.a),
            op::STX => self.store(k, x),
            op::TAX => self.x = self.a,
            op::TXA => self.a = x,
            op::ADD_K => self.a = self.a.wrapping_add(k),
            op::ADD_X => self.a = self.a.wrapping_add(x),
            op::SUB_K => self.a = self.a.wrapping_sub(k),
            op::SUB_X => self.a = self.a.wrapping_sub(x),
            op::MUL_K => self.a = self.a.wrapping_mul(k),
            op::MUL_X => self.a = self.a.wrapping_mul(x),
            op::DIV_K => return self.divide(k),
            op::DIV_X => return self.divide(x),
            op::OR_K => self.a |= k,
            op::OR_X => self.a |= x,
            op::AND_K => self.a &= k,
            op::AND_X => self.a &= x,
            // The kernel's interpreter and its JITs take the low five bits of X.
            op::LSH_K => self.a = self.a.wrapping_shl(k),
            op::LSH_X => self.a = self.a.wrapping_shl(x),
            op::RSH_K => self.a = self.a.wrapping_shr(k),
            op::RSH_X => self.a = self.a.wrapping_shr(x),
            op::XOR_K => self.a ^= k,
            op::XOR_X => self.a ^= x,
            op::NEG => self.a = self.a.wrapping_neg(),
            _ => return Step::Return(Action::KillProcess.raw()),
        }
        Step::Next
    }

    /// A program that divides by a zero in X returns 0, which seccomp reads as KILL_THREAD (`bpf_convert_filter`).
    fn divide(&mut self, by: u32) -> Step {
        match self.a.checked_div(by) {
            Some(quotient) => self.a = quotient,
            None => return Step::Return(Action::KillThread.raw()),
        }
        Step::Next
    }

    fn cell(&self, index: u32) -> u32 {
        self.scratch.get(index as usize).copied().unwrap_or(0)
    }

    fn store(&mut self, index: u32, value: u32) {
        if let Some(cell) = self.scratch.get_mut(index as usize) {
            *cell = value;
        }
    }
}

/// What an arithmetic instruction with a constant makes of A; `None` for a division by zero.
pub(crate) fn arithmetic(code: u16, a: u32, k: u32) -> Option<u32> {
    let mut machine = Machine {
        a,
        ..Machine::default()
    };
    match machine.step(Insn::statement(code, k), &[0; 16]) {
        Step::Return(_) => None,
        Step::Next | Step::Skip(_) => Some(machine.a),
    }
}

/// Whether the condition of a jump with a constant holds.
pub(crate) fn condition(code: u16, a: u32, k: u32) -> bool {
    let mut machine = Machine {
        a,
        ..Machine::default()
    };
    matches!(machine.step(Insn::jump(code, k, 1, 0), &[0; 16]), Step::Skip(1))
}

#[inline(always)]
fn branch(insn: Insn, holds: bool) -> Step {
    Step::Skip(usize::from(if holds { insn.jt } else { insn.jf }))
}
