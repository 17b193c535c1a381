//! What is written before a container is killed, where people look afterwards: its standard error, which the engine's logs
//! show, and the file from which the kubelet reads why a container ended.
//!
//! Both lie in the hands of a container that we are about to kill. So neither is waited for beyond a bound, and nothing is
//! written that the container itself could not have written.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use rustix::pipe::PIPE_BUF;

use crate::identity::Init;
use crate::standard_error;
use crate::termination_file;

/// How long a full pipe or terminal may take to be read by somebody.
const PATIENCE: Duration = Duration::from_millis(200);
/// How long all of it may take. Only a file system that hangs, or a machine with far too much to do, takes longer than the patience.
const BOUND: Duration = Duration::from_secs(1);

/// What to write, and where beside the container's standard error.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LastWords {
    /// Becomes one line of printable ASCII.
    pub text: String,
    /// The kubelet's file on the host: `…/pods/UID/containers/NAME/` and eight hexadecimal digits.
    pub termination_file: Option<PathBuf>,
}

/// Where the words are, or why they are not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// `stderr` or `termination-file`.
    pub place: &'static str,
    /// None where they were written.
    pub problem: Option<String>,
}

/// Writes the words to both places at once, and waits for neither longer than the bound.
pub(crate) fn tell(init: &Arc<Init>, words: &LastWords) -> Vec<Told> {
    let until = Instant::now() + BOUND;
    let line = one_line(&words.text);
    let (process, stderr_line) = (Arc::clone(init), line.clone());
    let stderr = start(move || standard_error::write(&process.process, &stderr_line, PATIENCE));
    let file = words
        .termination_file
        .clone()
        .map(|path| start(move || termination_file::append(&path, &line)));
    let mut told = vec![outcome("stderr", stderr, until)];
    told.extend(file.map(|file| outcome("termination-file", file, until)));
    told
}

type Writing = std::io::Result<Receiver<Result<(), String>>>;

/// In a thread of its own, since no system call on another's file is sure to return.
fn start(write: impl FnOnce() -> Result<(), String> + Send + 'static) -> Writing {
    let (sender, receiver) = sync_channel(1);
    let thread = std::thread::Builder::new().name("notifyd-tell".to_owned());
    thread.spawn(move || sender.send(write()))?;
    Ok(receiver)
}

fn outcome(place: &'static str, writing: Writing, until: Instant) -> Told {
    let problem = match writing {
        Err(error) => Some(format!("no thread could be started: {error}")),
        Ok(receiver) => match receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
            Ok(result) => result.err(),
            Err(_) => Some(format!("it took longer than {} ms", BOUND.as_millis())),
        },
    };
    Told { place, problem }
}

/// Printable ASCII, short enough that a pipe takes all or nothing.
fn one_line(text: &str) -> Vec<u8> {
    let printable = |byte: u8| if matches!(byte, b' '..=b'~') { byte } else { b'?' };
    let mut line: Vec<u8> = text.bytes().map(printable).take(PIPE_BUF - 1).collect();
    line.push(b'\n');
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_line_is_one_printable_and_short() {
        assert_eq!(one_line("Used chroot (2x)"), b"Used chroot (2x)\n");
        assert_eq!(one_line("a\nb\r\x1b[2Jc\0\u{e9}"), b"a?b??[2Jc???\n");
        assert_eq!(one_line(&"x".repeat(10_000)).len(), PIPE_BUF);
    }

    #[test]
    fn a_write_that_does_not_return_is_not_waited_for() {
        let (_held, never) = sync_channel::<()>(0);
        let writing = start(move || never.recv().map_err(|error| error.to_string()));
        let told = outcome("stderr", writing, Instant::now() + Duration::from_millis(20));
        assert_eq!(told.problem.unwrap(), "it took longer than 1000 ms");
    }
}
