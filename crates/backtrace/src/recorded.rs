//! Callers of what is no thread of this machine: a file of code and bytes of a stack, for tests and for the fuzzer.

use std::path::Path;
use std::time::Duration;

use crate::capture::Capture;
use crate::frame::Backtrace;
use crate::limits::Limits;
use crate::maps::Maps;
use crate::proc_files::Handle;
use crate::registers::Registers;
use crate::tracer::Tracer;

const STACK_POINTER: u64 = 0x55_0080_05c0;
const MAPS: &str = "\
00400000-00401000 r-xp 00000000 08:01 11 /recorded
5500800000-5500801000 rw-p 00000000 00:00 0 [stack]";

/// The functions that were active in a program that consists of one file, mapped at 4 MiB. None where that cannot be opened.
#[doc(hidden)]
#[must_use]
pub fn trace_recorded(file: &Path, program_counter: u64, stack: Vec<u8>) -> Option<Backtrace> {
    let registers = Registers {
        stack_pointer: STACK_POINTER,
        program_counter,
    };
    let stack = (STACK_POINTER, stack);
    let capture = Capture::recorded(registers, Maps::parse(MAPS), stack, Handle::of(file)?);
    let limits = Limits {
        time: Duration::from_secs(60),
        ..Limits::default()
    };
    Some(Tracer::new(limits).resolve(&capture))
}
/// Programs for arm64; `tests/recorded/chain.c` says how their stacks were recorded.
#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test may panic")]

    use std::path::PathBuf;
    use std::time::Instant;

    use super::*;
    use crate::frame::{End, Found};
    use crate::frame_records::{Innermost, callers};
    use crate::modules::Modules;
    use crate::search::Code;

    const CHAIN: [&str; 6] = ["chroot", "innermost", "with_array", "outer", "main", "_start"];

    fn recorded(name: &str) -> PathBuf {
        [env!("CARGO_MANIFEST_DIR"), "tests/recorded", name].iter().collect()
    }

    fn stack(name: &str) -> Vec<u8> {
        std::fs::read(recorded(&format!("{name}.stack"))).unwrap()
    }

    fn trace(name: &str, program_counter: u64, stack: Vec<u8>) -> Backtrace {
        trace_recorded(&recorded(name), program_counter, stack).unwrap()
    }

    fn names(backtrace: &Backtrace) -> Vec<&str> {
        let frames = backtrace.frames.iter();
        frames.map(|frame| frame.function.as_deref().unwrap_or("?")).collect()
    }

    #[test]
    fn callers_on_arm64_are_found_by_their_frame_records() {
        let backtrace = trace("arm64-chain", 0x40_014c, stack("arm64-chain"));
        assert_eq!(names(&backtrace), CHAIN, "{backtrace:#?}");
        assert_eq!(backtrace.end, End::Complete);
        let offsets: Vec<u64> = backtrace.frames.iter().map(|frame| frame.offset).collect();
        // As the registers were: the link register, which nobody could see, said 0x40015c.
        assert_eq!(
            offsets,
            [0x40_014c, 0x40_015c, 0x40_0194, 0x40_01c0, 0x40_0124, 0x40_013c]
        );
        let found: Vec<Found> = backtrace.frames.iter().map(|frame| frame.found).collect();
        assert_eq!(found[0], Found::Kernel);
        assert!(found[1..].iter().all(|found| *found == Found::Search));
    }

    #[test]
    fn signed_return_addresses_lead_to_the_same_functions() {
        let signed = stack("arm64-chain-signed");
        assert!(signed[14..16] != [0, 0], "the first return address is signed");
        let backtrace = trace("arm64-chain-signed", 0x40_01dc, signed);
        assert_eq!(names(&backtrace), CHAIN, "{backtrace:#?}");
        assert_eq!(backtrace.frames[1].offset, 0x40_01f0);
        assert_eq!(backtrace.end, End::Complete);
    }

    #[test]
    fn records_that_lead_nowhere_or_back_are_none() {
        let whole = stack("arm64-chain");
        let with = |at: usize, word: u64| {
            let mut changed = whole.clone();
            changed[at..at + 8].copy_from_slice(&word.to_le_bytes());
            trace("arm64-chain", 0x40_014c, changed)
        };
        // The first record's way to the next one: to itself, downwards, beyond the stack.
        for next in [STACK_POINTER, STACK_POINTER - 16, u64::MAX, 1] {
            let backtrace = with(0, next);
            // The records above it are whole, and `with_array` is who called `innermost`.
            assert_eq!(
                names(&backtrace)[2..],
                ["outer", "main", "_start"],
                "{next:#x}: {backtrace:#?}"
            );
        }
        // The last one says where _start goes on; without it nothing leads to an end.
        let backtrace = with(168, 0x40_0000);
        assert_eq!(names(&backtrace), ["chroot"]);
        assert_eq!(backtrace.end, End::NoCaller);
        assert_eq!(names(&trace("arm64-chain", 0x40_014c, Vec::new())), ["chroot"]);
    }

    /// The stack of functions as Go compiles them: the record of each lies right below its stack pointer.
    #[test]
    fn in_go_the_first_record_lies_below_the_stack_pointer_and_the_last_one_returns_behind_no_call() {
        let outermost = STACK_POINTER + 32;
        // Where `with_array` goes on, and the start of all code.
        let words = [0, outermost, 0x40_0194, 0, 0, 0, 0, 0x40_0110];
        let stack = words.iter().flat_map(|word: &u64| word.to_le_bytes()).collect();
        let registers = Registers {
            stack_pointer: STACK_POINTER,
            program_counter: 0x40_014c,
        };
        let file = Handle::of(&recorded("arm64-chain")).unwrap();
        let capture = Capture::recorded(registers, Maps::parse(MAPS), (STACK_POINTER - 16, stack), file);
        let found = |in_go| {
            let mut code = Code {
                capture: &capture,
                modules: &mut Modules::new(1),
            };
            let innermost = Innermost {
                inside: 0x40_014b,
                start: code.function_at(0x40_014b),
                in_go,
            };
            callers(&mut code, &innermost, 64, Instant::now() + Duration::from_secs(60))
        };
        assert_eq!(found(true), (vec![0x40_015c, 0x40_0194, 0x40_0110], End::Complete));
        assert_eq!(found(false), (vec![], End::NoCaller));
    }
}
