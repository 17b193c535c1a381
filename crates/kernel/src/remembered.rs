//! The last notification of each listener, in memory that outlives this process: a file that is mapped and shared.
//!
//! Who received a notification and died leaves its caller waiting, and nobody is told of it again. Whoever takes the
//! listener over finds here which notification that was.
//!
//! # Safety
//!
//! The mapping is as long as the file was made by fallocate(2), so that no access runs into a hole or beyond the end;
//! nobody shortens a file that only root may open. It is unmapped when the last user of it is gone, and all that is ever
//! made of it are atomics, for which any bytes are a value.

#![allow(unsafe_code)]

use std::os::fd::BorrowedFd;
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use notifyd_bpf::SeccompData;
use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;
use rustix::mm::{MapFlags, ProtFlags, mmap, munmap};

use crate::notify::{Notification, NotificationId, TargetTid};

/// Id, number and architecture, instruction pointer, six arguments, thread.
const WORDS: usize = 10;
/// Most listeners of one file; ten thousand take 800 KiB.
pub const MAX_SLOTS: usize = 1 << 17;

/// The mapped file: a place for each of so many listeners.
pub struct Remembered {
    words: NonNull<AtomicU64>,
    slots: usize,
}

// SAFETY: the memory is made of atomics, is not tied to a thread, and is unmapped only when nobody has it any more.
unsafe impl Send for Remembered {}
// SAFETY: as above; all access is by atomic loads and stores.
unsafe impl Sync for Remembered {}

/// One listener's place. One thread writes it.
#[derive(Clone)]
pub struct Slot {
    remembered: Arc<Remembered>,
    index: usize,
}

impl Remembered {
    /// `fallocate(fd)`, `mmap(MAP_SHARED, fd)`: maps a file of ours, made longer where it is too short.
    ///
    /// # References
    /// - <https://man7.org/linux/man-pages/man2/mmap.2.html>
    pub fn open(file: BorrowedFd<'_>, slots: usize) -> Result<Self, Errno> {
        if slots == 0 || slots > MAX_SLOTS {
            return Err(Errno::INVAL);
        }
        let length = length_of(slots);
        let bytes = u64::try_from(length).map_err(|_| Errno::INVAL)?;
        fallocate(file, FallocateFlags::empty(), 0, bytes)?;
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: the kernel chooses where, so nothing that exists is replaced.
        let place = unsafe { mmap(std::ptr::null_mut(), length, access, MapFlags::SHARED, file, 0) }?;
        // A mapping begins at a page, which is aligned for u64.
        let words = NonNull::new(place.cast()).ok_or(Errno::FAULT)?;
        Ok(Self { words, slots })
    }

    /// The place of that number.
    #[must_use]
    pub fn slot(self: &Arc<Self>, index: usize) -> Option<Slot> {
        (index < self.slots).then(|| Slot {
            remembered: Arc::clone(self),
            index,
        })
    }
}

impl Drop for Remembered {
    fn drop(&mut self) {
        // SAFETY: the range is the one that was mapped, and every slot holds this value, so there is none any more.
        let _ = unsafe { munmap(self.words.as_ptr().cast(), length_of(self.slots)) };
    }
}

impl Slot {
    /// Remembers a notification that was received and is about to be answered.
    pub fn note(&self, notification: &Notification) {
        let Notification { id, target, data } = notification;
        let (number, arch) = (u64::from(data.nr.cast_unsigned()), u64::from(data.arch));
        let [a, b, c, d, e, f] = data.args;
        let tid = target.map_or(0, |tid| u64::from(tid.0));
        let values = [number << 32 | arch, data.instruction_pointer, a, b, c, d, e, f, tid];
        let [first, rest @ ..] = self.words();
        // Were we to end half-way, the id would be none that still waits, and the rest would not be taken for its.
        first.store(0, Ordering::Relaxed);
        for (word, value) in rest.iter().zip(values) {
            word.store(value, Ordering::Release);
        }
        first.store(id.0, Ordering::Release);
    }

    /// What was noted last; `None` where nothing ever was.
    #[must_use]
    pub fn last(&self) -> Option<Notification> {
        let [id, call, instruction_pointer, a, b, c, d, e, f, tid] =
            self.words().each_ref().map(|word| word.load(Ordering::Acquire));
        let [_, _, _, _, n0, n1, n2, n3] = call.to_le_bytes();
        let [a0, a1, a2, a3, ..] = call.to_le_bytes();
        let target = u32::try_from(tid).ok().filter(|tid| *tid != 0).map(TargetTid);
        (id != 0).then_some(Notification {
            id: NotificationId(id),
            target,
            data: SeccompData {
                nr: i32::from_le_bytes([n0, n1, n2, n3]),
                arch: u32::from_le_bytes([a0, a1, a2, a3]),
                instruction_pointer,
                args: [a, b, c, d, e, f],
            },
        })
    }

    /// Forgets what another listener left here.
    pub fn clear(&self) {
        for word in self.words() {
            word.store(0, Ordering::Release);
        }
    }

    fn words(&self) -> &[AtomicU64; WORDS] {
        // SAFETY: `index` is below `slots` (checked where slots are made), so these words lie inside of the mapping.
        let first = unsafe { self.remembered.words.add(self.index * WORDS) };
        // SAFETY: the mapping lives as long as `remembered`, which is borrowed, and is never accessed but as atomics.
        unsafe { first.cast().as_ref() }
    }
}

const fn length_of(slots: usize) -> usize {
    slots * WORDS * size_of::<u64>()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::fd::AsFd;

    fn notification(id: u64) -> Notification {
        Notification {
            id: NotificationId(id),
            target: Some(TargetTid(71)),
            data: SeccompData {
                nr: -1,
                arch: 0xc000_003e,
                instruction_pointer: 0x7fff_0000_1234,
                args: [1, u64::MAX, 3, 4, 5, 6],
            },
        }
    }

    #[test]
    fn another_mapping_of_the_file_finds_what_was_noted_last_in_each_slot() {
        let file = rustix::fs::memfd_create("remembered", rustix::fs::MemfdFlags::CLOEXEC).unwrap();
        let writer = Arc::new(Remembered::open(file.as_fd(), 2).unwrap());
        for id in [7, 9] {
            writer.slot(1).unwrap().note(&notification(id));
        }
        drop(writer);
        let reader = Arc::new(Remembered::open(file.as_fd(), 3).unwrap());
        let found = reader.slot(1).unwrap().last().unwrap();
        let expected = notification(9);
        assert_eq!(
            (found.id, found.target, found.data),
            (expected.id, expected.target, expected.data)
        );
        assert!(reader.slot(0).unwrap().last().is_none() && reader.slot(2).unwrap().last().is_none());
        reader.slot(1).unwrap().clear();
        assert!(reader.slot(1).unwrap().last().is_none());
        assert!(reader.slot(3).is_none(), "beyond the end there is nothing");
    }

    #[test]
    fn a_file_that_cannot_be_mapped_is_refused() {
        let null = std::fs::File::open("/dev/null").unwrap();
        assert!(Remembered::open(null.as_fd(), 1).is_err());
        assert!(Remembered::open(null.as_fd(), 0).is_err());
    }
}
