//! What the kernel refuses, [`Program::new`] refuses.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

use notifyd_bpf::{Action, Error, Insn, Program, op};

const ALLOW: Insn = Insn::statement(op::RET_K, 0x7fff_0000);

fn refused(instructions: &[Insn]) -> Error {
    Program::new(instructions.to_vec()).unwrap_err()
}

#[test]
fn length_is_1_to_4096() {
    assert_eq!(refused(&[]), Error::Length { count: 0 });
    assert_eq!(refused(&[ALLOW; 4097]), Error::Length { count: 4097 });
    assert_eq!(Program::new(vec![ALLOW; 4096]).unwrap().len(), 4096);
    assert_eq!(Program::new(vec![ALLOW]).unwrap().len(), 1);
}

#[test]
fn opcodes_that_seccomp_does_not_take_are_refused() {
    // ld [x+0], ldh, ldb, ldx msh, mod, ret x: fine for sockets, not for seccomp.
    for code in [0x40, 0x28, 0x30, 0xb1, 0x94, 0x9c, 0x0e, 0xffff] {
        assert_eq!(
            refused(&[Insn::statement(code, 1), ALLOW]),
            Error::Opcode { at: 0, code },
            "{code:#x}"
        );
    }
}

#[test]
fn loads_stay_aligned_inside_seccomp_data() {
    for offset in [1, 2, 3, 62, 64, 0xffff_f000] {
        let load = Insn::statement(op::LD_ABS, offset);
        assert_eq!(refused(&[load, ALLOW]), Error::LoadOffset { at: 0, offset });
    }
    assert!(Program::new(vec![Insn::statement(op::LD_ABS, 60), ALLOW]).is_ok());
}

#[test]
fn jumps_stay_inside_the_program() {
    assert_eq!(
        refused(&[Insn::jump(op::JEQ_K, 0, 0, 1), ALLOW]),
        Error::Jump { at: 0, distance: 1 }
    );
    assert_eq!(
        refused(&[Insn::jump(op::JSET_X, 0, 255, 0), ALLOW]),
        Error::Jump { at: 0, distance: 255 }
    );
    assert_eq!(
        refused(&[Insn::statement(op::JA, 1), ALLOW]),
        Error::Jump { at: 0, distance: 1 }
    );
    assert_eq!(
        refused(&[Insn::statement(op::JA, u32::MAX), ALLOW]),
        Error::Jump {
            at: 0,
            distance: u32::MAX
        }
    );
    assert!(Program::new(vec![Insn::jump(op::JEQ_K, 0, 1, 0), ALLOW, ALLOW]).is_ok());
}

#[test]
fn last_instruction_returns() {
    assert_eq!(
        refused(&[ALLOW, Insn::statement(op::TAX, 0)]),
        Error::NoReturn { code: 7 }
    );
    assert!(matches!(refused(&[Insn::statement(op::JA, 0)]), Error::Jump { .. }));
    assert!(Program::new(vec![Insn::statement(op::RET_A, 0)]).is_ok());
}

#[test]
fn arithmetic_that_has_no_result_is_refused() {
    assert_eq!(
        refused(&[Insn::statement(op::DIV_K, 0), ALLOW]),
        Error::DivisionByZero { at: 0 }
    );
    assert_eq!(
        refused(&[Insn::statement(op::LSH_K, 32), ALLOW]),
        Error::Shift { at: 0, bits: 32 }
    );
    assert_eq!(
        refused(&[Insn::statement(op::RSH_K, 33), ALLOW]),
        Error::Shift { at: 0, bits: 33 }
    );
    assert!(
        Program::new(vec![
            Insn::statement(op::DIV_X, 0),
            Insn::statement(op::LSH_K, 31),
            ALLOW
        ])
        .is_ok()
    );
}

#[test]
fn scratch_cells_are_16() {
    for code in [op::ST, op::STX, op::LD_MEM, op::LDX_MEM] {
        assert_eq!(
            refused(&[Insn::statement(code, 16), ALLOW]),
            Error::ScratchCell { at: 0, cell: 16 }
        );
    }
}

#[test]
fn scratch_cells_are_written_before_they_are_read() {
    let read = Insn::statement(op::LD_MEM, 3);
    assert_eq!(refused(&[read, ALLOW]), Error::ScratchUnwritten { at: 0, cell: 3 });
    assert!(Program::new(vec![Insn::statement(op::ST, 3), read, ALLOW]).is_ok());
}

#[test]
fn scratch_cells_are_written_on_every_path() {
    let program = [
        Insn::jump(op::JEQ_K, 0, 0, 1),
        Insn::statement(op::ST, 3),
        Insn::statement(op::LDX_MEM, 3),
        ALLOW,
    ];
    assert_eq!(refused(&program), Error::ScratchUnwritten { at: 2, cell: 3 });
}

#[test]
fn bytes_end_at_an_instruction() {
    assert_eq!(Program::from_bytes(&[0; 13]), Err(Error::Bytes { count: 13 }));
    assert_eq!(Program::from_bytes(&[]), Err(Error::Length { count: 0 }));
    assert_eq!(Program::from_bytes(&[0; 8 * 4097]), Err(Error::Length { count: 4097 }));
}

