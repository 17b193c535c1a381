//! Return addresses on the stack, for where no table tells the caller: code without unwind tables (musl), and functions that keep
//! their frame by a register that a waiting thread does not show.

use crate::call_site::{BYTES, STUB_BYTES, Target, call_before, jumps, stub_slot};
use crate::capture::Capture;
use crate::frame::End;
use crate::modules::Modules;

/// How many calls to one function are tried: stale ones lie in memory that a function did not write yet.
const TRIED_OF_A_FIT: usize = 8;
/// How many calls to other functions are looked at for a jump on from there.
const JUMPS_LOOKED_AT: usize = 64;
/// How much of such a function is looked at, in bytes.
const JUMP_BYTES: usize = 256;
/// How far before a place a function of unknown start may begin, in bytes.
const NEAR_BYTES: u64 = 4096;

/// A word of the stack that holds the address behind a call instruction.
#[derive(Clone, Copy, Debug)]
pub struct ReturnSlot {
    /// Where it lies.
    pub slot: u64,
    /// The address that it holds.
    pub address: u64,
    /// Where that call leads; `None` where a register told.
    target: Option<u64>,
}

/// How well a call fits the function that was called; the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// It calls that very function.
    Exact,
    /// It calls a function that can jump to this one.
    Jump,
    /// It calls code right before the place in a function of unknown start, or a function that can jump there.
    Near,
    /// It may.
    Plausible,
    /// It calls another function.
    Elsewhere,
}

/// The function whose caller is looked for.
pub struct Called {
    /// Where its frame begins.
    pub from: u64,
    /// An address in its code.
    pub inside: u64,
    /// Where its code starts, if that is known.
    pub start: Option<u64>,
}

/// All return slots of a stack.
#[derive(Debug)]
pub struct ReturnSlots(Vec<ReturnSlot>);

impl ReturnSlots {
    pub fn collect(code: &mut Code<'_>) -> Self {
        let capture = code.capture;
        let from = capture.registers.stack_pointer;
        let slot = |slot: u64| {
            let address = capture.stack_word(slot)?;
            capture.maps.code(address)?;
            let before: [u8; BYTES] = code.read(address.checked_sub(BYTES as u64)?)?;
            let call = call_before(&before, address)?;
            let target = code.target(call);
            Some(ReturnSlot { slot, address, target })
        };
        Self(capture.stack_addresses(from).filter_map(slot).collect())
    }

    /// What to try for the caller of a function: better fits first, then what lies nearer.
    pub fn candidates(&self, called: &Called, search: &mut Code<'_>) -> Vec<(ReturnSlot, Fit)> {
        let above = self.0.iter().filter(|slot| slot.slot >= called.from);
        let mut jumps_left = JUMPS_LOOKED_AT;
        let mut fit = |slot: &ReturnSlot| {
            let Some(target) = slot.target else {
                return Fit::Plausible;
            };
            if called.is_at(target) {
                return called.fit(Fit::Exact);
            }
            jumps_left = jumps_left.saturating_sub(1);
            if jumps_left > 0 && search.jumps_to(target, called) {
                return called.fit(Fit::Jump);
            }
            Fit::Elsewhere
        };
        let ranked: Vec<_> = above.map(|slot| (*slot, fit(slot))).collect();
        let of = |rank| {
            let fitting = ranked.iter().filter(move |(_, fit)| *fit == rank);
            fitting.take(TRIED_OF_A_FIT).copied()
        };
        [Fit::Exact, Fit::Jump, Fit::Near, Fit::Plausible, Fit::Elsewhere]
            .into_iter()
            .flat_map(of)
            .collect()
    }

    /// The slot at an address.
    pub fn at(&self, slot: u64) -> Option<ReturnSlot> {
        let index = self.0.binary_search_by_key(&slot, |found| found.slot).ok()?;
        self.0.get(index).copied()
    }
}

impl Called {
    /// Whether the function may start at an address.
    fn is_at(&self, address: u64) -> bool {
        match self.start {
            Some(start) => address == start,
            None => {
                let distance = self.inside.checked_sub(address);
                distance.is_some_and(|distance| distance < NEAR_BYTES)
            }
        }
    }

    fn fit(&self, of_known_start: Fit) -> Fit {
        if self.start.is_some() {
            of_known_start
        } else {
            Fit::Near
        }
    }
}

/// The code of the target.
pub struct Code<'a> {
    pub capture: &'a Capture,
    pub modules: &'a mut Modules,
}

impl Code<'_> {
    /// Where a call leads in the end: through a stub of its module, and the word that the stub reads.
    fn target(&mut self, call: Target) -> Option<u64> {
        match call {
            Target::Register => None,
            Target::Through(word) => self.capture.memory_word(word),
            Target::Direct(address) => Some(self.behind_stub(address)),
        }
    }

    fn behind_stub(&mut self, address: u64) -> u64 {
        let stub: Option<[u8; STUB_BYTES]> = self.read(address);
        let word = stub.and_then(|stub| stub_slot(&stub, address));
        word.and_then(|word| self.capture.memory_word(word)).unwrap_or(address)
    }

    /// Whether the code at `from` has a jump to the function.
    fn jumps_to(&mut self, from: u64, called: &Called) -> bool {
        let code: Option<[u8; JUMP_BYTES]> = self.read(from);
        let destinations: Vec<u64> = code.map(|code| jumps(&code, from).collect()).unwrap_or_default();
        let is_there = |address: &u64| called.is_at(*address);
        destinations.iter().any(is_there) || destinations.iter().any(|stub| called.is_at(self.behind_stub(*stub)))
    }

    /// Why nothing is found where nothing is found.
    pub fn end_without_caller(&self) -> End {
        if self.capture.stack_is_cut() {
            End::Stack
        } else {
            End::NoCaller
        }
    }

    /// Where the function starts that has the code at an address, if that is known.
    pub fn function_at(&mut self, address: u64) -> Option<u64> {
        let place = self.modules.locate(self.capture, address)?;
        Some(place.function_start()?.wrapping_add(place.bias))
    }

    /// Whether the code at an address is a Go program's.
    pub fn is_go(&mut self, address: u64) -> bool {
        let place = self.modules.locate(self.capture, address);
        place.is_some_and(|place| place.module.is_some_and(|module| module.go().is_some()))
    }

    /// As the file has it, or as it lies in memory where there is no file.
    pub fn read<const N: usize>(&mut self, address: u64) -> Option<[u8; N]> {
        let place = self.modules.locate(self.capture, address)?;
        let bytes = match place.module {
            Some(module) => module.elf.mapped(place.address, N as u64, N)?,
            None => {
                let words = (0..N as u64).step_by(8);
                let word = |at: u64| self.capture.memory_word(address.checked_add(at)?);
                words.map_while(word).flat_map(u64::to_le_bytes).collect()
            }
        };
        bytes.try_into().ok()
    }
}
