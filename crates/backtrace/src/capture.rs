//! What is taken while a call waits: enough to find its callers after it was answered.

use notifyd_kernel::memory;
use notifyd_kernel::notify::TargetTid;

use crate::Error;
use crate::bytes::u64_at;
use crate::limits::Limits;
use crate::maps::{Mapping, Maps};
use crate::proc_files::{Handle, ProcFiles};
use crate::registers::Registers;

const PAGE: u64 = 4096;
/// Programs map few files with code; more than these are named without being read.
const MAX_FILES: usize = 128;
/// How much below the stack pointer is copied: on arm64 Go keeps the record of a frame there.
const BELOW: u64 = if cfg!(target_arch = "aarch64") { 16 } else { 0 };
const MAX_VDSO_BYTES: usize = 64 << 10;

/// A waiting thread's registers, a copy of its stack, and the files whose code it can run.
#[derive(Debug)]
pub struct Capture {
    pub(crate) registers: Registers,
    pub(crate) maps: Maps,
    tid: TargetTid,
    stack: Stack,
    files: Vec<(u64, Handle)>,
}

#[derive(Debug)]
struct Stack {
    start: u64,
    bytes: Vec<u8>,
    /// Whether more of it lies beyond.
    cut: bool,
}

impl Capture {
    /// Copies what is needed of a thread that waits in a system call. It is neither stopped nor traced.
    ///
    /// **It can wait for ever** where the stack is memory that a program serves (FUSE, userfaultfd): for processes that may be killed.
    /// Who holds the notification asks afterwards whether it still waits, since the number may be another thread's by then.
    pub fn of(tid: TargetTid, limits: &Limits) -> Result<Self, Error> {
        let thread = ProcFiles::open(tid)?;
        let registers = Registers::read(&thread)?;
        let maps = Maps::parse(&thread.text("maps")?);
        let stack = Stack::copy(tid, registers.stack_pointer, &maps, limits.stack_bytes);
        let files = open_files(&thread, &maps);
        Ok(Self {
            registers,
            maps,
            tid,
            stack,
            files,
        })
    }

    /// Of a thread that ran elsewhere; its file lies in the first mapping of code.
    pub(crate) fn recorded(registers: Registers, maps: Maps, stack: (u64, Vec<u8>), file: Handle) -> Self {
        let code = maps.executable().map(|mapping| mapping.range.start).next();
        Self {
            registers,
            tid: TargetTid(u32::MAX / 2),
            stack: Stack {
                start: stack.0,
                bytes: stack.1,
                cut: false,
            },
            files: code.map(|start| (start, file)).into_iter().collect(),
            maps,
        }
    }

    /// The registers that it shows.
    #[must_use]
    pub fn registers(&self) -> &Registers {
        &self.registers
    }

    /// The eight bytes at an address of the stack that was copied.
    pub(crate) fn stack_word(&self, address: u64) -> Option<u64> {
        let offset = address.checked_sub(self.stack.start)?;
        u64_at(&self.stack.bytes, usize::try_from(offset).ok()?)
    }

    /// The addresses of the words of the stack from `from` on.
    pub(crate) fn stack_addresses(&self, from: u64) -> impl Iterator<Item = u64> {
        let bytes = u64::try_from(self.stack.bytes.len()).unwrap_or(0);
        let first = from.max(self.stack.start).checked_next_multiple_of(8);
        (first.unwrap_or(u64::MAX)..self.stack.start.saturating_add(bytes)).step_by(8)
    }

    pub(crate) fn stack_is_cut(&self) -> bool {
        self.stack.cut
    }

    /// The eight bytes at any address of the target, as long as it lives.
    pub(crate) fn memory_word(&self, address: u64) -> Option<u64> {
        let mut word = [0; 8];
        let read = memory::read(self.tid.0, address, &mut word).ok()?;
        (read == word.len()).then(|| u64::from_le_bytes(word))
    }

    /// The file of a mapping of code.
    pub(crate) fn file(&self, mapping: &Mapping) -> Option<&Handle> {
        let at = self.files.iter().find(|(start, _)| *start == mapping.range.start)?;
        Some(&at.1)
    }

    /// A copy of the vDSO, which has no file.
    pub(crate) fn vdso(&self, mapping: &Mapping) -> Option<Vec<u8>> {
        let length = usize::try_from(mapping.range.end.checked_sub(mapping.range.start)?).ok()?;
        let mut bytes = vec![0; length.min(MAX_VDSO_BYTES)];
        let read = memory::read(self.tid.0, mapping.range.start, &mut bytes).ok()?;
        bytes.truncate(read);
        Some(bytes)
    }
}

fn open_files(thread: &ProcFiles, maps: &Maps) -> Vec<(u64, Handle)> {
    let with_file = maps.executable().filter(|mapping| mapping.inode != 0);
    let opened = |mapping: &Mapping| Some((mapping.range.start, thread.mapped_file(mapping)?));
    with_file.take(MAX_FILES).filter_map(opened).collect()
}

impl Stack {
    /// From the stack pointer to the end of its mapping, as far as it can be read.
    fn copy(tid: TargetTid, stack_pointer: u64, maps: &Maps, most: usize) -> Self {
        let mapping = maps.find(stack_pointer);
        let start = mapping.map_or(stack_pointer, |mapping| {
            stack_pointer.saturating_sub(BELOW).max(mapping.range.start)
        });
        let end = mapping.map_or(start, |mapping| mapping.range.end);
        let wanted = usize::try_from(end - start).unwrap_or(usize::MAX);
        let mut bytes = vec![0; wanted.min(most)];
        let read = memory::read(tid.0, start, &mut bytes);
        let read = read.unwrap_or_else(|_| read_page_by_page(tid, start, &mut bytes));
        bytes.truncate(read);
        Self {
            start,
            bytes,
            cut: read < wanted,
        }
    }
}

/// How many bytes came before the first page that cannot be read.
fn read_page_by_page(tid: TargetTid, start: u64, into: &mut [u8]) -> usize {
    let mut read = 0;
    while let Some(rest) = into.get_mut(read..).filter(|rest| !rest.is_empty()) {
        let address = start.saturating_add(u64::try_from(read).unwrap_or(0));
        let page = usize::try_from(PAGE - address % PAGE).unwrap_or(1).min(rest.len());
        let Some(Ok(count)) = rest.get_mut(..page).map(|page| memory::read(tid.0, address, page)) else {
            break;
        };
        read += count;
        if count < page {
            break;
        }
    }
    read
}
