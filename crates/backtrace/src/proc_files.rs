//! One thread's folder below `/proc`, held open, so that every read is of the same process even if its number is used again.

use std::fs::File;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;

use notifyd_kernel::notify::TargetTid;
use rustix::fs::{FileType, Mode, OFlags, ResolveFlags, Stat, fstat, open, openat, openat2};
use rustix::io::Errno;

use crate::Error;
use crate::maps::Mapping;

const MAX_TEXT_BYTES: u64 = 8 << 20;

/// The folder `/proc/<tid>`.
#[derive(Debug)]
pub struct ProcFiles {
    folder: OwnedFd,
    tid: TargetTid,
}

/// A file that the target has mapped, not opened for reading yet.
#[derive(Debug)]
pub struct Handle {
    path: OwnedFd,
    identity: Identity,
}

/// What tells one state of a file from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    device: u64,
    inode: u64,
    bytes: i64,
    modified: (i64, i128),
}

impl ProcFiles {
    pub fn open(tid: TargetTid) -> Result<Self, Error> {
        let path = format!("/proc/{}", tid.0);
        let folder = open(path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
        let source = |source| Error::Proc {
            tid: tid.0,
            name: ".",
            source,
        };
        Ok(Self {
            folder: folder.map_err(source)?,
            tid,
        })
    }

    pub fn tid(&self) -> TargetTid {
        self.tid
    }

    /// The text of one of the kernel's own files, at most 8 MiB of it.
    pub fn text(&self, name: &'static str) -> Result<String, Error> {
        let error = |source| Error::Proc {
            tid: self.tid.0,
            name,
            source,
        };
        let file = openat(&self.folder, name, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()).map_err(error)?;
        let mut bytes = Vec::new();
        let read = File::from(file).take(MAX_TEXT_BYTES).read_to_end(&mut bytes);
        read.map_err(|failure| error(Errno::from_io_error(&failure).unwrap_or(Errno::IO)))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The file of a mapping, if it is a regular one.
    ///
    /// Nothing is opened that could block or have an effect: a path to the inode first, which tells what it is.
    pub fn mapped_file(&self, mapping: &Mapping) -> Option<Handle> {
        let path = self.through_map_files(mapping).or_else(|| self.through_root(mapping))?;
        let status = fstat(&path).ok()?;
        (FileType::from_raw_mode(status.st_mode) == FileType::RegularFile).then(|| Handle {
            path,
            identity: Identity::of(&status),
        })
    }

    /// The very file, whatever lies at its path now. Needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
    fn through_map_files(&self, mapping: &Mapping) -> Option<OwnedFd> {
        let name = format!("map_files/{}", mapping.file_name());
        openat(&self.folder, name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()
    }

    /// What lies at the path in the target's own root, links resolved below it, if it still is the mapped inode.
    fn through_root(&self, mapping: &Mapping) -> Option<OwnedFd> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(&self.folder, "root", flags, Mode::empty()).ok()?;
        let name = mapping.name.as_str();
        let beneath = ResolveFlags::IN_ROOT | ResolveFlags::NO_MAGICLINKS;
        let path = openat2(&root, name, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), beneath).ok()?;
        (fstat(&path).ok()?.st_ino == mapping.inode).then_some(path)
    }
}

impl Handle {
    /// Any file.
    pub fn of(path: &Path) -> Option<Self> {
        let path = open(path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty()).ok()?;
        let identity = Identity::of(&fstat(&path).ok()?);
        Some(Self { path, identity })
    }

    pub fn identity(&self) -> Identity {
        self.identity
    }

    /// Opens it for reading. A file system of the target's (FUSE) may let that wait for ever.
    pub fn open(&self) -> Option<File> {
        let path = format!("/proc/self/fd/{}", self.path.as_raw_fd());
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        open(path, flags, Mode::empty()).ok().map(File::from)
    }
}

impl Identity {
    #[allow(
        clippy::useless_conversion,
        reason = "the fields' types differ between architectures"
    )]
    fn of(status: &Stat) -> Self {
        Self {
            device: status.st_dev.into(),
            inode: status.st_ino.into(),
            bytes: status.st_size.into(),
            modified: (status.st_mtime.into(), status.st_mtime_nsec.into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use rustix::thread::gettid;

    use super::*;
    use crate::maps::Maps;

    fn own() -> (ProcFiles, Maps) {
        let tid = TargetTid(gettid().as_raw_pid().unsigned_abs());
        let files = ProcFiles::open(tid).unwrap();
        let maps = Maps::parse(&files.text("maps").unwrap());
        (files, maps)
    }

    #[test]
    fn a_mapped_file_is_found_through_the_root_too() {
        let (files, maps) = own();
        let here = a_mapped_file_is_found_through_the_root_too as fn();
        let mapping = maps.code(here as usize as u64).unwrap();
        let executable = fstat(File::open("/proc/self/exe").unwrap()).unwrap();
        let found = fstat(files.through_root(mapping).unwrap()).unwrap();
        assert_eq!((found.st_dev, found.st_ino), (executable.st_dev, executable.st_ino));
        let handle = files.mapped_file(mapping).unwrap();
        assert_eq!(handle.identity(), Identity::of(&executable));
    }

    #[test]
    fn another_file_at_the_path_is_not_taken() {
        let (files, maps) = own();
        let mut mapping = maps.executable().find(|mapping| mapping.inode != 0).unwrap().clone();
        mapping.inode += 1;
        assert!(files.through_root(&mapping).is_none());
        mapping.range = 0..1;
        mapping.name = "/dev/null".to_owned();
        mapping.inode = fstat(File::open("/dev/null").unwrap()).unwrap().st_ino;
        assert!(files.through_root(&mapping).is_some());
        assert!(files.mapped_file(&mapping).is_none());
    }
}
