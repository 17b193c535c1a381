//! A program that passed the kernel's own checks.

use crate::walk::{ANY_CALL, Seen, walk};
use crate::{Action, Error, Insn, SeccompData, op};

/// `BPF_MAXINSNS` of `linux/bpf_common.h`.
pub const MAX_INSTRUCTIONS: usize = 4096;
/// `BPF_MEMWORDS` of `linux/filter.h`.
pub(crate) const SCRATCH_CELLS: u32 = 16;

/// Instructions that the kernel would install as a seccomp filter. [`Program::new`] is the only way to one, so
/// whoever holds it may evaluate it without further checks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Program {
    instructions: Vec<Insn>,
}

impl Program {
    /// Checks as the kernel does: `bpf_check_classic` of `net/core/filter.c`, then `seccomp_check_filter` of
    /// `kernel/seccomp.c`.
    pub fn new(instructions: Vec<Insn>) -> Result<Self, Error> {
        let count = instructions.len();
        if !(1..=MAX_INSTRUCTIONS).contains(&count) {
            return Err(Error::Length { count });
        }
        for (at, &insn) in instructions.iter().enumerate() {
            check_opcode(at, insn)?;
            check_jumps(at, insn, count)?;
        }
        check_end(&instructions)?;
        check_scratch(&instructions)?;
        Ok(Self { instructions })
    }

    /// Of instructions made by this crate, of which a test holds that the kernel takes them.
    pub(crate) const fn made_here(instructions: Vec<Insn>) -> Self {
        Self { instructions }
    }

    /// Reads an array of `struct sock_filter` in this machine's byte order.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (chunks, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(Error::Bytes { count: bytes.len() });
        }
        if chunks.len() > MAX_INSTRUCTIONS {
            return Err(Error::Length { count: chunks.len() });
        }
        Self::new(chunks.iter().map(|&chunk| Insn::from_bytes(chunk)).collect())
    }

    /// The array of `struct sock_filter` in this machine's byte order.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.instructions.iter().flat_map(|insn| insn.to_bytes()).collect()
    }

    /// The instructions.
    pub fn instructions(&self) -> &[Insn] {
        &self.instructions
    }

    /// Number of instructions, 1 to 4096.
    #[allow(clippy::len_without_is_empty, reason = "a program has an instruction")]
    pub fn len(&self) -> usize {
        self.instructions.len()
    }

    /// Whether some path may ask the supervisor. A computed verdict counts, since it may be anything.
    pub fn notifies(&self) -> bool {
        self.verdicts()
            .any(|verdict| verdict.is_none_or(|action| action == Action::Notify))
    }

    /// The same program, with each constant denial (ERRNO, KILL) turned into a notification.
    ///
    /// Not possible for a program that returns its accumulator or may divide by zero; libseccomp makes none.
    pub fn notifying_denials(&self) -> Result<Self, Error> {
        self.notifying(Action::is_denial)
    }

    /// As [`Program::notifying_denials`], TRAP and TRACE included: for a supervisor that lets every call run, and so need not
    /// imitate them.
    pub fn notifying_restrictions(&self) -> Result<Self, Error> {
        self.notifying(Action::is_restriction)
    }

    fn notifying(&self, chosen: fn(Action) -> bool) -> Result<Self, Error> {
        if let Some(at) = self.instructions.iter().position(|insn| insn.code == op::RET_A) {
            return Err(Error::ComputedVerdict { at });
        }
        if let Some(at) = self.killing_division() {
            return Err(Error::KillingDivision { at });
        }
        Self::new(self.instructions.iter().map(|&insn| notifying(insn, chosen)).collect())
    }

    /// The first division that some call may reach with a zero in X.
    fn killing_division(&self) -> Option<usize> {
        let mut first = None;
        walk(self, &ANY_CALL, &mut |seen| match seen {
            Seen::Divided { at, by } if !by.is_never_zero() => first = first.or(Some(at)),
            _ => {}
        });
        first
    }

    /// What each return gives; `None` where it is computed.
    fn verdicts(&self) -> impl Iterator<Item = Option<Action>> {
        self.instructions.iter().filter_map(|insn| match insn.code {
            op::RET_K => Some(Some(Action::from_raw(insn.k))),
            op::RET_A => Some(None),
            _ => None,
        })
    }
}

