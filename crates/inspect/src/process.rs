//! Who calls, from `/proc`.

use std::ffi::CStr;
use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags, openat, readlinkat};
use serde::Serialize;

use crate::text::{CUT, escape};

/// Longest piece of `/proc` that is read.
const MOST_BYTES: usize = 4096;
/// Of the executable's path.
const MOST_PATH_BYTES: usize = 512;
/// Of all words of the command line together.
const MOST_WORD_BYTES: usize = 1024;
const MOST_WORDS: usize = 64;

/// The calling thread and its process.
#[derive(Debug, Default, Serialize)]
pub struct Caller {
    /// The process's id.
    pub pid: Option<u32>,
    /// The thread's name.
    pub comm: Option<String>,
    /// The executable, as the process's own mount namespace names it.
    pub exe: Option<String>,
    /// The command line, word by word.
    pub cmdline: Option<Vec<String>>,
    /// The working directory, as the process's own mount namespace names it.
    pub cwd: Option<String>,
}

impl Caller {
    /// What can be read of a thread; nothing of one that is gone.
    #[must_use]
    pub fn read(tid: u32) -> Self {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // Held, so that all that is read is of one and the same thread.
        let Ok(folder) = openat(CWD, format!("/proc/{tid}"), flags, Mode::empty()) else {
            return Self::default();
        };
        Self {
            pid: read_file(&folder, c"status").and_then(|status| process_in(&status)),
            comm: read_file(&folder, c"comm").map(|name| escape(name.strip_suffix(b"\n").unwrap_or(&name))),
            exe: link(&folder, c"exe"),
            cmdline: read_file(&folder, c"cmdline").map(|line| words(&line)),
            cwd: link(&folder, c"cwd"),
        }
    }
}

fn read_file(folder: &OwnedFd, name: &CStr) -> Option<Vec<u8>> {
    let file = openat(folder, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).ok()?;
    let mut bytes = vec![0; MOST_BYTES];
    let count = rustix::io::read(&file, &mut bytes).ok()?;
    bytes.truncate(count);
    Some(bytes)
}

fn link(folder: &OwnedFd, name: &CStr) -> Option<String> {
    let path = readlinkat(folder, name, Vec::new()).ok()?;
    Some(cut(path.as_bytes()))
}

fn process_in(status: &[u8]) -> Option<u32> {
    let text = String::from_utf8_lossy(status);
    text.lines()
        .find_map(|line| line.strip_prefix("Tgid:"))?
        .trim()
        .parse()
        .ok()
}

fn cut(path: &[u8]) -> String {
    match path.get(..MOST_PATH_BYTES) {
        Some(start) => escape(start) + CUT,
        None => escape(path),
    }
}

/// Each word ends with a zero byte, unless the program has changed its command line.
fn words(line: &[u8]) -> Vec<String> {
    let kept = line.get(..MOST_WORD_BYTES).unwrap_or(line);
    let whole = kept.strip_suffix(b"\0").unwrap_or(kept);
    if whole.is_empty() {
        return Vec::new();
    }
    let all = whole.split(|byte| *byte == 0);
    let mut words: Vec<String> = all.clone().take(MOST_WORDS).map(escape).collect();
    if kept.len() < line.len() || all.count() > MOST_WORDS {
        words.push(CUT.to_owned());
    }
    words
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn this_test_is_read() {
        let caller = Caller::read(std::process::id());
        assert_eq!(caller.pid, Some(std::process::id()));
        assert_eq!(
            caller.exe.unwrap(),
            std::env::current_exe().unwrap().display().to_string()
        );
        assert_eq!(caller.cmdline.unwrap(), std::env::args().collect::<Vec<_>>());
        assert!(caller.comm.is_some());
        let directory = std::env::current_dir().unwrap();
        assert_eq!(caller.cwd.unwrap(), directory.display().to_string());
    }

    #[test]
    fn of_a_thread_that_is_gone_nothing_is_told() {
        let caller = Caller::read(u32::MAX);
        assert!(caller.pid.is_none() && caller.comm.is_none() && caller.exe.is_none() && caller.cmdline.is_none());
    }

    #[test]
    fn a_command_line_is_cut_in_length_and_in_words() {
        assert_eq!(words(b"sh\0-c\0\x1b[m\0"), ["sh", "-c", r"\x1b[m"]);
        assert_eq!(words(b"a\0\0"), ["a", ""]);
        assert!(words(b"").is_empty());
        let many = words(&b"x\0".repeat(100));
        assert_eq!((many.len(), many.last().unwrap().as_str()), (MOST_WORDS + 1, CUT));
        let long = words(&[b'x'; 2000]);
        assert_eq!(
            (long.first().unwrap().len(), long.last().unwrap().as_str()),
            (MOST_WORD_BYTES, CUT)
        );
    }
}
