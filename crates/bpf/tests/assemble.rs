//! Programs that are assembled here.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use notifyd_bpf::{
    AUDIT_ARCH_AARCH64, AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Action, Denied, Error, Insn, Program, SeccompData, Subcall,
    X32_SYSCALL_BIT, deny_list, op,
};

const DENIED: Action = Action::Errno(1);

fn numbers(arch: u32, numbers: &[u32]) -> Denied {
    Denied {
        arch,
        numbers: numbers.to_vec(),
        subcalls: Vec::new(),
    }
}

fn verdict(program: &Program, arch: u32, number: u32, args: [u64; 2]) -> Action {
    let [first, second] = args;
    let nr = number.cast_signed();
    program.evaluate(&SeccompData {
        nr,
        arch,
        instruction_pointer: 0,
        args: [first, second, 0, 0, 0, 0],
    })
}

#[test]
fn everything_notifies_but_the_return_from_a_handler() {
    let program = Program::notifying_everything();
    assert_eq!(Program::new(program.instructions().to_vec()).as_ref(), Ok(&program));
    let returns = [
        (AUDIT_ARCH_X86_64, [15, 513 | X32_SYSCALL_BIT]),
        (AUDIT_ARCH_I386, [119, 173]),
        (AUDIT_ARCH_AARCH64, [139, 139]),
    ];
    for (arch, numbers) in returns {
        let all = (0..600).flat_map(|number| [number, number | X32_SYSCALL_BIT]);
        let allowed: Vec<u32> = all
            .filter(|&number| verdict(&program, arch, number, [0, 0]) != Action::Notify)
            .collect();
        let expected: std::collections::BTreeSet<u32> = numbers.into_iter().collect();
        assert_eq!(allowed, Vec::from_iter(expected), "{arch:#x}");
        assert!(
            numbers
                .iter()
                .all(|&number| verdict(&program, arch, number, [0, 0]) == Action::Allow)
        );
    }
    assert_eq!(
        verdict(&program, 0, 15, [0, 0]),
        Action::Notify,
        "of no architecture that is known"
    );
}

#[test]
fn runs_of_numbers_become_ranges() {
    let program = deny_list(&[numbers(AUDIT_ARCH_X86_64, &[9, 85, 83, 84, 83])], DENIED).unwrap();
    let deny = Insn::statement(op::RET_K, 0x0005_0001);
    let allow = Insn::statement(op::RET_K, 0x7fff_0000);
    let expected = [
        Insn::statement(op::LD_ABS, 4),
        Insn::jump(op::JEQ_K, 0xc000_003e, 1, 0),
        Insn::statement(op::JA, 7),
        Insn::statement(op::LD_ABS, 0),
        Insn::jump(op::JEQ_K, 9, 0, 1),
        deny,
        Insn::jump(op::JGE_K, 83, 0, 2),
        Insn::jump(op::JGT_K, 85, 1, 0),
        deny,
        allow,
        allow,
    ];
    assert_eq!(program.instructions(), expected);
}

#[test]
fn listed_numbers_are_denied_on_their_architecture_only() {
    let rules = [
        numbers(AUDIT_ARCH_X86_64, &[0, 83, 84, 85, 83 | X32_SYSCALL_BIT, u32::MAX]),
        numbers(AUDIT_ARCH_I386, &[39]),
        numbers(AUDIT_ARCH_X86_64, &[200]),
    ];
    let program = deny_list(&rules, DENIED).unwrap();
    let denied = |arch, number| verdict(&program, arch, number, [0, 0]) == DENIED;
    for number in [0, 83, 84, 85, 200, 83 | X32_SYSCALL_BIT, u32::MAX] {
        assert!(denied(AUDIT_ARCH_X86_64, number), "{number}");
        assert!(!denied(AUDIT_ARCH_I386, number), "{number}");
        assert!(!denied(AUDIT_ARCH_AARCH64, number), "{number}");
    }
    for number in [1, 39, 82, 86, 199, 201, 84 | X32_SYSCALL_BIT, u32::MAX - 1] {
        assert!(!denied(AUDIT_ARCH_X86_64, number), "{number}");
    }
    assert!(denied(AUDIT_ARCH_I386, 39));
}

