//! What the backtrace of one thread that waits in a system call costs: `cargo run --release --example cost -p notifyd-backtrace -- TID`.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use notifyd_backtrace::{Capture, Error, Limits, TargetTid, Tracer};

const REPEATS: u32 = 200;

fn main() -> ExitCode {
    let Some(tid) = std::env::args().nth(1).and_then(|tid| tid.parse().ok()) else {
        eprintln!("cost: the id of a waiting thread is needed, in decimal digits");
        return ExitCode::from(2);
    };
    match measure(TargetTid(tid)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cost: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(tid: TargetTid) -> Result<(), Error> {
    let limits = Limits {
        time: Duration::from_secs(60),
        ..Limits::default()
    };
    let mut tracer = Tracer::new(limits);
    let started = Instant::now();
    let capture = Capture::of(tid, &limits)?;
    let first_capture = started.elapsed();
    let started = Instant::now();
    let backtrace = tracer.resolve(&capture);
    let first = started.elapsed();
    let captures = repeated(|| Capture::of(tid, &limits).is_ok());
    let later = repeated(|| tracer.resolve(&capture) == backtrace);
    for frame in &backtrace.frames {
        println!("{frame:?}");
    }
    let frames = backtrace.frames.len();
    println!("{frames} frames, {:?}", backtrace.end);
    println!("capture: first {first_capture:?}, later {captures:?}");
    println!("resolve: first {first:?}, later {later:?}");
    Ok(())
}

/// The mean of many.
fn repeated(work: impl FnMut() -> bool) -> Duration {
    let started = Instant::now();
    let same = std::iter::repeat_with(work)
        .take(REPEATS as usize)
        .filter(|same| *same)
        .count();
    debug_assert_eq!(u32::try_from(same), Ok(REPEATS));
    started.elapsed() / REPEATS
}
