//! Random programs; the same ones each time.

use notifyd_bpf::{Insn, op};

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    pub fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from(z >> 32).unwrap()
    }

    pub fn below(&mut self, limit: u32) -> u32 {
        self.word() % limit
    }

    pub fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.word() as usize % choices.len()]
    }

    /// A word that programs and calls are likely to share.
    pub fn likely(&mut self) -> u32 {
        match self.below(8) {
            0 => self.word(),
            1 => self.of(&[u32::MAX, 0x8000_0000, 0x7fff_ffff, 0x4000_0000, 0xffff]),
            2 => self.of(&[0xc000_003e, 0x4000_0003]),
            3 => 1 << self.below(32),
            _ => self.below(8),
        }
    }

    pub fn byte(&mut self, limit: u32) -> u8 {
        u8::try_from(self.below(limit)).unwrap()
    }
}

const STATEMENTS: [u16; 30] = [
    op::LD_IMM,
    op::LD_ABS,
    op::LD_MEM,
    op::LD_LEN,
    op::LDX_IMM,
    op::LDX_MEM,
    op::LDX_LEN,
    op::ST,
    op::STX,
    op::ADD_K,
    op::ADD_X,
    op::SUB_K,
    op::SUB_X,
    op::MUL_K,
    op::MUL_X,
    op::DIV_K,
    op::DIV_X,
    op::OR_K,
    op::OR_X,
    op::AND_K,
    op::AND_X,
    op::LSH_K,
    op::LSH_X,
    op::RSH_K,
    op::RSH_X,
    op::NEG,
    op::XOR_K,
    op::XOR_X,
    op::TAX,
    op::TXA,
];
const JUMPS: [u16; 8] = [
    op::JEQ_K,
    op::JEQ_X,
    op::JGT_K,
    op::JGT_X,
    op::JGE_K,
    op::JGE_X,
    op::JSET_K,
    op::JSET_X,
];

/// Stores into the scratch cells, then at most `longest` random instructions, then an end that every jump reaches:
/// `ERRNO(A & 0xfff)`, and once more.
///
/// LOG is not returned, since it would fill the system's log.
pub fn valid(random: &mut Random, longest: u32) -> Vec<Insn> {
    let stores = (0..16).map(|cell| Insn::statement(if cell % 3 == 0 { op::STX } else { op::ST }, cell));
    let load = [word(random), Insn::statement(op::TAX, 0), word(random)];
    let length = random.below(longest);
    let body: Vec<Insn> = (0..length).map(|_| instruction(random)).collect();
    let end = [
        Insn::statement(op::AND_K, 0xfff),
        Insn::statement(op::OR_K, 0x0005_0000),
        Insn::statement(op::RET_A, 0),
    ];
    load.into_iter()
        .chain(stores)
        .chain(body)
        .chain(end)
        .chain(end)
        .collect()
}

fn word(random: &mut Random) -> Insn {
    Insn::statement(op::LD_ABS, random.below(16) * 4)
}

/// Mostly of a kind that seccomp takes, with jumps over at most five.
pub fn instruction(random: &mut Random) -> Insn {
    match random.below(24) {
        0..5 => word(random),
        5..15 => statement(random),
        15..22 => Insn::jump(random.of(&JUMPS), random.likely(), random.byte(6), random.byte(6)),
        22 => Insn::statement(op::JA, random.below(6)),
        _ => Insn::statement(op::RET_K, verdict(random)),
    }
}

fn statement(random: &mut Random) -> Insn {
    let (code, k) = (random.of(&STATEMENTS), random.likely());
    let k = match code {
        op::LD_ABS => k % 16 * 4,
        op::LD_MEM | op::LDX_MEM | op::ST | op::STX => k % 16,
        op::LSH_K | op::RSH_K => k % 32,
        op::DIV_K => k.max(1),
        _ => k,
    };
    Insn::statement(code, k)
}

fn verdict(random: &mut Random) -> u32 {
    let data = random.word() & 0xffff;
    match random.below(12) {
        0 => 0x7fff_0000 | data,
        1 => 0x7fc0_0000 | data,
        2 => 0x7ff0_0000 | data,
        3 => random.of(&[0x8000_0000, 0, 0x0003_0000, 0x1234_0000]) | data,
        4 => 0x0005_0000,
        _ => 0x0005_0000 | data,
    }
}
