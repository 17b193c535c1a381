//! Keeps listeners for the next daemon: the descriptor with the service manager, and what belongs to it in a folder.
//!
//! Everything is written before the descriptor is stored, so that what comes back comes with its record.

use std::collections::{HashMap, HashSet};
use std::fs::{self, DirBuilder, File};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use notifyd_kernel::remembered::{Remembered, Slot};
use rustix::process::geteuid;

use crate::control::{Control, Shared};
use crate::notice::NoticeKind;
use crate::record::Record;
use crate::service_manager::ServiceManager;
use crate::token::Token;

/// Begins the name of each stored listener.
pub const STORED_PREFIX: &str = "listener-";

/// Where and how many listeners are kept, and what came back.
#[derive(Debug)]
pub struct Keeping {
    /// The service manager that has a store.
    pub manager: ServiceManager,
    /// A folder of ours that lasts for as long as the store does.
    pub folder: PathBuf,
    /// Most descriptors that the store takes.
    pub most: usize,
    /// What the service manager had stored, by name.
    pub returned: Vec<(String, OwnedFd)>,
}

/// The one of a supervisor.
pub(crate) struct Keeper {
    manager: ServiceManager,
    folder: PathBuf,
    most: usize,
    /// Or why nothing can be kept.
    memory: Result<Arc<Remembered>, String>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    names: HashMap<Token, (String, usize)>,
    slots: HashSet<usize>,
    /// Where a free slot is looked for first.
    next: usize,
}

impl Keeper {
    /// Makes the folder. Where that fails nothing is kept, and what came back is served all the same.
    pub(crate) fn new(manager: ServiceManager, folder: PathBuf, most: usize) -> Self {
        let memory = open_memory(&folder, most).map(Arc::new);
        Self {
            manager,
            folder,
            most,
            memory,
            kept: Mutex::default(),
        }
    }

    /// Why nothing can be kept.
    pub(crate) fn problem(&self) -> Option<&str> {
        self.memory.as_ref().err().map(String::as_str)
    }

    /// A name that no other listener ever had.
    pub(crate) fn new_name() -> Option<String> {
        let id = fs::read_to_string("/proc/sys/kernel/random/uuid").ok()?;
        Some(format!("{STORED_PREFIX}{}", id.trim_end()))
    }

    /// Keeps a listener that is served. What prevents it is told; the listener is served as it was.
    pub(crate) fn keep(&self, shared: &Shared, token: Token, name: &str, record: Record, fd: BorrowedFd<'_>) {
        if let Err(problem) = self.try_to_keep(shared, token, name, record, fd) {
            shared.notice(NoticeKind::Unkept(token, problem));
        }
    }

    fn try_to_keep(
        &self,
        shared: &Shared,
        token: Token,
        name: &str,
        mut record: Record,
        fd: BorrowedFd<'_>,
    ) -> Result<(), String> {
        let memory = self.memory.as_ref().map_err(Clone::clone)?;
        let index = self.claim(token, name)?;
        record.slot = index;
        let slot = memory.slot(index);
        slot.iter().for_each(Slot::clear);
        let stored = record.write(&self.records(), name).and_then(|()| {
            let stored = self.manager.store(name, fd);
            stored.map_err(|error| format!("the service manager does not take it: {error}"))
        });
        if let Some(slot) = slot {
            shared.control(Control::Remember(token, slot));
        }
        // Its release may have come before it was kept.
        if stored.is_err() || !shared.known().contains_key(&token) {
            self.forget(token);
        }
        stored
    }

    /// Takes what came back on the books; gives the place of its last notification.
    pub(crate) fn readmit(&self, token: Token, name: &str, index: usize) -> Option<Slot> {
        let mut kept = self.kept();
        kept.names.insert(token, (name.to_owned(), index));
        kept.slots.insert(index);
        self.memory.as_ref().ok()?.slot(index)
    }

    /// The record that belongs to a name.
    pub(crate) fn record_of(&self, name: &str) -> Result<Record, String> {
        if !is_ours(name) {
            return Err(format!("{name:?} is no name that this program gives"));
        }
        Record::read(&self.records(), name)
    }

    /// Lets go of a listener that has ended.
    pub(crate) fn forget(&self, token: Token) {
        let mut kept = self.kept();
        let Some((name, slot)) = kept.names.remove(&token) else {
            return;
        };
        self.discard(&name);
        kept.slots.remove(&slot);
    }

    /// Removes what is kept under a name. The service manager drops by itself what has hung up, so it need not hear.
    pub(crate) fn discard(&self, name: &str) {
        let _ = self.manager.remove(name);
        if is_ours(name) {
            let _ = fs::remove_file(self.records().join(name));
        }
    }

    /// Removes the records of listeners that did not come back.
    pub(crate) fn sweep_records(&self) {
        let kept = self.kept();
        let held: HashSet<&str> = kept.names.values().map(|(name, _)| name.as_str()).collect();
        let Ok(entries) = fs::read_dir(self.records()) else {
            return;
        };
        for entry in entries.flatten() {
            if entry.file_name().to_str().is_none_or(|name| !held.contains(name)) {
                let _ = fs::remove_file(entry.path());
            }
        }
    }

    fn claim(&self, token: Token, name: &str) -> Result<usize, String> {
        let mut kept = self.kept();
        let most = self.most;
        let from = kept.next;
        let free = (from..most)
            .chain(0..from.min(most))
            .find(|index| !kept.slots.contains(index));
        let index = free.ok_or_else(|| {
            format!(
                "the service manager's store holds {most} descriptors, which is all it takes (FileDescriptorStoreMax=)"
            )
        })?;
        kept.next = index + 1;
        kept.slots.insert(index);
        kept.names.insert(token, (name.to_owned(), index));
        Ok(index)
    }

    fn records(&self) -> PathBuf {
        records_in(&self.folder)
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Two sets of names and numbers; a panic elsewhere leaves at worst a number that is not used again.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn records_in(folder: &Path) -> PathBuf {
    folder.join("listeners")
}

fn is_ours(name: &str) -> bool {
    let id = name.strip_prefix(STORED_PREFIX);
    id.is_some_and(|id| id.len() == 36 && id.bytes().all(|byte| byte == b'-' || byte.is_ascii_hexdigit()))
}

fn open_memory(folder: &Path, most: usize) -> Result<Remembered, String> {
    let failed = |error: &dyn std::fmt::Display| format!("cannot use {}: {error}", folder.display());
    let own = |path: &Path| {
        DirBuilder::new().recursive(true).mode(0o700).create(path)?;
        fs::symlink_metadata(path)
    };
    for path in [folder.to_owned(), records_in(folder)] {
        let metadata = own(&path).map_err(|error| failed(&error))?;
        if !metadata.is_dir() || metadata.uid() != geteuid().as_raw() || metadata.mode() & 0o077 != 0 {
            return Err(failed(&"it is not a folder that only this program's user may enter"));
        }
    }
    let mut options = File::options();
    let options = options.create(true).truncate(false).read(true).write(true).mode(0o600);
    let file = options
        .open(folder.join("notifications"))
        .map_err(|error| failed(&error))?;
    Remembered::open(file.as_fd(), most).map_err(|error| failed(&error))
}
