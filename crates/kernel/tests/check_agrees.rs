//! [`Program::new`] accepts what the kernel accepts, and nothing else.
//!
//! The kernel checks a program before it finds that the caller has a listener already. So a child with a listener can
//! ask about any number of programs without getting one: EBUSY is yes, EINVAL is no.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

mod support;

use std::sync::atomic::Ordering;

use notifyd_bpf::{Insn, Program, op};

use support::child::{Ended, Raw, Results, in_child};
use support::programs::{Random, instruction, valid};

const PROGRAMS: usize = 200_000;
const BATCH: usize = 5000;
const ALLOW: Insn = Insn::statement(op::RET_K, 0x7fff_0000);
const ACCEPTED: i64 = -16;
const REFUSED: i64 = -22;

/// A program with up to three mistakes, any of which may be none.
fn mutated(random: &mut Random) -> Vec<Insn> {
    let mut program = valid(random, 12);
    for _ in 0..random.below(4) {
        mutate(&mut program, random);
    }
    program
}

fn mutate(program: &mut Vec<Insn>, random: &mut Random) {
    let length = u32::try_from(program.len()).unwrap();
    if length == 0 {
        return;
    }
    // Behind the stores more often: what is before them is the same in all.
    let at = (length - 1 - random.below(length).min(random.below(length))) as usize;
    let other = random.below(length) as usize;
    match random.below(12) {
        0 => program[at].code = u16::try_from(random.below(0x100)).unwrap(),
        1 => program[at].code = u16::try_from(random.word() & 0xffff).unwrap(),
        2 => program[at].code ^= 1 << random.below(16),
        3 => program[at].k = random.likely(),
        4 => program[at].k = random.of(&[15, 16, 17, 31, 32, 33, 60, 61, 62, 63, 64, 65]),
        5 => program[at].k = (length - at_word(at)).wrapping_sub(random.below(3)),
        6 => program[at].jt = random.byte(256),
        7 => program[at].jf = u8::try_from((length - at_word(at)).min(255)).unwrap(),
        8 => program.truncate(at),
        9 => drop(program.remove(at)),
        10 => program.swap(at, other),
        _ => program[at] = instruction(random),
    }
}

fn at_word(at: usize) -> u32 {
    u32::try_from(at).unwrap()
}

/// The kernel's answer for each program.
fn asked(programs: &[Vec<Insn>]) -> Vec<i64> {
    let allow_all = Raw::new(&[ALLOW]);
    let raw: Vec<Raw> = programs.iter().map(|program| Raw::new(program)).collect();
    let results = Results::new(raw.len());
    let ended = in_child(|| {
        // Refused with EBUSY where the tests themselves run under a listener, which does as well.
        allow_all.install(libc::SECCOMP_FILTER_FLAG_NEW_LISTENER);
        for (program, result) in raw.iter().zip(results.all()) {
            result.store(
                program.install(libc::SECCOMP_FILTER_FLAG_NEW_LISTENER),
                Ordering::Relaxed,
            );
        }
    });
    assert_eq!(ended, Ended::Exited(0));
    results
        .all()
        .iter()
        .map(|result| result.load(Ordering::Relaxed))
        .collect()
}

/// How many programs were accepted by both.
fn compare(programs: &[Vec<Insn>]) -> usize {
    let mut accepted = 0;
    for (program, answer) in programs.iter().zip(asked(programs)) {
        let checked = Program::new(program.clone());
        let expected = if checked.is_ok() { ACCEPTED } else { REFUSED };
        assert_eq!(answer, expected, "{checked:?} {program:x?}");
        accepted += usize::from(checked.is_ok());
    }
    accepted
}

#[test]
fn the_check_agrees_with_the_kernel_on_mutated_programs() {
    let mut random = Random(1);
    let mut accepted = 0;
    for _ in 0..PROGRAMS / BATCH {
        let programs: Vec<Vec<Insn>> = (0..BATCH).map(|_| mutated(&mut random)).collect();
        accepted += compare(&programs);
    }
    // Neither all nor none.
    assert!((PROGRAMS / 10..PROGRAMS * 9 / 10).contains(&accepted), "{accepted}");
}

#[test]
fn the_check_agrees_with_the_kernel_on_lengths() {
    let lengths = [0, 1, 2, 255, 256, 257, 4095, 4096, 4097, 5000, 65535];
    let programs = lengths.map(|length| vec![ALLOW; length]);
    assert_eq!(compare(&programs), 7);
}

#[test]
fn the_check_agrees_with_the_kernel_on_every_opcode() {
    let with = |code: u16, k: u32| {
        let store = Insn::statement(op::ST, 1);
        vec![store, Insn { code, jt: 0, jf: 1, k }, ALLOW, ALLOW]
    };
    let programs = |last, k| -> Vec<Vec<Insn>> { (0..=last).map(|code| with(code, k)).collect() };
    // All that seccomp takes but LD_ABS, whose offset must be a multiple of 4.
    assert_eq!(compare(&programs(u16::MAX, 1)), 40);
    for k in [0, 4, 31, 32, 60, 64] {
        compare(&programs(0x1ff, k));
    }
}
