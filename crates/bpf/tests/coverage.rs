//! Representative calls of programs that are written out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use std::collections::BTreeSet;

use notifyd_bpf::{
    AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Coverage, Insn, Program, SeccompData, X32_SYSCALL_BIT, compared_arches,
    compared_numbers, op,
};

const ALLOW: Insn = Insn::statement(op::RET_K, 0x7fff_0000);
const EPERM: Insn = Insn::statement(op::RET_K, 0x0005_0001);

/// Offset of the low half of an argument.
const fn low(argument: u32) -> u32 {
    16 + 8 * argument + if cfg!(target_endian = "little") { 0 } else { 4 }
}

const fn high(argument: u32) -> u32 {
    16 + 8 * argument + if cfg!(target_endian = "little") { 4 } else { 0 }
}

fn load(offset: u32) -> Insn {
    Insn::statement(op::LD_ABS, offset)
}

fn program(instructions: &[Insn]) -> Program {
    Program::new(instructions.to_vec()).unwrap()
}

/// The statements, then a verdict by the comparison.
fn deciding(statements: &[Insn], code: u16, k: u32) -> Program {
    program(&[statements, &[Insn::jump(code, k, 0, 1), EPERM, ALLOW]].concat())
}

fn of(program: &Program) -> Coverage {
    Coverage::of(&[program], AUDIT_ARCH_X86_64, 56)
}

/// The different values of a word in all cells.
fn values(coverage: &Coverage, offset: u32) -> BTreeSet<u32> {
    coverage
        .cells(1_000_000)
        .map(|data| data.word(offset).unwrap())
        .collect()
}

fn argument_values(program: &Program, offset: u32) -> BTreeSet<u32> {
    let coverage = of(program);
    assert!(coverage.is_exact());
    values(&coverage, offset)
}

#[test]
fn a_constant_gets_its_neighbours_and_the_corners() {
    let expected = BTreeSet::from([0, 37, 38, 39, 0x8000_0000, 0xffff_ffff]);
    for code in [op::JEQ_K, op::JGT_K, op::JGE_K] {
        let compared = deciding(&[load(high(1))], code, 38);
        assert_eq!(argument_values(&compared, high(1)), expected, "{code:#x}");
        assert_eq!(argument_values(&compared, low(1)), BTreeSet::from([0]));
        assert_eq!(of(&compared).combinations(), 6);
    }
}

#[test]
fn a_mask_gets_each_bit_and_the_complement() {
    let masked = deciding(&[load(low(0)), Insn::statement(op::AND_K, 0x7002)], op::JEQ_K, 0x2000);
    let found = argument_values(&masked, low(0));
    for value in [
        0x2000,
        0x3000,
        0x6000,
        0x2002,
        0,
        0xffff_afff,
        u32::MAX,
        0x8000_0000,
        0xffff_affd,
    ] {
        assert!(found.contains(&value), "{value:#x} {found:x?}");
    }
    let bits = deciding(&[load(low(0))], op::JSET_K, 0x5);
    let found = argument_values(&bits, low(0));
    for value in [1, 4, 5, 0xffff_fffa, 0xffff_fffb, 0xffff_fffe, 0, u32::MAX, 0x8000_0000] {
        assert!(found.contains(&value), "{value:#x} {found:x?}");
    }
}

#[test]
fn operations_with_constants_are_undone() {
    let cases = [
        (op::ADD_K, 10, 7, 0xffff_fffd),
        (op::SUB_K, 10, 7, 17),
        (op::XOR_K, 0xff, 7, 0xf8),
        (op::NEG, 0, 7, 0xffff_fff9),
        (op::RSH_K, 8, 7, 0x700),
        (op::LSH_K, 8, 0x700, 7),
        (op::OR_K, 8, 15, 7),
        (op::DIV_K, 3, 7, 21),
        (op::MUL_K, 3, 21, 7),
    ];
    for (code, k, constant, expected) in cases {
        let computed = deciding(&[load(low(2)), Insn::statement(code, k)], op::JEQ_K, constant);
        assert!(argument_values(&computed, low(2)).contains(&expected), "{code:#x}");
    }
}

