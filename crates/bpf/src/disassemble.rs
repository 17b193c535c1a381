//! A listing for people.

use std::fmt;

use crate::{Action, Insn, Program, op};

/// One line for each instruction: its index, what it does, and where its jumps go.
impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, &insn) in self.instructions().iter().enumerate() {
            write!(f, "{at:4}: ")?;
            line(f, at, insn)?;
            writeln!(f)?;
        }
        Ok(())
    }
}

fn line(f: &mut fmt::Formatter<'_>, at: usize, insn: Insn) -> fmt::Result {
    let Insn { code, jt, jf, k } = insn;
    match code {
        op::LD_ABS => write!(f, "a = {}", Field(k)),
        op::LD_IMM => write!(f, "a = {k:#x}"),
        op::LD_LEN => f.write_str("a = len"),
        op::LD_MEM => write!(f, "a = m[{k}]"),
        op::LDX_IMM => write!(f, "x = {k:#x}"),
        op::LDX_LEN => f.write_str("x = len"),
        op::LDX_MEM => write!(f, "x = m[{k}]"),
        op::ST => write!(f, "m[{k}] = a"),
        op::STX => write!(f, "m[{k}] = x"),
        op::TAX => f.write_str("x = a"),
        op::TXA => f.write_str("a = x"),
        op::NEG => f.write_str("a = -a"),
        op::JA => write!(f, "goto {}", u64::from(k).saturating_add(at as u64 + 1)),
        op::RET_A => f.write_str("return a"),
        op::RET_K => write!(f, "return {}", Action::from_raw(k)),
        _ if insn.is_conditional_jump() => {
            let (holds, fails) = (at + 1 + usize::from(jt), at + 1 + usize::from(jf));
            write!(
                f,
                "if a {} {} goto {holds} else {fails}",
                operator(code),
                Operand(code, k)
            )
        }
        _ => write!(f, "a {}= {}", operator(code), Operand(code, k)),
    }
}

fn operator(code: u16) -> &'static str {
    match code {
        op::JEQ_K | op::JEQ_X => "==",
        op::JGT_K | op::JGT_X => ">",
        op::JGE_K | op::JGE_X => ">=",
        op::JSET_K | op::JSET_X => "&",
        op::ADD_K | op::ADD_X => "+",
        op::SUB_K | op::SUB_X => "-",
        op::MUL_K | op::MUL_X => "*",
        op::DIV_K | op::DIV_X => "/",
        op::OR_K | op::OR_X => "|",
        op::AND_K | op::AND_X => "&",
        op::LSH_K | op::LSH_X => "<<",
        op::RSH_K | op::RSH_X => ">>",
        op::XOR_K | op::XOR_X => "^",
        _ => "?",
    }
}

/// The constant, or X where bit `BPF_X` of the opcode is set (`linux/bpf_common.h`).
struct Operand(u16, u32);

impl fmt::Display for Operand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 & 0x08 == 0 {
            write!(f, "{:#x}", self.1)
        } else {
            f.write_str("x")
        }
    }
}

/// A word of `struct seccomp_data` by its offset.
struct Field(u32);

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let half = if self.0.is_multiple_of(8) == cfg!(target_endian = "little") {
            "low"
        } else {
            "high"
        };
        match self.0 {
            0 => f.write_str("nr"),
            4 => f.write_str("arch"),
            8 | 12 => write!(f, "ip.{half}"),
            offset => write!(f, "args[{}].{half}", offset.saturating_sub(16) / 8),
        }
    }
}