fn notifying(insn: Insn, chosen: fn(Action) -> bool) -> Insn {
    if insn.code == op::RET_K && chosen(Action::from_raw(insn.k)) {
        Insn::statement(op::RET_K, Action::Notify.raw())
    } else {
        insn
    }
}

fn check_opcode(at: usize, Insn { code, k, .. }: Insn) -> Result<(), Error> {
    match code {
        op::LD_ABS if k >= SeccompData::SIZE || !k.is_multiple_of(4) => Err(Error::LoadOffset { at, offset: k }),
        op::LD_MEM | op::LDX_MEM | op::ST | op::STX if k >= SCRATCH_CELLS => Err(Error::ScratchCell { at, cell: k }),
        op::DIV_K if k == 0 => Err(Error::DivisionByZero { at }),
        op::LSH_K | op::RSH_K if k >= u32::BITS => Err(Error::Shift { at, bits: k }),
        op::LD_IMM | op::LD_ABS | op::LD_MEM | op::LD_LEN | op::LDX_IMM | op::LDX_MEM | op::LDX_LEN => Ok(()),
        op::ST | op::STX | op::TAX | op::TXA | op::RET_K | op::RET_A => Ok(()),
        op::ADD_K | op::SUB_K | op::MUL_K | op::DIV_K | op::OR_K | op::AND_K | op::LSH_K | op::RSH_K => Ok(()),
        op::ADD_X | op::SUB_X | op::MUL_X | op::DIV_X | op::OR_X | op::AND_X | op::LSH_X | op::RSH_X => Ok(()),
        op::XOR_K | op::XOR_X | op::NEG | op::JA => Ok(()),
        op::JEQ_K | op::JEQ_X | op::JGT_K | op::JGT_X | op::JGE_K | op::JGE_X | op::JSET_K | op::JSET_X => Ok(()),
        _ => Err(Error::Opcode { at, code }),
    }
}

fn check_jumps(at: usize, insn: Insn, count: usize) -> Result<(), Error> {
    let distance = match insn.code {
        op::JA => insn.k,
        _ if insn.is_conditional_jump() => u32::from(insn.jt.max(insn.jf)),
        _ => return Ok(()),
    };
    let following = count - at - 1;
    let inside = usize::try_from(distance).is_ok_and(|distance| distance < following);
    if inside {
        Ok(())
    } else {
        Err(Error::Jump { at, distance })
    }
}

fn check_end(instructions: &[Insn]) -> Result<(), Error> {
    match instructions.last() {
        Some(Insn {
            code: op::RET_K | op::RET_A,
            ..
        })
        | None => Ok(()),
        Some(&Insn { code, .. }) => Err(Error::NoReturn { code }),
    }
}

/// `check_load_and_stores` of `net/core/filter.c`, including its quirk that the code behind a return inherits what was
/// written before it.
fn check_scratch(instructions: &[Insn]) -> Result<(), Error> {
    let mut at_target = vec![u16::MAX; instructions.len()];
    let mut written = 0_u16;
    for (at, insn) in instructions.iter().enumerate() {
        written &= at_target.get(at).copied().unwrap_or(0);
        match insn.code {
            op::ST | op::STX => written |= 1 << insn.k,
            op::LD_MEM | op::LDX_MEM if written & (1 << insn.k) == 0 => {
                return Err(Error::ScratchUnwritten { at, cell: insn.k });
            }
            _ => {}
        }
        let jumps = targets(at, *insn);
        for target in jumps.into_iter().flatten() {
            if let Some(mask) = at_target.get_mut(target) {
                *mask &= written;
            }
        }
        if jumps != [None; 2] {
            written = u16::MAX;
        }
    }
    Ok(())
}

fn targets(at: usize, insn: Insn) -> [Option<usize>; 2] {
    let next = at + 1;
    match insn.code {
        op::JA => [usize::try_from(insn.k).ok().map(|distance| next + distance), None],
        _ if insn.is_conditional_jump() => [Some(next + usize::from(insn.jt)), Some(next + usize::from(insn.jf))],
        _ => [None; 2],
    }
}
