//! Verdicts of programs that are written out.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use notifyd_bpf::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Action, Insn, Program, SeccompData, op};

fn call(arch: u32, nr: i32, args: [u64; 6]) -> SeccompData {
    SeccompData {
        nr,
        arch,
        instruction_pointer: 0x7fff_0000_1234,
        args,
    }
}

/// Whether A holds the value behind the instructions.
fn leaves(instructions: &[Insn], expected: u32) -> bool {
    let mut program = instructions.to_vec();
    program.push(Insn::jump(op::JEQ_K, expected, 0, 1));
    program.push(Insn::statement(op::RET_K, 0x7fff_0000));
    program.push(Insn::statement(op::RET_K, 0x0005_0001));
    Program::new(program).unwrap().evaluate(&SeccompData::default()) == Action::Allow
}

fn a(value: u32) -> Insn {
    Insn::statement(op::LD_IMM, value)
}

fn x(value: u32) -> Insn {
    Insn::statement(op::LDX_IMM, value)
}

#[test]
fn arithmetic_wraps_at_32_bits() {
    let cases = [
        (op::ADD_K, 7, 0xffff_ffff, 6),
        (op::SUB_K, 7, 8, 0xffff_ffff),
        (op::MUL_K, 0x8000_0001, 2, 2),
        (op::DIV_K, 0xffff_ffff, 2, 0x7fff_ffff),
        (op::OR_K, 0xf0, 0x0f, 0xff),
        (op::AND_K, 0xf3, 0x3f, 0x33),
        (op::XOR_K, 0xff, 0x0f, 0xf0),
        (op::LSH_K, 0x8000_0001, 1, 2),
        (op::RSH_K, 0x8000_0001, 31, 1),
    ];
    for (code, left, right, expected) in cases {
        assert!(
            leaves(&[a(left), Insn::statement(code, right)], expected),
            "{code:#x} by constant"
        );
        assert!(
            leaves(&[a(left), x(right), Insn::statement(code | 8, 99)], expected),
            "{code:#x} by X"
        );
    }
    assert!(leaves(&[a(1), Insn::statement(op::NEG, 0)], 0xffff_ffff));
}

#[test]
fn shifts_by_a_register_take_its_low_five_bits() {
    assert!(leaves(&[a(1), x(33), Insn::statement(op::LSH_X, 0)], 2));
    assert!(leaves(&[a(4), x(0xffff_ffe1), Insn::statement(op::RSH_X, 0)], 2));
}

#[test]
fn registers_and_scratch_memory_move() {
    assert!(leaves(&[], 0));
    assert!(leaves(
        &[a(5), Insn::statement(op::TAX, 0), a(1), Insn::statement(op::TXA, 0)],
        5
    ));
    assert!(leaves(
        &[a(5), Insn::statement(op::ST, 15), a(1), Insn::statement(op::LD_MEM, 15)],
        5
    ));
    let by_x = [
        x(6),
        Insn::statement(op::STX, 0),
        x(1),
        Insn::statement(op::LDX_MEM, 0),
        Insn::statement(op::TXA, 0),
    ];
    assert!(leaves(&by_x, 6));
    assert!(leaves(&[Insn::statement(op::LD_LEN, 0)], 64));
    assert!(leaves(
        &[Insn::statement(op::LDX_LEN, 0), Insn::statement(op::TXA, 0)],
        64
    ));
}

#[test]
fn comparisons_are_unsigned() {
    let cases = [
        (op::JEQ_K, 5, 5, true),
        (op::JEQ_K, 5, 6, false),
        (op::JGT_K, 0xffff_ffff, 1, true),
        (op::JGT_K, 1, 1, false),
        (op::JGE_K, 1, 1, true),
        (op::JGE_K, 1, 0x8000_0000, false),
        (op::JSET_K, 0b110, 0b010, true),
        (op::JSET_K, 0b110, 0b001, false),
    ];
    for (code, left, right, holds) in cases {
        let taken = if holds { 1 } else { 2 };
        let arms = [a(1), Insn::statement(op::JA, 1), a(2)];
        let by_constant = [&[a(left), Insn::jump(code, right, 0, 2)], &arms[..]].concat();
        assert!(leaves(&by_constant, taken), "{code:#x} {left:#x} {right:#x}");
        let by_x = [&[a(left), x(right), Insn::jump(code | 8, 99, 0, 2)], &arms[..]].concat();
        assert!(leaves(&by_x, taken), "{code:#x} {left:#x} {right:#x} by X");
    }
}

#[test]
fn division_by_a_zero_register_kills_the_thread() {
    let program = Program::new(vec![
        a(1),
        Insn::statement(op::DIV_X, 0),
        Insn::statement(op::RET_K, 0x7fff_0000),
    ]);
    assert_eq!(program.unwrap().evaluate(&SeccompData::default()), Action::KillThread);
}

#[test]
fn accumulator_may_be_the_verdict() {
    let program = Program::new(vec![Insn::statement(op::LD_ABS, 16), Insn::statement(op::RET_A, 0)]).unwrap();
    let low_word = |value: u32| {
        let both = u64::from(value) << 32 | u64::from(value);
        program.evaluate(&call(0, 0, [both, 0, 0, 0, 0, 0]))
    };
    assert_eq!(low_word(0x0005_0011), Action::Errno(17));
    assert_eq!(low_word(0x7fff_0000), Action::Allow);
    assert_eq!(low_word(0x1234_5678), Action::KillProcess);
}

#[test]
fn architecture_number_and_argument_decide() {
    // x86_64: mkdir (83) fails with 38 when its mode has a bit of 0o7000; other architectures die.
    let program = Program::new(vec![
        Insn::statement(op::LD_ABS, 4),
        Insn::jump(op::JEQ_K, 0xc000_003e, 1, 0),
        Insn::statement(op::RET_K, 0x8000_0000),
        Insn::statement(op::LD_ABS, 0),
        Insn::jump(op::JEQ_K, 83, 0, 3),
        Insn::statement(op::LD_ABS, if cfg!(target_endian = "little") { 24 } else { 28 }),
        Insn::jump(op::JSET_K, 0o7000, 0, 1),
        Insn::statement(op::RET_K, 0x0005_0026),
        Insn::statement(op::RET_K, 0x7fff_0000),
    ])
    .unwrap();
    let verdict = |arch, nr, mode| program.evaluate(&call(arch, nr, [9, mode, 9, 9, 9, 9]));
    assert_eq!(verdict(AUDIT_ARCH_X86_64, 83, 0o4755), Action::Errno(38));
    assert_eq!(verdict(AUDIT_ARCH_X86_64, 83, 0o755), Action::Allow);
    assert_eq!(verdict(AUDIT_ARCH_X86_64, 84, 0o4755), Action::Allow);
    assert_eq!(verdict(AUDIT_ARCH_I386, 83, 0o755), Action::KillProcess);
    assert_eq!(program.constant_verdict(AUDIT_ARCH_X86_64, 84), Some(Action::Allow));
    assert_eq!(program.constant_verdict(AUDIT_ARCH_I386, 83), Some(Action::KillProcess));
    assert_eq!(program.constant_verdict(AUDIT_ARCH_X86_64, 83), None);
}
