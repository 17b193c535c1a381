//! A container's own standard error, written to with no more rights than the container has.
//!
//! Opening `/proc/PID/fd/2` anew would ask for our rights, root's, on a file that the container chose. So its own open file
//! description is taken, and only what that was opened for is done: it may be a host's file of which it has but a reading end.

use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

use rustix::fs::{FileType, Mode, OFlags, Stat, fcntl_getfl, fstat, major, open};
use rustix::io::Errno;
use rustix::net::sockopt::{socket_domain, socket_type};
use rustix::net::{AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketType, UCred, sendmsg};

use crate::process::Process;

const STDERR: i32 = 2;
const NOBODY: &str = "nobody reads it";
/// Pause between two attempts at a full pipe.
const PAUSE: Duration = Duration::from_millis(5);
/// The kernel's device numbers of the slave ends of pseudoterminals (Documentation/admin-guide/devices.txt).
const PSEUDOTERMINALS: std::ops::RangeInclusive<u32> = 136..=143;

/// Writes the line to the process's standard error; to a full one until the patience ends. The error says why not.
pub(crate) fn write(process: &Process, line: &[u8], patience: Duration) -> Result<(), String> {
    let taken = process.descriptor(STDERR).map_err(|error| match error {
        Errno::BADF => "the container's first process has closed it".to_owned(),
        error => format!("it cannot be taken from the container's first process: {error}"),
    })?;
    let sink = Sink::of(&taken, process)?;
    let until = Instant::now() + patience;
    let mut rest = line;
    while !rest.is_empty() {
        match sink.write(rest) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(Errno::AGAIN) if Instant::now() < until => std::thread::sleep(PAUSE),
            Err(Errno::AGAIN) => return Err(format!("it was full for {} ms, nobody reads it", patience.as_millis())),
            Err(Errno::INTR) => {}
            Err(Errno::PIPE) => return Err(NOBODY.to_owned()),
            Err(error) => return Err(format!("writing to it fails: {error}")),
        }
    }
    Ok(())
}

/// What can be written to without waiting, and without changing the flags that we share with the container.
enum Sink<'a> {
    /// A pipe or terminal, opened once more for a flag of our own.
    File(OwnedFd),
    Socket(BorrowedFd<'a>, UCred),
}

impl<'a> Sink<'a> {
    fn of(taken: &'a OwnedFd, process: &Process) -> Result<Self, String> {
        let stat = fstat(taken).map_err(unreadable)?;
        let mode = fcntl_getfl(taken).map_err(unreadable)? & OFlags::RWMODE;
        if mode != OFlags::WRONLY && mode != OFlags::RDWR {
            return Err("the container has it open for reading only".to_owned());
        }
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::Fifo => open_anew(taken),
            FileType::CharacterDevice if is_pseudoterminal(&stat) => open_anew(taken),
            FileType::Socket if is_unix_stream(taken) => as_the_container(taken, process),
            other => Err(format!(
                "it is {}; a pipe, a pseudoterminal or a unix stream socket is written to",
                name_of(other)
            )),
        }
    }

    fn write(&self, bytes: &[u8]) -> Result<usize, Errno> {
        match self {
            Self::File(file) => rustix::io::write(file, bytes),
            Self::Socket(socket, credentials) => send(*socket, bytes, *credentials),
        }
    }
}

/// The taken descriptor proves that the container may write here, so this gives no right that it lacks.
fn open_anew(taken: &OwnedFd) -> Result<Sink<'static>, String> {
    let path = format!("/proc/self/fd/{}", taken.as_raw_fd());
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    match open(path, flags, Mode::empty()) {
        Ok(file) => Ok(Sink::File(file)),
        Err(Errno::NXIO) => Err(NOBODY.to_owned()),
        Err(error) => Err(format!("it cannot be opened for writing: {error}")),
    }
}

/// A peer that asks who writes (SO_PASSCRED) is told of the container, not of us.
fn as_the_container<'a>(taken: &'a OwnedFd, process: &Process) -> Result<Sink<'a>, String> {
    let credentials = process.credentials();
    let credentials = credentials.ok_or("the container's first process has ended")?;
    Ok(Sink::Socket(taken.as_fd(), credentials))
}