#[test]
fn subcalls_are_denied_by_the_bits_that_the_kernel_reads() {
    let subcalls = vec![
        Subcall {
            number: 102,
            mask: u32::MAX,
            value: 1,
        },
        Subcall {
            number: 117,
            mask: 0xffff,
            value: 21,
        },
        Subcall {
            number: 117,
            mask: 0xffff,
            value: 22,
        },
    ];
    let program = deny_list(
        &[Denied {
            arch: AUDIT_ARCH_I386,
            numbers: vec![359],
            subcalls,
        }],
        DENIED,
    )
    .unwrap();
    let denied = |number, first| verdict(&program, AUDIT_ARCH_I386, number, [first, 0]) == DENIED;
    assert!(denied(102, 1) && denied(359, 77) && denied(117, 21) && denied(117, 22) && denied(117, 0x1_0015));
    assert!(!denied(102, 2) && !denied(102, 0x1_0001) && !denied(117, 1) && !denied(103, 1));
}

#[test]
fn every_call_of_three_abis_fits() {
    let scattered = |limit: u32, bit: u32| (0..limit).step_by(2).map(move |number| number | bit);
    let wide: Vec<u32> = scattered(600, 0).chain(scattered(600, X32_SYSCALL_BIT)).collect();
    let narrow: Vec<u32> = scattered(600, 0).collect();
    let program = deny_list(
        &[numbers(AUDIT_ARCH_X86_64, &wide), numbers(AUDIT_ARCH_I386, &narrow)],
        DENIED,
    )
    .unwrap();
    assert_eq!(program.len(), 1810);
    assert_eq!(
        verdict(&program, AUDIT_ARCH_X86_64, 598 | X32_SYSCALL_BIT, [0, 0]),
        DENIED
    );
    assert_eq!(verdict(&program, AUDIT_ARCH_I386, 0, [0, 0]), DENIED);
}

#[test]
fn more_than_the_kernel_takes_is_refused() {
    let every_second: Vec<u32> = (0..5000).step_by(2).collect();
    let refused = deny_list(&[numbers(AUDIT_ARCH_X86_64, &every_second)], DENIED);
    assert_eq!(refused, Err(Error::Length { count: 5006 }));
}

#[test]
fn guard_refuses_a_new_listener_on_every_abi() {
    let guarded = Program::new(vec![Insn::statement(op::RET_K, 0x7fff_0000)])
        .unwrap()
        .refusing_listeners()
        .unwrap();
    let numbers = [
        (AUDIT_ARCH_X86_64, 317),
        (AUDIT_ARCH_X86_64, 0x4000_013d),
        (AUDIT_ARCH_I386, 354),
        (AUDIT_ARCH_AARCH64, 277),
        (0x4000_0028, 383),
    ];
    for (arch, number) in numbers {
        assert_eq!(
            verdict(&guarded, arch, number, [1, 8]),
            Action::Errno(16),
            "{arch:#x} {number}"
        );
        assert_eq!(
            verdict(&guarded, arch, number, [1, 0x39]),
            Action::Errno(16),
            "{arch:#x} {number}"
        );
        assert_eq!(
            verdict(&guarded, arch, number, [1, 0x37]),
            Action::Allow,
            "{arch:#x} {number}"
        );
        assert_eq!(
            verdict(&guarded, arch, number + 1, [1, 8]),
            Action::Allow,
            "{arch:#x} {number}"
        );
    }
}

#[test]
fn guard_leaves_a_call_that_never_runs() {
    let program = deny_list(
        &[numbers(AUDIT_ARCH_X86_64, &[317]), numbers(AUDIT_ARCH_I386, &[354])],
        DENIED,
    )
    .unwrap();
    let guarded = program.notifying_denials().unwrap().refusing_listeners().unwrap();
    assert_eq!(verdict(&guarded, AUDIT_ARCH_X86_64, 317, [1, 8]), Action::Notify);
    assert_eq!(verdict(&guarded, AUDIT_ARCH_I386, 354, [1, 8]), Action::Notify);
    assert_eq!(
        verdict(&guarded, AUDIT_ARCH_X86_64, 0x4000_013d, [1, 8]),
        Action::Errno(16)
    );
}

#[test]
fn guard_keeps_every_other_verdict() {
    let accumulator_at_zero = Program::new(vec![
        Insn::jump(op::JEQ_K, 0, 0, 1),
        Insn::statement(op::RET_K, 0x0005_0007),
        Insn::statement(op::RET_K, 0x7fff_0000),
    ]);
    let guarded = accumulator_at_zero.unwrap().refusing_listeners().unwrap();
    for (arch, number) in [(AUDIT_ARCH_X86_64, 1), (AUDIT_ARCH_I386, 354), (77, 3)] {
        assert_eq!(verdict(&guarded, arch, number, [0, 0]), Action::Errno(7));
    }
}