#[test]
#[cfg(target_endian = "little")]
fn bytes_are_sock_filter() {
    let bytes = [
        0x15, 0x00, 0x01, 0x00, 0x3e, 0x00, 0x00, 0xc0, 6, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0xff, 0x7f,
    ];
    let program = Program::from_bytes(&bytes).unwrap();
    assert_eq!(
        program.instructions()[0],
        Insn {
            code: 0x15,
            jt: 1,
            jf: 0,
            k: 0xc000_003e
        }
    );
    assert_eq!(program.to_bytes(), bytes);
}

#[test]
fn denials_become_notifications() {
    let returns = [
        0x8000_0000,
        0,
        0x0005_0001,
        0x0003_0000,
        0x7ff0_0000,
        0x7ffc_0000,
        0x7fff_0000,
    ];
    let program = Program::new(returns.map(|k| Insn::statement(op::RET_K, k)).to_vec()).unwrap();
    assert!(!program.notifies());
    let notifying = program.notifying_denials().unwrap();
    assert!(notifying.notifies());
    let actions: Vec<Action> = notifying
        .instructions()
        .iter()
        .map(|insn| Action::from_raw(insn.k))
        .collect();
    let expected = [
        Action::Notify,
        Action::Notify,
        Action::Notify,
        Action::Trap(0),
        Action::Trace(0),
        Action::Log,
        Action::Allow,
    ];
    assert_eq!(actions, expected);
}

#[test]
fn restrictions_are_more_than_denials() {
    let returns = [
        0x8000_0000,
        0x0005_0001,
        0x0003_0007,
        0x7ff0_0000,
        0x7ffc_0000,
        0x7fff_0000,
    ];
    let program = Program::new(returns.map(|k| Insn::statement(op::RET_K, k)).to_vec()).unwrap();
    let notifying = program.notifying_restrictions().unwrap();
    let actions = notifying.instructions().iter().map(|insn| Action::from_raw(insn.k));
    let [notify, log, allow] = [Action::Notify, Action::Log, Action::Allow];
    assert!(actions.eq([notify, notify, notify, notify, log, allow]));
}

#[test]
fn computed_verdicts_cannot_be_made_to_notify() {
    let program = Program::new(vec![ALLOW, Insn::statement(op::RET_A, 0)]).unwrap();
    assert_eq!(program.notifying_denials(), Err(Error::ComputedVerdict { at: 1 }));
    assert!(program.notifies());
}

#[test]
fn divisions_that_may_kill_cannot_be_made_to_notify() {
    let word = Insn::statement(op::LD_ABS, 16);
    let to_x = Insn::statement(op::TAX, 0);
    let divide = Insn::statement(op::DIV_X, 0);
    let zero = |at| Err(Error::KillingDivision { at });
    let made = |instructions: &[Insn]| Program::new(instructions.to_vec()).unwrap().notifying_denials();
    assert_eq!(made(&[divide, ALLOW]), zero(0));
    assert_eq!(made(&[word, to_x, divide, ALLOW]), zero(2));
    assert_eq!(made(&[Insn::statement(op::LDX_IMM, 0), divide, ALLOW]), zero(1));
    // One of two ways leads to the division with zero.
    let one_way = [
        Insn::jump(op::JEQ_K, 0, 0, 1),
        Insn::statement(op::LDX_IMM, 2),
        divide,
        ALLOW,
    ];
    assert!(made(&one_way).is_ok(), "A is zero at the start");
    assert_eq!(made(&[&[word], &one_way[..]].concat()), zero(3));
}

#[test]
fn divisions_that_cannot_kill_may_be_made_to_notify() {
    let divide = Insn::statement(op::DIV_X, 0);
    let fine: [&[Insn]; 4] = [
        &[Insn::statement(op::LDX_IMM, 3), divide, ALLOW],
        &[Insn::statement(op::LDX_LEN, 0), divide, ALLOW],
        &[
            Insn::statement(op::LD_ABS, 0),
            Insn::statement(op::OR_K, 4),
            Insn::statement(op::TAX, 0),
            divide,
            ALLOW,
        ],
        &[ALLOW, divide, ALLOW],
    ];
    for instructions in fine {
        assert!(
            Program::new(instructions.to_vec()).unwrap().notifying_denials().is_ok(),
            "{instructions:?}"
        );
    }
}

#[test]
fn listing_names_fields_and_targets() {
    let program = Program::new(vec![
        Insn::statement(op::LD_ABS, 4),
        Insn::jump(op::JEQ_K, 0xc000_003e, 1, 0),
        Insn::statement(op::JA, 3),
        Insn::statement(op::LD_ABS, 24),
        Insn::statement(op::AND_X, 0),
        Insn::statement(op::RET_K, 0x0005_0026),
        ALLOW,
    ])
    .unwrap();
    let half = if cfg!(target_endian = "little") { "low" } else { "high" };
    let expected = format!(
        "   0: a = arch
   1: if a == 0xc000003e goto 3 else 2
   2: goto 6
   3: a = args[1].{half}
   4: a &= x
   5: return errno 38
   6: return allow
"
    );
    assert_eq!(program.to_string(), expected);
}