fn send(socket: BorrowedFd<'_>, bytes: &[u8], credentials: UCred) -> Result<usize, Errno> {
    let mut space = [std::mem::MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    if !ancillary.push(SendAncillaryMessage::ScmCredentials(credentials)) {
        return Err(Errno::NOBUFS);
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    sendmsg(socket, &[std::io::IoSlice::new(bytes)], &mut ancillary, flags)
}

fn is_unix_stream(socket: &OwnedFd) -> bool {
    socket_domain(socket) == Ok(AddressFamily::UNIX) && socket_type(socket) == Ok(SocketType::STREAM)
}

fn is_pseudoterminal(stat: &Stat) -> bool {
    PSEUDOTERMINALS.contains(&major(stat.st_rdev))
}

fn name_of(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "a file",
        FileType::Directory => "a folder",
        FileType::CharacterDevice | FileType::BlockDevice => "a device",
        FileType::Socket => "a socket of another kind",
        _ => "of an unknown kind",
    }
}

fn unreadable(error: Errno) -> String {
    format!("what it is cannot be told: {error}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs::{self, File};
    use std::io::{Read, Write};
    use std::mem::MaybeUninit;
    use std::os::unix::net::{UnixDatagram, UnixStream};
    use std::process::{Child, Command, Stdio};

    use rustix::net::sockopt::set_socket_passcred;
    use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};
    use rustix::pipe::{PipeFlags, pipe_with};
    use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};

    use super::*;

    const LINE: &[u8] = b"Used forbidden syscalls: chroot (2x)\n";
    const SOON: Duration = Duration::from_secs(10);
    const AT_ONCE: Duration = Duration::from_millis(20);

    /// Stands for a container's init.
    struct Init {
        child: Child,
        process: Process,
    }

    impl Init {
        fn with(stderr: impl Into<Stdio>) -> Self {
            Self::running(Command::new("sleep").arg("600").stderr(stderr))
        }

        fn running(command: &mut Command) -> Self {
            let child = command.spawn().unwrap();
            let process = Process::take(i32::try_from(child.id()).unwrap()).unwrap();
            Self { child, process }
        }

        fn tell(&self, patience: Duration) -> Result<(), String> {
            write(&self.process, LINE, patience)
        }
    }

    impl Drop for Init {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    fn read(source: impl Into<OwnedFd>, bytes: usize) -> Vec<u8> {
        let mut read = vec![0; bytes];
        File::from(source.into()).read_exact(&mut read).unwrap();
        read
    }

    /// A child that another test starts just now holds all of our descriptors until it executes its program.
    fn expect_nobody(init: &Init) {
        let until = Instant::now() + SOON;
        while init.tell(SOON).is_ok() && Instant::now() < until {
            std::thread::sleep(PAUSE);
        }
        assert_eq!(init.tell(SOON).unwrap_err(), NOBODY);
    }

    #[test]
    fn a_pipe_gets_the_line_and_keeps_its_flags() {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let before = fcntl_getfl(&writer).unwrap();
        let init = Init::with(writer.try_clone().unwrap());
        init.tell(SOON).unwrap();
        assert_eq!(read(reader, LINE.len()), LINE);
        assert_eq!(
            fcntl_getfl(&writer).unwrap(),
            before,
            "the container would not block any more"
        );
    }

    #[test]
    fn a_pseudoterminal_gets_the_line() {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = open(
            name.as_c_str(),
            OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
            Mode::empty(),
        )
        .unwrap();
        Init::with(slave).tell(SOON).unwrap();
        assert_eq!(
            read(master, LINE.len() + 1),
            b"Used forbidden syscalls: chroot (2x)\r\n"
        );
    }

    #[test]
    fn a_socket_gets_the_line_as_from_the_container() {
        let (ours, theirs) = UnixStream::pair().unwrap();
        set_socket_passcred(&ours, true).unwrap();
        let init = Init::with(OwnedFd::from(theirs));
        init.tell(SOON).unwrap();
        let mut bytes = [0; 100];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmCredentials(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let into = &mut [std::io::IoSliceMut::new(&mut bytes)];
        let received = recvmsg(&ours, into, &mut ancillary, RecvFlags::empty()).unwrap();
        assert_eq!(bytes.get(..received.bytes).unwrap(), LINE);
        let writers: Vec<u32> = ancillary
            .drain()
            .filter_map(|message| match message {
                RecvAncillaryMessage::ScmCredentials(writer) => u32::try_from(writer.pid.as_raw_pid()).ok(),
                _ => None,
            })
            .collect();
        assert_eq!(writers, [init.child.id()]);
    }

    #[test]
    fn a_full_pipe_that_nobody_reads_is_not_waited_for() {
        let (_reader, writer) = pipe_with(PipeFlags::NONBLOCK | PipeFlags::CLOEXEC).unwrap();
        while rustix::io::write(&writer, &[b'x'; 4096]).is_ok() {}
        let refusal = Init::with(writer).tell(AT_ONCE).unwrap_err();
        assert_eq!(refusal, "it was full for 20 ms, nobody reads it");
    }

    #[test]
    fn a_pipe_or_socket_without_a_reader_is_no_place() {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        drop(reader);
        expect_nobody(&Init::with(writer));
        let (ours, theirs) = UnixStream::pair().unwrap();
        drop(ours);
        expect_nobody(&Init::with(OwnedFd::from(theirs)));
    }

    #[test]
    fn what_is_open_for_reading_only_stays_as_it_is() {
        let file = std::env::temp_dir().join(format!("notifyd-read-only-{}", std::process::id()));
        fs::write(&file, "as it was").unwrap();
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        File::from(writer).write_all(b"unread").unwrap();
        let kept = reader.try_clone().unwrap();
        for stderr in [Stdio::from(File::open(&file).unwrap()), Stdio::from(reader)] {
            let refusal = Init::with(stderr).tell(SOON).unwrap_err();
            assert_eq!(refusal, "the container has it open for reading only");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), "as it was");
        let mut left = Vec::new();
        File::from(kept).read_to_end(&mut left).unwrap();
        assert_eq!(left, b"unread");
        fs::remove_file(&file).unwrap();
    }

    #[test]
    fn files_devices_and_other_sockets_are_not_written_to() {
        let file = std::env::temp_dir().join(format!("notifyd-a-file-{}", std::process::id()));
        let (_ours, theirs) = UnixDatagram::pair().unwrap();
        let kinds = [
            (Stdio::from(File::create(&file).unwrap()), "a file"),
            (Stdio::null(), "a device"),
            (Stdio::from(OwnedFd::from(theirs)), "a socket of another kind"),
        ];
        for (stderr, kind) in kinds {
            let refusal = Init::with(stderr).tell(SOON).unwrap_err();
            assert!(refusal.starts_with(&format!("it is {kind}; ")), "{refusal}");
        }
        assert_eq!(fs::read(&file).unwrap(), b"");
        fs::remove_file(&file).unwrap();
    }

    #[test]
    fn a_process_without_standard_error_or_without_life_is_no_place() {
        // A program that starts would open its libraries under the number that is free.
        let script = ["-c", "exec 2>&-; read line"];
        let init = Init::running(Command::new("sh").args(script).stdin(Stdio::piped()));
        let descriptor = format!("/proc/{}/fd/2", init.child.id());
        let until = Instant::now() + SOON;
        while fs::symlink_metadata(&descriptor).is_ok() && Instant::now() < until {
            std::thread::sleep(PAUSE);
        }
        assert_eq!(
            init.tell(SOON).unwrap_err(),
            "the container's first process has closed it"
        );
        let mut ended = Init::with(Stdio::null());
        ended.child.kill().unwrap();
        ended.child.wait().unwrap();
        assert!(ended.tell(SOON).unwrap_err().starts_with("it cannot be taken"));
    }
}
