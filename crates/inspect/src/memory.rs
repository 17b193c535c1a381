//! The caller's memory, as far as it can be read.

use notifyd_kernel::memory;

/// Reads from somebody's memory.
pub trait Memory {
    /// Copies from an address on, as far as can be read and there is room; returns how many bytes.
    fn read(&self, address: u64, into: &mut [u8]) -> usize;
}

/// The memory of a thread of another process.
#[derive(Clone, Copy, Debug)]
pub struct Target(pub u32);

impl Memory for Target {
    fn read(&self, address: u64, into: &mut [u8]) -> usize {
        memory::read(self.0, address, into).unwrap_or(0)
    }
}

/// A string that ends with a zero byte, without it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CString {
    pub(crate) bytes: Vec<u8>,
    /// Whether it goes on, or might.
    pub(crate) is_cut: bool,
}

/// Nothing, where not even the first byte can be read. process_vm_readv(2) copies no part of what one request asks for on a
/// page that it cannot read, so none reaches over the end of a page.
pub(crate) fn read_string(memory: &dyn Memory, address: u64, most: usize) -> Option<CString> {
    let mut bytes = Vec::with_capacity(most);
    while bytes.len() < most {
        let from = address.wrapping_add(u64::try_from(bytes.len()).ok()?);
        let mut piece = vec![0; (most - bytes.len()).min(to_page_end(from))];
        let count = memory.read(from, &mut piece);
        piece.truncate(count);
        if let Some(end) = piece.iter().position(|byte| *byte == 0) {
            bytes.extend(piece.drain(..end));
            return Some(CString { bytes, is_cut: false });
        }
        if count == 0 && bytes.is_empty() {
            return None;
        }
        bytes.append(&mut piece);
        if count == 0 {
            break;
        }
    }
    Some(CString { bytes, is_cut: true })
}

const LEAST_PAGE_BYTES: u64 = 4096;

fn to_page_end(address: u64) -> usize {
    let bytes = LEAST_PAGE_BYTES - address % LEAST_PAGE_BYTES;
    usize::try_from(bytes).unwrap_or(1)
}

/// A little-endian word of four or eight bytes.
pub(crate) fn read_word(memory: &dyn Memory, address: u64, bytes: usize) -> Option<u64> {
    let mut word = [0; 8];
    let place = word.get_mut(..bytes)?;
    (memory.read(address, place) == bytes).then(|| u64::from_le_bytes(word))
}
