//! Callers on arm64, by the records of frames that functions leave on the stack (AAPCS64, 6.4.6): each has the address of the caller's
//! record, which is 0 in the last one, and a return address, signed or not.
//!
//! A waiting thread shows neither its frame pointer nor the link register. So the first record is searched for; and who called the
//! function that enters the kernel, which mostly has none, follows from the call behind which the first record returns.
//!
//! Go keeps a function's record right below its stack pointer, so that the return address is the first word above; its first function of
//! all goes on where no call is.

use std::time::Instant;

use crate::arm64::{BYTES, STUB_BYTES, Target, call, stub_slot};
use crate::frame::End;
use crate::search::Code;

/// How much of a function is looked through for its call, in bytes.
const FUNCTION_BYTES: u64 = 4096;

/// The function that entered the kernel.
pub struct Innermost {
    /// An address in its code.
    pub inside: u64,
    /// Where its code starts, if that is known.
    pub start: Option<u64>,
    /// Whether the program is one in Go.
    pub in_go: bool,
}

/// Where the callers go on, the innermost first, and why there are no more.
pub fn callers(code: &mut Code<'_>, innermost: &Innermost, most: usize, deadline: Instant) -> (Vec<u64>, End) {
    let none = (Vec::new(), code.end_without_caller());
    let stack_pointer = code.capture.registers.stack_pointer;
    let below = stack_pointer.checked_sub(8).filter(|_| innermost.in_go);
    for record in below.into_iter().chain(code.capture.stack_addresses(stack_pointer)) {
        if Instant::now() >= deadline {
            return (Vec::new(), End::Deadline);
        }
        if let Some((mut returns, end)) = chain(code, record, innermost.in_go, most) {
            if let Some(missing) = returns
                .first()
                .and_then(|first| missing_caller(code, innermost, *first))
            {
                returns.insert(0, missing);
            }
            return (returns, end);
        }
    }
    none
}

/// The return addresses of a record and of all that it leads to; None where one of them is no record.
fn chain(code: &mut Code<'_>, mut record: u64, in_go: bool, most: usize) -> Option<(Vec<u64>, End)> {
    let capture = code.capture;
    let mut returns = Vec::new();
    loop {
        let next = capture.stack_word(record)?;
        let address = capture.stack_word(record.checked_add(8)?)? & capture.maps.address_bits();
        match call_behind(code, address) {
            Some(_) => returns.push(address),
            // The first function of a thread can have one that says that there is no caller.
            None if (next, address) == (0, 0) && !returns.is_empty() => return Some((returns, End::Complete)),
            None if next == 0 && in_go && capture.maps.code(address).is_some() => returns.push(address),
            None => return None,
        }
        if next == 0 {
            return Some((returns, End::Complete));
        }
        if returns.len() >= most {
            return Some((returns, End::Depth));
        }
        // Stacks grow towards lower addresses.
        if next <= record {
            return None;
        }
        if capture.stack_word(next).is_none() {
            return capture.stack_is_cut().then_some((returns, End::Stack));
        }
        record = next;
    }
}

/// The call that returns to an address.
fn call_behind(code: &mut Code<'_>, address: u64) -> Option<Target> {
    code.capture.maps.code(address)?;
    let from = address.checked_sub(BYTES)?;
    call(u32::from_le_bytes(code.read(from)?), from)
}

/// Where the function goes on that the call before `first` leads to, unless that is the innermost one.
fn missing_caller(code: &mut Code<'_>, innermost: &Innermost, first: u64) -> Option<u64> {
    let Target::Direct(called) = call_behind(code, first)? else {
        return None;
    };
    let function = behind_stub(code, called);
    if innermost.is_at(function) {
        return None;
    }
    // Of several calls nothing tells which it was.
    match calls_in(code, function, innermost).as_slice() {
        [only] => Some(*only),
        _ => function.checked_add(BYTES),
    }
}

/// Where a function goes on after its calls of the innermost one.
fn calls_in(code: &mut Code<'_>, function: u64, innermost: &Innermost) -> Vec<u64> {
    let end = function.saturating_add(FUNCTION_BYTES);
    let mut found = Vec::new();
    for at in (function..end).step_by(4) {
        let Some(instruction) = code.read(at).map(u32::from_le_bytes) else {
            break;
        };
        if let Some(Target::Direct(target)) = call(instruction, at)
            && innermost.is_at(behind_stub(code, target))
            && code.function_at(at).is_none_or(|start| start == function)
        {
            found.push(at + BYTES);
        }
    }
    found
}

fn behind_stub(code: &mut Code<'_>, address: u64) -> u64 {
    let stub: Option<[u8; STUB_BYTES]> = code.read(address);
    let word = stub.and_then(|stub| stub_slot(&stub, address));
    word.and_then(|word| code.capture.memory_word(word)).unwrap_or(address)
}

impl Innermost {
    fn is_at(&self, address: u64) -> bool {
        match self.start {
            Some(start) => address == start,
            None => self
                .inside
                .checked_sub(address)
                .is_some_and(|distance| distance < FUNCTION_BYTES),
        }
    }
}
