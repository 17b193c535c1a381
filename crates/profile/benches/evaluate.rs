//! Nanoseconds for one verdict of a program as large as Docker's: `cargo bench -p notifyd-profile --bench evaluate`.
//!
//! With a path behind `--`, of the profile in that file as Docker would resolve it.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]

use std::hint::black_box;
use std::time::Instant;

use notifyd_bpf::{AUDIT_ARCH_I386, AUDIT_ARCH_X86_64, Program, SeccompData};
use notifyd_profile::{Abi, Document, Facts, compile, name};

/// Short, so that many are not disturbed.
const ROUNDS: usize = 2001;
const REPETITIONS: u32 = 4;

/// Some numbers that Docker denies. A third of the calls have one: what a supervisor is asked about is denied.
const DENIED: [u32; 14] = [165, 166, 167, 168, 169, 175, 176, 246, 248, 249, 250, 298, 310, 321];

fn main() {
    let file = std::env::args().skip(1).find(|argument| !argument.starts_with('-'));
    let text = file.map_or_else(like_dockers, |path| std::fs::read_to_string(path).unwrap());
    let program = compiled(&text);
    println!("{} instructions", program.len());
    let calls = calls();
    report("calls of x86_64", &program, &calls);
    let narrow: Vec<SeccompData> = calls
        .iter()
        .map(|call| SeccompData {
            arch: AUDIT_ARCH_I386,
            ..*call
        })
        .collect();
    report("calls of x86", &program, &narrow);
}

fn compiled(text: &str) -> Program {
    let profile = Document::parse(text).unwrap().resolve(&docker()).unwrap();
    compile(&profile, Abi::X86_64).unwrap().program
}

fn docker() -> Facts {
    let mut facts = Facts::docker(Abi::X86_64);
    facts.kernel = Some("6.18".parse().unwrap());
    facts
}

/// What Docker's profile has: three architectures, all names but some allowed, and conditions on a few.
fn like_dockers() -> String {
    let conditional = [56, 135, 41];
    let names: Vec<String> = (0..450)
        .filter(|number| !DENIED.contains(number) && !conditional.contains(number))
        .filter_map(|number| name(AUDIT_ARCH_X86_64, number))
        .map(|name| format!("\"{name}\""))
        .collect();
    let personality =
        [0, 8, 0x2_0000, 0x2_0008, 0xffff_ffff_u32].map(|value| when("personality", value, 0, "SCMP_CMP_EQ"));
    format!(
        r#"{{"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,
            "architectures":["SCMP_ARCH_X86_64","SCMP_ARCH_X86","SCMP_ARCH_X32"],
            "syscalls":[{{"names":[{}],"action":"SCMP_ACT_ALLOW"}},{},{},{}]}}"#,
        names.join(","),
        personality.join(","),
        when("clone", 0x7e02_0000, 0, "SCMP_CMP_MASKED_EQ"),
        when("socket", 40, 0, "SCMP_CMP_NE"),
    )
}

fn when(name: &str, value: u32, value_two: u32, operator: &str) -> String {
    format!(
        r#"{{"names":["{name}"],"action":"SCMP_ACT_ALLOW",
            "args":[{{"index":0,"value":{value},"valueTwo":{value_two},"op":"{operator}"}}]}}"#
    )
}

/// Numbers from everywhere, in an order that a branch predictor does not learn.
fn calls() -> Vec<SeccompData> {
    let mut state = 1_u32;
    let number = |index: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let denied = DENIED.get(state as usize % (3 * DENIED.len())).copied();
        denied.unwrap_or(u32::try_from(index).unwrap() * 7 % 450)
    };
    let call = |number: u32| SeccompData {
        nr: number.cast_signed(),
        arch: AUDIT_ARCH_X86_64,
        instruction_pointer: 0x7fff_0000_1234,
        args: [u64::from(number) << 17, 1, 2, 3, 4, 5],
    };
    (0..1000).map(number).map(call).collect()
}

fn report(title: &str, program: &Program, calls: &[SeccompData]) {
    let mut rounds: Vec<f64> = (0..ROUNDS).map(|_| nanoseconds(program, calls)).collect();
    rounds.sort_by(f64::total_cmp);
    let [tenth, median] = [ROUNDS / 10, ROUNDS / 2].map(|at| rounds.get(at).copied().unwrap_or(0.0));
    println!("{title}: {median:.1} ns a verdict (median of {ROUNDS} rounds; a tenth took at most {tenth:.1})");
}

fn nanoseconds(program: &Program, calls: &[SeccompData]) -> f64 {
    let begun = Instant::now();
    for _ in 0..REPETITIONS {
        for call in calls {
            black_box(program.evaluate(black_box(call)));
        }
    }
    let count = f64::from(REPETITIONS) * f64::from(u32::try_from(calls.len()).unwrap());
    begun.elapsed().as_secs_f64() * 1e9 / count
}
