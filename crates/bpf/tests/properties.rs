//! Claims about all programs, tried on random ones.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use bpfvm::vm::BpfVM;
use notifyd_bpf::{Action, Insn, Program, SeccompData, op};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

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

/// What bpfvm 0.1.2 and seccomp agree on: it has no TAX, TXA, NEG or comparison with X, counts words in LEN, and
/// stops the test where arithmetic overflows.
const SHARED_STATEMENTS: [u16; 14] = [
    op::LD_IMM,
    op::LD_ABS,
    op::LD_MEM,
    op::LDX_IMM,
    op::LDX_MEM,
    op::ST,
    op::STX,
    op::OR_K,
    op::OR_X,
    op::AND_K,
    op::AND_X,
    op::XOR_K,
    op::XOR_X,
    op::RSH_K,
];
const SHARED_JUMPS: [u16; 4] = [op::JEQ_K, op::JGT_K, op::JGE_K, op::JSET_K];

/// Words that programs are likely to compare equal with.
fn word() -> impl Strategy<Value = u32> {
    prop_oneof![0..4_u32, select(vec![0xc000_003e, 0x4000_0003, u32::MAX]), any::<u32>()]
}

fn statement(codes: &'static [u16]) -> impl Strategy<Value = Insn> {
    (select(codes), word()).prop_map(|(code, k)| match code {
        op::LD_ABS => Insn::statement(code, k % 16 * 4),
        op::LD_MEM | op::LDX_MEM | op::ST | op::STX => Insn::statement(code, k % 16),
        op::LSH_K | op::RSH_K => Insn::statement(code, k % 32),
        op::DIV_K => Insn::statement(code, k.max(1)),
        _ => Insn::statement(code, k),
    })
}

fn body(statements: &'static [u16], jumps: &'static [u16]) -> impl Strategy<Value = Vec<Insn>> {
    let jump = (select(jumps), word(), 0..6_u8, 0..6_u8).prop_map(|(code, k, jt, jf)| Insn::jump(code, k, jt, jf));
    let insn = prop_oneof![
        4 => statement(statements),
        4 => jump,
        1 => (0..6_u32).prop_map(|k| Insn::statement(op::JA, k)),
        1 => any::<u32>().prop_map(|k| Insn::statement(op::RET_K, k)),
        1 => Just(Insn::statement(op::RET_A, 0)),
    ];
    vec(insn, 0..60)
}

/// All scratch cells written first, then the body, then returns for the longest jump.
fn program(statements: &'static [u16], jumps: &'static [u16]) -> impl Strategy<Value = Program> {
    (body(statements, jumps), any::<u32>()).prop_map(|(body, verdict)| {
        let stores = (0..16).map(|cell| Insn::statement(op::ST, cell));
        let returns = [Insn::statement(op::RET_K, verdict); 7];
        Program::new(stores.chain(body).chain(returns).collect()).unwrap()
    })
}

fn data() -> impl Strategy<Value = SeccompData> {
    let wide = || (word(), word()).prop_map(|(high, low)| u64::from(high) << 32 | u64::from(low));
    let args = [wide(), wide(), wide(), wide(), wide(), wide()];
    (word(), word(), wide(), args).prop_map(|(nr, arch, instruction_pointer, args)| SeccompData {
        nr: nr.cast_signed(),
        arch,
        instruction_pointer,
        args,
    })
}

/// The other interpreter's verdict.
fn judged_by_bpfvm(program: &Program, data: &SeccompData) -> u32 {
    let translate = |insn: &Insn| libc::sock_filter {
        code: insn.code,
        jt: insn.jt,
        jf: insn.jf,
        k: insn.k,
    };
    let words: Vec<u32> = (0..64).step_by(4).map(|offset| data.word(offset).unwrap()).collect();
    BpfVM::new(&program.instructions().iter().map(translate).collect())
        .unwrap()
        .run(&words)
        .unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_program_ends_with_a_verdict(program in program(&STATEMENTS, &JUMPS), data in data()) {
        let verdict = program.evaluate(&data);
        prop_assert_eq!(Action::from_raw(verdict.raw()), verdict);
    }

    #[test]
    fn another_interpreter_agrees(program in program(&SHARED_STATEMENTS, &SHARED_JUMPS), data in data()) {
        prop_assert_eq!(program.evaluate(&data), Action::from_raw(judged_by_bpfvm(&program, &data)));
    }

    #[test]
    fn a_constant_verdict_is_the_verdict(program in program(&STATEMENTS, &JUMPS), data in data()) {
        if let Some(verdict) = program.constant_verdict(data.arch, data.nr.cast_unsigned()) {
            prop_assert_eq!(program.evaluate(&data), verdict);
        }
    }

    #[test]
    fn bytes_round_trip(program in program(&STATEMENTS, &JUMPS)) {
        prop_assert_eq!(Program::from_bytes(&program.to_bytes()).unwrap(), program);
    }

    #[test]
    fn random_bytes_are_a_program_or_an_error(bytes in vec(any::<u8>(), 0..200), data in data()) {
        if let Ok(program) = Program::from_bytes(&bytes) {
            program.evaluate(&data);
        }
    }

    #[test]
    fn broken_programs_are_refused(program in program(&STATEMENTS, &JUMPS), at in any::<prop::sample::Index>()) {
        let at = at.index(program.len());
        let distance = u32::try_from(program.len() - at - 1).unwrap();
        for broken in [
            Insn::statement(op::JA, distance),
            Insn::statement(op::LD_ABS, 64),
            Insn::statement(op::LD_MEM, 16),
            Insn::statement(op::DIV_K, 0),
            Insn::statement(0x94, 1),
        ] {
            let mut instructions = program.instructions().to_vec();
            instructions[at] = broken;
            prop_assert!(Program::new(instructions).is_err());
        }
        prop_assert!(Program::new(program.instructions()[..program.len() - 7].to_vec()).is_err()
            || matches!(program.instructions()[program.len() - 8].code, op::RET_K | op::RET_A));
    }

    #[test]
    fn notifying_changes_denials_only(program in program(&SHARED_STATEMENTS, &SHARED_JUMPS), data in data()) {
        if let Ok(notifying) = program.notifying_denials() {
            let original = program.evaluate(&data);
            let expected = if original.is_denial() { Action::Notify } else { original };
            prop_assert_eq!(notifying.evaluate(&data), expected);
        }
    }

    #[test]
    fn no_kill_is_left_where_denials_notify(program in program(&STATEMENTS, &JUMPS), data in data()) {
        if let Ok(notifying) = program.notifying_denials() {
            prop_assert!(!notifying.evaluate(&data).is_denial());
        }
    }

    #[test]
    fn the_guard_changes_no_other_call(program in program(&STATEMENTS, &JUMPS), data in data()) {
        prop_assume!(!matches!(data.nr, 317 | 354 | 277 | 383));
        prop_assert_eq!(program.refusing_listeners().unwrap().evaluate(&data), program.evaluate(&data));
    }
}
