//! The instruction and its opcodes.

/// One instruction, laid out as `struct sock_filter` of `linux/filter.h`.
#[repr(C)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Insn {
    /// Opcode, one of [`op`].
    pub code: u16,
    /// Instructions to skip when the condition holds.
    pub jt: u8,
    /// Instructions to skip when it does not.
    pub jf: u8,
    /// Constant, offset, scratch cell or long jump, by opcode.
    pub k: u32,
}

const _: () = assert!(size_of::<Insn>() == 8 && align_of::<Insn>() == 4);

impl Insn {
    /// `BPF_STMT` of `linux/filter.h`.
    pub const fn statement(code: u16, k: u32) -> Self {
        Self::jump(code, k, 0, 0)
    }

    /// `BPF_JUMP` of `linux/filter.h`.
    pub const fn jump(code: u16, k: u32, jt: u8, jf: u8) -> Self {
        Self { code, jt, jf, k }
    }

    pub(crate) fn from_bytes(bytes: [u8; 8]) -> Self {
        let [c0, c1, jt, jf, k @ ..] = bytes;
        Self {
            code: u16::from_ne_bytes([c0, c1]),
            jt,
            jf,
            k: u32::from_ne_bytes(k),
        }
    }

    pub(crate) fn to_bytes(self) -> [u8; 8] {
        let ([c0, c1], [k0, k1, k2, k3]) = (self.code.to_ne_bytes(), self.k.to_ne_bytes());
        [c0, c1, self.jt, self.jf, k0, k1, k2, k3]
    }

    pub(crate) fn is_conditional_jump(self) -> bool {
        matches!(
            self.code,
            op::JEQ_K | op::JEQ_X | op::JGT_K | op::JGT_X | op::JGE_K | op::JGE_X | op::JSET_K | op::JSET_X
        )
    }
}

/// The opcodes that `seccomp_check_filter` of `kernel/seccomp.c` accepts; values from `linux/bpf_common.h` and
/// `linux/filter.h`.
#[allow(missing_docs, reason = "each name is the kernel's own, without BPF_")]
pub mod op {
    const LD: u16 = 0x00;
    const LDX: u16 = 0x01;
    const ALU: u16 = 0x04;
    const JMP: u16 = 0x05;
    const RET: u16 = 0x06;
    const MISC: u16 = 0x07;

    const ABS: u16 = 0x20;
    const MEM: u16 = 0x60;
    const LEN: u16 = 0x80;

    const K: u16 = 0x00;
    const X: u16 = 0x08;
    /// Bit of an opcode that takes X instead of the constant.
    pub(crate) const SOURCE_X: u16 = X;
    const A: u16 = 0x10;

    pub const LD_IMM: u16 = LD;
    pub const LD_ABS: u16 = LD | ABS;
    pub const LD_MEM: u16 = LD | MEM;
    pub const LD_LEN: u16 = LD | LEN;
    pub const LDX_IMM: u16 = LDX;
    pub const LDX_MEM: u16 = LDX | MEM;
    pub const LDX_LEN: u16 = LDX | LEN;
    pub const ST: u16 = 0x02;
    pub const STX: u16 = 0x03;

    pub const ADD_K: u16 = ALU | K;
    pub const ADD_X: u16 = ALU | X;
    pub const SUB_K: u16 = ALU | 0x10 | K;
    pub const SUB_X: u16 = ALU | 0x10 | X;
    pub const MUL_K: u16 = ALU | 0x20 | K;
    pub const MUL_X: u16 = ALU | 0x20 | X;
    pub const DIV_K: u16 = ALU | 0x30 | K;
    pub const DIV_X: u16 = ALU | 0x30 | X;
    pub const OR_K: u16 = ALU | 0x40 | K;
    pub const OR_X: u16 = ALU | 0x40 | X;
    pub const AND_K: u16 = ALU | 0x50 | K;
    pub const AND_X: u16 = ALU | 0x50 | X;
    pub const LSH_K: u16 = ALU | 0x60 | K;
    pub const LSH_X: u16 = ALU | 0x60 | X;
    pub const RSH_K: u16 = ALU | 0x70 | K;
    pub const RSH_X: u16 = ALU | 0x70 | X;
    pub const NEG: u16 = ALU | 0x80;
    pub const XOR_K: u16 = ALU | 0xa0 | K;
    pub const XOR_X: u16 = ALU | 0xa0 | X;

    pub const JA: u16 = JMP;
    pub const JEQ_K: u16 = JMP | 0x10 | K;
    pub const JEQ_X: u16 = JMP | 0x10 | X;
    pub const JGT_K: u16 = JMP | 0x20 | K;
    pub const JGT_X: u16 = JMP | 0x20 | X;
    pub const JGE_K: u16 = JMP | 0x30 | K;
    pub const JGE_X: u16 = JMP | 0x30 | X;
    pub const JSET_K: u16 = JMP | 0x40 | K;
    pub const JSET_X: u16 = JMP | 0x40 | X;

    pub const RET_K: u16 = RET | K;
    pub const RET_A: u16 = RET | A;

    pub const TAX: u16 = MISC;
    pub const TXA: u16 = MISC | 0x80;
}
