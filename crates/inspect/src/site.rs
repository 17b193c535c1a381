//! What the site of a call is: the way from the system call to the code that asked for it.
//!
//! The instruction that enters the kernel is the C library's for all who call a function of it, so that the first function outside of its
//! module counts too. Where all is one module (static programs, Go) it is not known which functions are a library's, and the innermost
//! ones count: more of them in Go, whose library calls through more functions of its own. A place is a file and an offset in it, so that
//! it is the same in every process.

use notifyd_backtrace::{Backtrace, End, Frame};

/// Most functions that count.
const MOST: usize = 8;
/// How many count where the program itself enters the kernel.
const OF_A_PROGRAM: usize = 3;

/// A number for the site, never 0; None where its functions were not all found for lack of time.
pub fn site_of(backtrace: &Backtrace) -> Option<u64> {
    // Those that the compiler put into others are at the same place.
    let places: Vec<&Frame> = backtrace.frames.iter().filter(|frame| !frame.inlined).collect();
    let wanted = wanted(&places)?;
    if backtrace.end == End::Deadline && places.len() < wanted {
        return None;
    }
    let hash = places.into_iter().take(wanted).fold(FNV_START, place);
    Some(hash.max(1))
}

/// How many of the innermost functions count.
fn wanted(places: &[&Frame]) -> Option<usize> {
    let first = places.first()?;
    if is_library(&first.module) {
        let of_library = places.iter().take_while(|frame| frame.module == first.module);
        return Some((of_library.count() + 1).min(MOST));
    }
    Some(if is_of_go(first) { MOST } else { OF_A_PROGRAM })
}

/// `libc.so.6`, `ld-musl-x86_64.so.1`.
fn is_library(module: &str) -> bool {
    module.rsplit('/').next().is_some_and(|name| name.contains(".so"))
}

/// Whether it is a function through which Go enters the kernel.
fn is_of_go(first: &Frame) -> bool {
    let name = first.function.as_deref().unwrap_or_default();
    name.starts_with("syscall.") || name.contains("/syscall.")
}

const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

fn place(hash: u64, frame: &Frame) -> u64 {
    let file = frame.build_id.as_deref().unwrap_or(&frame.module);
    let bytes = file.bytes().chain(frame.offset.to_le_bytes());
    bytes.fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing)]
    use super::*;
    use notifyd_backtrace::Found;

    fn backtrace(places: &[(&str, u64)], end: End) -> Backtrace {
        let frame = |(module, offset): &(&str, u64)| Frame {
            module: (*module).to_owned(),
            build_id: None,
            offset: *offset,
            function: None,
            file: None,
            line: None,
            inlined: false,
            found: Found::Tables,
        };
        let frames = places.iter().map(frame).collect();
        Backtrace { frames, end }
    }

    fn site(places: &[(&str, u64)]) -> Option<u64> {
        site_of(&backtrace(places, End::Complete))
    }

    const LIBC: &str = "/lib/libc.so.6";

    #[test]
    fn the_caller_of_the_library_makes_the_site_and_the_callers_of_that_one_do_not() {
        let one = site(&[(LIBC, 1), ("app", 2), ("app", 3)]);
        assert!(one.is_some());
        assert_eq!(site(&[(LIBC, 1), ("app", 2), ("app", 9)]), one);
        assert_ne!(site(&[(LIBC, 1), ("app", 4), ("app", 3)]), one);
        assert_ne!(site(&[(LIBC, 5), ("app", 2), ("app", 3)]), one);
        assert_ne!(site(&[(LIBC, 1), ("other", 2)]), one);
        let deeper = [(LIBC, 1), (LIBC, 6), (LIBC, 7), (LIBC, 8), ("app", 2)];
        let mut elsewhere = deeper;
        elsewhere[4] = ("app", 3);
        assert_ne!(site(&deeper), one);
        assert_ne!(site(&deeper), site(&elsewhere));
    }

    #[test]
    fn of_a_program_that_enters_the_kernel_itself_the_innermost_functions_make_it() {
        let path = |callers: &[u64]| {
            let places: Vec<_> = callers.iter().map(|offset| ("app", *offset)).collect();
            site(&places)
        };
        let one = path(&[1, 2, 3, 4]);
        assert_eq!(path(&[1, 2, 3, 5, 6]), one);
        assert_ne!(path(&[1, 2, 4, 4]), one);
    }

    #[test]
    fn in_go_more_of_them_do() {
        let path = |callers: &[u64]| {
            let places: Vec<_> = callers.iter().map(|offset| ("app", *offset)).collect();
            let mut backtrace = backtrace(&places, End::Complete);
            backtrace.frames[0].function = Some("internal/runtime/syscall.Syscall6".to_owned());
            site_of(&backtrace)
        };
        let one = path(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(path(&[1, 2, 3, 4, 5, 6, 7, 8, 10, 11]), one);
        assert_ne!(path(&[1, 2, 3, 4, 5, 6, 7, 9, 9]), one);
    }

    #[test]
    fn a_way_that_was_not_followed_to_its_end_is_none() {
        let unfinished = |places: &[(&str, u64)]| site_of(&backtrace(places, End::Deadline));
        assert_eq!(unfinished(&[]), None);
        assert_eq!(unfinished(&[(LIBC, 1)]), None);
        assert_eq!(unfinished(&[("app", 1), ("app", 2)]), None);
        assert_eq!(unfinished(&[(LIBC, 1), ("app", 2)]), site(&[(LIBC, 1), ("app", 2)]));
    }

    #[test]
    fn what_the_compiler_put_into_another_function_is_at_the_place_of_that_one() {
        let mut inlined = backtrace(&[(LIBC, 1), ("app", 2), ("app", 2)], End::Complete);
        inlined.frames[1].inlined = true;
        assert_eq!(site_of(&inlined), site(&[(LIBC, 1), ("app", 2)]));
    }

    #[test]
    fn a_file_is_known_by_its_build_id_wherever_it_lies() {
        let mut one = backtrace(&[("/a/libc.so.6", 1), ("app", 2)], End::Complete);
        let mut other = backtrace(&[("/b/libc.so.6", 1), ("app", 2)], End::Complete);
        assert_ne!(site_of(&one), site_of(&other));
        for backtrace in [&mut one, &mut other] {
            backtrace.frames[0].build_id = Some("abcd".to_owned());
        }
        assert_eq!(site_of(&one), site_of(&other));
    }
}
