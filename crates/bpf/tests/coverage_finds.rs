//! If a search finds a call that tells two programs apart, so do the representative calls.
//!
//! The programs are the same each time. Among 20 times as many, two of 15,429 differing pairs were missed: a value
//! had to keep clear of a mask with many holes and stay within a range.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use notifyd_bpf::{AUDIT_ARCH_X86_64, Coverage, Insn, Program, SeccompData, op};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

const CAP: usize = 50_000;
const SEARCHED: usize = 2000;
/// Three words: both halves of an argument, and one half of another.
const OFFSETS: [u32; 3] = [16, 20, 32];
const COMPARISONS: [u16; 4] = [op::JEQ_K, op::JGT_K, op::JGE_K, op::JSET_K];

fn constant() -> impl Strategy<Value = u32> {
    prop_oneof![
        3 => 0..16_u32,
        1 => select(vec![u32::MAX, 0x8000_0000, 0xffff, 0x1_0000, 0x7e02_0000]),
        1 => any::<u32>(),
    ]
}

/// What a profile's compiler emits for a condition: a word, perhaps masked, compared with a constant.
fn condition(changes: &'static [u16]) -> impl Strategy<Value = Vec<Insn>> {
    let load = select(&OFFSETS[..]).prop_map(|offset| Insn::statement(op::LD_ABS, offset));
    let change = prop::option::weighted(
        0.3,
        (select(changes), constant()).prop_map(|(code, k)| match code {
            op::LSH_K | op::RSH_K => Insn::statement(code, k % 32),
            op::DIV_K => Insn::statement(code, k.max(1)),
            _ => Insn::statement(code, k),
        }),
    );
    let jump = (select(&COMPARISONS[..]), constant(), 0..5_u8, 0..5_u8)
        .prop_map(|(code, k, jt, jf)| Insn::jump(code, k, jt, jf));
    (load, change, jump).prop_map(|(load, change, jump)| [load].into_iter().chain(change).chain([jump]).collect())
}

/// Conditions with verdicts in between, and returns for the longest jump.
fn program(changes: &'static [u16]) -> impl Strategy<Value = Program> {
    let verdict = || (0..3_u32).prop_map(|errno| Insn::statement(op::RET_K, 0x0005_0000 | errno));
    let part = prop_oneof![3 => condition(changes), 1 => verdict().prop_map(|verdict| vec![verdict])];
    (vec(part, 1..5), vec(verdict(), 5)).prop_map(|(parts, end)| {
        let body = parts.into_iter().flatten();
        Program::new(body.chain(end).collect()).unwrap()
    })
}

/// SplitMix64: what proptest brings takes most of the time in a debug build.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        u32::try_from(z >> 32).unwrap()
    }

    fn below(&mut self, limit: usize) -> usize {
        self.word() as usize % limit
    }
}

/// The same program with one instruction changed a little.
fn altered(program: &Program, random: &mut Random) -> Option<Program> {
    let mut instructions = program.instructions().to_vec();
    let at = random.below(instructions.len());
    let insn = &mut instructions[at];
    match random.below(5) {
        0 => insn.k ^= 1 << random.below(32),
        1 => insn.k = insn.k.wrapping_add(1),
        2 => insn.k = insn.k.wrapping_sub(1),
        3 => std::mem::swap(&mut insn.jt, &mut insn.jf),
        _ => insn.code = select_code(insn.code, random),
    }
    Program::new(instructions).ok().filter(|altered| altered != program)
}

fn select_code(code: u16, random: &mut Random) -> u16 {
    if COMPARISONS.contains(&code) {
        COMPARISONS[random.below(COMPARISONS.len())]
    } else {
        code
    }
}

/// Words near the programs' constants, mixed with others.
fn searched(constants: &[u32], random: &mut Random) -> SeccompData {
    let mut word = || {
        let constant = |random: &mut Random| constants[random.below(constants.len())];
        let near = match random.below(8) {
            0 => random.word(),
            1 => constant(random) & constant(random),
            2 => constant(random) | constant(random),
            3 => constant(random) ^ !constant(random),
            4 => constant(random) ^ 1 << random.below(32),
            _ => constant(random),
        };
        near.wrapping_add([0, 0, 1, u32::MAX][random.below(4)])
    };
    let mut wide = || u64::from(word()) << 32 | u64::from(word());
    SeccompData {
        arch: AUDIT_ARCH_X86_64,
        args: [wide(), 0, wide(), 0, 0, 0],
        ..SeccompData::default()
    }
}

fn constants(programs: [&Program; 2]) -> Vec<u32> {
    programs
        .iter()
        .flat_map(|program| program.instructions())
        .map(|insn| insn.k)
        .collect()
}

/// Of `tries` pairs of programs: how many a search tells apart, and the pairs for which the cells then do not.
fn compare_searches(changes: &'static [u16], tries: usize) -> (usize, Vec<String>) {
    let mut runner = TestRunner::deterministic();
    let mut random = Random(1);
    let (mut differing, mut missed) = (0, Vec::new());
    for _ in 0..tries {
        let first = program(changes).new_tree(&mut runner).unwrap().current();
        let Some(second) = altered(&first, &mut random) else {
            continue;
        };
        let differ = |data: &SeccompData| first.evaluate(data) != second.evaluate(data);
        let near = constants([&first, &second]);
        let Some(found) = (0..SEARCHED).map(|_| searched(&near, &mut random)).find(differ) else {
            continue;
        };
        differing += 1;
        let coverage = Coverage::of(&[&first, &second], AUDIT_ARCH_X86_64, 0);
        if !coverage.cells(CAP).any(|data| differ(&data)) {
            missed.push(format!(
                "{first}\n{second}\n{:x?} of {}",
                found.args,
                coverage.combinations()
            ));
        }
    }
    (differing, missed)
}

#[test]
fn cells_find_what_a_search_finds_behind_masks() {
    let (differing, missed) = compare_searches(&[op::AND_K], 5000);
    assert!(differing > 600, "{differing}");
    assert!(
        missed.is_empty(),
        "{} of {differing}: {}",
        missed.len(),
        missed.join("\n---\n")
    );
}

#[test]
fn cells_find_what_a_search_finds_behind_arithmetic() {
    let (differing, missed) = compare_searches(
        &[
            op::ADD_K,
            op::SUB_K,
            op::OR_K,
            op::XOR_K,
            op::LSH_K,
            op::RSH_K,
            op::DIV_K,
            op::MUL_K,
            op::NEG,
        ],
        5000,
    );
    assert!(differing > 600, "{differing}");
    assert!(
        missed.is_empty(),
        "{} of {differing}: {}",
        missed.len(),
        missed.join("\n---\n")
    );
}