#[test]
fn values_are_followed_through_x_and_scratch_memory() {
    let moved = [
        load(low(3)),
        Insn::statement(op::TAX, 0),
        Insn::statement(op::STX, 5),
        Insn::statement(op::LD_IMM, 1),
        Insn::statement(op::LD_MEM, 5),
        Insn::statement(op::LDX_IMM, 0xff0),
        Insn::statement(op::AND_X, 0),
        Insn::statement(op::LDX_IMM, 0x120),
    ];
    let found = argument_values(&deciding(&moved, op::JEQ_X, 0), low(3));
    assert!(found.contains(&0x120) && found.contains(&0xffff_f12f), "{found:x?}");
}

#[test]
fn a_mask_and_a_range_are_met_together() {
    let both = program(&[
        load(low(0)),
        Insn::jump(op::JGT_K, 0x1000, 0, 3),
        Insn::statement(op::AND_K, 0xff),
        Insn::jump(op::JEQ_K, 3, 0, 1),
        EPERM,
        ALLOW,
    ]);
    assert!(argument_values(&both, low(0)).contains(&0x1003));
}

#[test]
fn only_the_way_of_the_number_and_the_architecture_is_followed() {
    let branching = program(&[
        load(4),
        Insn::jump(op::JEQ_K, AUDIT_ARCH_X86_64, 0, 4),
        load(0),
        Insn::jump(op::JEQ_K, 56, 0, 2),
        load(low(0)),
        Insn::jump(op::JEQ_K, 77, 1, 0),
        ALLOW,
        EPERM,
    ]);
    assert_eq!(Coverage::of(&[&branching], AUDIT_ARCH_X86_64, 56).combinations(), 6);
    for (arch, number) in [(AUDIT_ARCH_X86_64, 57), (AUDIT_ARCH_I386, 56)] {
        let coverage = Coverage::of(&[&branching], arch, number);
        let only = SeccompData {
            nr: number.cast_signed(),
            arch,
            ..SeccompData::default()
        };
        assert_eq!(coverage.combinations(), 1);
        assert_eq!(coverage.cells(10).collect::<Vec<_>>(), [only]);
    }
}

#[test]
fn every_program_and_the_instruction_pointer_count() {
    let first = deciding(&[load(8)], op::JEQ_K, 5);
    let second = deciding(&[load(8)], op::JEQ_K, 50);
    let coverage = Coverage::of(&[&first, &second], AUDIT_ARCH_X86_64, 0);
    assert_eq!(
        values(&coverage, 8),
        BTreeSet::from([0, 4, 5, 6, 49, 50, 51, 0x8000_0000, 0xffff_ffff])
    );
}

#[test]
fn comparisons_between_words_are_no_longer_exact() {
    let compared = deciding(&[load(low(0)), Insn::statement(op::TAX, 0), load(low(1))], op::JGT_X, 0);
    let coverage = of(&compared);
    assert!(!coverage.is_exact());
    let verdicts: BTreeSet<u32> = coverage
        .cells(1000)
        .map(|data| compared.evaluate(&data).raw())
        .collect();
    assert_eq!(verdicts.len(), 2);
}

#[test]
fn a_computed_verdict_is_each_action() {
    let returned = program(&[load(low(0)), Insn::statement(op::RET_A, 0)]);
    let found = values(&of(&returned), low(0));
    for action in [0x8000_0000, 0, 0x0003_0000, 0x0005_0000, 0x7fc0_0000, 0x7fff_0000] {
        assert!(found.contains(&action), "{action:#x}");
    }
}

#[test]
fn division_by_a_word_is_tried_with_zero() {
    let divides = program(&[
        load(low(0)),
        Insn::statement(op::TAX, 0),
        Insn::statement(op::DIV_X, 0),
        ALLOW,
    ]);
    let found = values(&of(&divides), low(0));
    assert!(found.contains(&0) && found.contains(&1));
}

