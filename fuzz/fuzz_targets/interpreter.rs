//! Bytes that become a valid program and a call: what is said of all calls holds for this one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notifyd_bpf::{Action, Coverage, Insn, Program, SeccompData, compared_arches, compared_numbers, op};

const CALL_BYTES: usize = 64;
const CODES: [u16; 41] = [
    op::LD_ABS,
    op::LD_IMM,
    op::LD_MEM,
    op::LD_LEN,
    op::LDX_IMM,
    op::LDX_MEM,
    op::LDX_LEN,
    op::ST,
    op::STX,
    op::TAX,
    op::TXA,
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
    op::JA,
    op::JEQ_K,
    op::JEQ_X,
    op::JGT_K,
    op::JGT_X,
    op::JGE_K,
    op::JGE_X,
    op::JSET_K,
    op::JSET_X,
    op::RET_K,
    op::RET_A,
];

fuzz_target!(|bytes: &[u8]| {
    let Some((call, rest)) = bytes.split_first_chunk::<CALL_BYTES>() else {
        return;
    };
    let (chunks, _) = rest.as_chunks::<8>();
    let Ok(program) = Program::new(valid(chunks)) else {
        return;
    };
    check(&program, &data(call));
});

fn data(bytes: &[u8; CALL_BYTES]) -> SeccompData {
    let (words, _) = bytes.as_chunks::<8>();
    let word = |index: usize| u64::from_ne_bytes(words[index]);
    SeccompData {
        nr: i32::from_ne_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]),
        arch: u32::from_ne_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
        instruction_pointer: word(1),
        args: std::array::from_fn(|index| word(index + 2)),
    }
}

/// Bends what would be refused. Cells are written first, and the end returns.
fn valid(chunks: &[[u8; 8]]) -> Vec<Insn> {
    let chunks = &chunks[..chunks.len().min(4096 - 17)];
    let stores = (0..16).map(|cell| Insn::statement(op::ST, cell));
    let body = chunks
        .iter()
        .enumerate()
        .map(|(at, chunk)| insn(*chunk, chunks.len() - at - 1));
    stores.chain(body).chain([Insn::statement(op::RET_A, 0)]).collect()
}

/// At most `longest` instructions are jumped over.
fn insn([code, _, jt, jf, k @ ..]: [u8; 8], longest: usize) -> Insn {
    let (code, k) = (CODES[usize::from(code) % CODES.len()], u32::from_ne_bytes(k));
    let near = |distance: u8| distance.min(u8::try_from(longest).unwrap_or(u8::MAX));
    let k = match code {
        op::LD_ABS => k % 16 * 4,
        op::LD_MEM | op::LDX_MEM | op::ST | op::STX => k % 16,
        op::LSH_K | op::RSH_K => k % 32,
        op::DIV_K => k.max(1),
        op::JA => k.min(u32::try_from(longest).unwrap_or(0)),
        _ => k,
    };
    Insn {
        code,
        jt: near(jt),
        jf: near(jf),
        k,
    }
}

fn check(program: &Program, data: &SeccompData) {
    let (verdict, number) = (program.evaluate(data), data.nr.cast_unsigned());
    if let Some(constant) = program.constant_verdict(data.arch, number) {
        assert_eq!(constant, verdict);
    }
    if let Ok(notifying) = program.notifying_denials() {
        let expected = if verdict.is_denial() { Action::Notify } else { verdict };
        assert_eq!(notifying.evaluate(data), expected);
    }
    if let Ok(guarded) = program.refusing_listeners()
        && ![317, 354, 277, 383].contains(&(number & 0xfff))
    {
        assert_eq!(guarded.evaluate(data), verdict);
    }
    assert!(!compared_arches(&[program]).is_empty());
    assert!(!compared_numbers(&[program], data.arch).is_empty());
    let coverage = Coverage::of(&[program], data.arch, number);
    // Nothing is looked at, so every call of the number has the verdict.
    if coverage.combinations() == 1 {
        let only = coverage.cells(1).next().expect("there is a call");
        assert_eq!(program.evaluate(&only), verdict);
    }
    assert!(
        coverage
            .cells(100)
            .all(|cell| (cell.arch, cell.nr) == (data.arch, data.nr))
    );
}
