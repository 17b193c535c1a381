//! What the site of a call is: the way from the system call to the code that asked for it.
//!
//! The instruction that enters the kernel is the C library's for all who call a function of it, so that the first function outside of its
//! module counts too. Where all is one module (static programs, Go) it is not known which functions are a library's, and the innermost
//! ones count. A place is a file and an offset in it, so that it is the same in every process.

use notifyd_backtrace::{Backtrace, End, Frame};

/// Most functions that count.
const INNERMOST: usize = 8;

/// A number for the site, never 0; None where its functions were not all found for lack of time.
pub fn site_of(backtrace: &Backtrace) -> Option<u64> {
    // Those that the compiler put into others are at the same place.
    let places = || backtrace.frames.iter().filter(|frame| !frame.inlined).take(INNERMOST);
    let first = places().next()?;
    let inner = places().take_while(|frame| frame.module == first.module).count();
    let found = places().count();
    if backtrace.end == End::Deadline && inner == found && found < INNERMOST {
        return None;
    }
    let hash = places().take(inner + 1).fold(FNV_START, place);
    Some(hash.max(1))
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

    #[test]
    fn the_caller_of_the_library_makes_the_site_and_the_callers_of_that_one_do_not() {
        let one = site(&[("libc", 1), ("app", 2), ("app", 3)]);
        assert!(one.is_some());
        assert_eq!(site(&[("libc", 1), ("app", 2), ("app", 9)]), one);
        assert_ne!(site(&[("libc", 1), ("app", 4), ("app", 3)]), one);
        assert_ne!(site(&[("libc", 5), ("app", 2), ("app", 3)]), one);
        assert_ne!(site(&[("libc", 1), ("other", 2)]), one);
        assert_ne!(site(&[("libc", 1), ("libc", 6), ("app", 2)]), one);
    }

    #[test]
    fn in_one_module_the_innermost_functions_make_it() {
        let path = |callers: &[u64]| {
            let places: Vec<_> = callers.iter().map(|offset| ("app", *offset)).collect();
            site(&places)
        };
        let one = path(&[1, 2, 3, 4, 5, 6, 7, 8, 9]);
        assert_eq!(path(&[1, 2, 3, 4, 5, 6, 7, 8, 10, 11]), one);
        assert_ne!(path(&[1, 2, 3, 4, 5, 6, 7, 9, 9]), one);
    }

    #[test]
    fn a_way_that_was_not_followed_to_its_end_is_none() {
        let unfinished = |places: &[(&str, u64)]| site_of(&backtrace(places, End::Deadline));
        assert_eq!(unfinished(&[]), None);
        assert_eq!(unfinished(&[("libc", 1)]), None);
        assert_eq!(unfinished(&[("libc", 1), ("app", 2)]), site(&[("libc", 1), ("app", 2)]));
    }

    #[test]
    fn a_file_is_known_by_its_build_id_wherever_it_lies() {
        let mut one = backtrace(&[("/a/libc", 1), ("app", 2)], End::Complete);
        let mut other = backtrace(&[("/b/libc", 1), ("app", 2)], End::Complete);
        assert_ne!(site_of(&one), site_of(&other));
        for backtrace in [&mut one, &mut other] {
            for frame in backtrace.frames.iter_mut().take(1) {
                frame.build_id = Some("abcd".to_owned());
            }
        }
        assert_eq!(site_of(&one), site_of(&other));
    }
}