#[test]
fn a_capped_choice_has_each_value_and_is_the_same_each_time() {
    let mut instructions = Vec::new();
    for argument in 0..6 {
        for half in [low(argument), high(argument)] {
            instructions.extend([load(half), Insn::jump(op::JEQ_K, 1000 + half, 0, 0)]);
        }
    }
    instructions.push(ALLOW);
    let coverage = of(&program(&instructions));
    assert_eq!(coverage.combinations(), 6_u128.pow(12));
    let cells: Vec<SeccompData> = coverage.cells(500).collect();
    assert_eq!(cells.len(), 500);
    assert_eq!(coverage.cells(500).collect::<Vec<_>>(), cells);
    let different: BTreeSet<[u64; 6]> = cells.iter().map(|data| data.args).collect();
    assert!(different.len() > 350, "{}", different.len());
    for argument in 0..6 {
        for half in [low(argument), high(argument)] {
            let seen: BTreeSet<u32> = cells.iter().map(|data| data.word(half).unwrap()).collect();
            let c = 1000 + half;
            assert_eq!(seen, BTreeSet::from([0, c - 1, c, c + 1, 0x8000_0000, 0xffff_ffff]));
            assert_eq!(values_below(&coverage, 2, half), seen);
        }
    }
}

fn values_below(coverage: &Coverage, cap: usize, offset: u32) -> BTreeSet<u32> {
    coverage.cells(cap).map(|data| data.word(offset).unwrap()).collect()
}

#[test]
fn a_capped_choice_gets_to_the_end_of_a_rule_with_every_argument() {
    let rule = |last: Insn| {
        let condition = |argument: u32| {
            let skipped = u8::try_from(4 * (5 - argument) + 1).unwrap();
            [
                load(high(argument)),
                Insn::jump(op::JEQ_K, 0, 0, skipped + 2),
                load(low(argument)),
                Insn::jump(op::JEQ_K, 40 + argument, 0, skipped),
            ]
        };
        program(&(0..6).flat_map(condition).chain([last, ALLOW]).collect::<Vec<_>>())
    };
    let (denies, allows) = (rule(EPERM), rule(ALLOW));
    let coverage = Coverage::of(&[&denies, &allows], AUDIT_ARCH_X86_64, 0);
    assert_eq!(coverage.combinations(), 4_u128.pow(6) * 6_u128.pow(6));
    let told_apart = |cap| {
        let differ = |data: &SeccompData| denies.evaluate(data) != allows.evaluate(data);
        coverage.cells(cap).filter(differ).count()
    };
    assert!(told_apart(10_000) > 500, "{}", told_apart(10_000));
}

#[test]
fn numbers_and_architectures_are_found() {
    let branching = program(&[
        load(4),
        Insn::jump(op::JEQ_K, AUDIT_ARCH_X86_64, 0, 5),
        load(0),
        Insn::jump(op::JSET_K, X32_SYSCALL_BIT, 0, 1),
        Insn::statement(op::AND_K, !X32_SYSCALL_BIT),
        Insn::jump(op::JEQ_K, 165, 2, 0),
        ALLOW,
        Insn::jump(op::JEQ_K, AUDIT_ARCH_I386, 1, 0),
        EPERM,
        ALLOW,
    ]);
    let arches = compared_arches(&[&branching]);
    for arch in [AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_I386 + 1, 0, u32::MAX] {
        assert!(arches.contains(&arch), "{arch:#x}");
    }
    let numbers = compared_numbers(&[&branching], AUDIT_ARCH_X86_64);
    for number in [164, 165, 166, 165 | X32_SYSCALL_BIT, 0x8000_0000, u32::MAX] {
        assert!(numbers.contains(&number), "{number:#x} {numbers:x?}");
    }
    assert!(numbers.is_sorted() && arches.is_sorted());
    assert_eq!(compared_numbers(&[&branching], AUDIT_ARCH_I386), [0]);
}

#[test]
fn the_longest_programs_are_followed() {
    let comparisons = |code: u16| {
        let one = |index: u32| {
            [
                load(low(index % 6)),
                Insn::statement(op::AND_K, index.wrapping_mul(0x9e37_79b1)),
                Insn::jump(code, index, 0, 0),
                Insn::statement(op::TAX, 0),
            ]
        };
        program(&(0..1000).flat_map(one).chain([ALLOW]).collect::<Vec<_>>())
    };
    for (code, exact) in [(op::JEQ_K, true), (op::JSET_K, true), (op::JGT_X, false)] {
        let coverage = of(&comparisons(code));
        assert_eq!(
            (coverage.is_exact(), coverage.cells(1000).count() >= 1000),
            (exact, true)
        );
    }
}
