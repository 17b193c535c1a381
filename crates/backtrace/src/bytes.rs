//! Where the bytes of a module come from, with a bound on every read; and integers in them.

use std::fs::File;
use std::os::unix::fs::FileExt;

/// A file, or a copy of the target's memory (the vDSO).
#[derive(Debug)]
pub enum Source {
    /// A regular file that is open for reading.
    File(File),
    /// A copy.
    Memory(Vec<u8>),
}

impl Source {
    /// Exactly `length` bytes from `offset`; `None` where there are fewer or where it is more than `most`.
    pub fn read(&self, offset: u64, length: u64, most: usize) -> Option<Vec<u8>> {
        let length = usize::try_from(length).ok().filter(|length| *length <= most)?;
        match self {
            Self::File(file) => {
                // Before allocating: a length in a hostile file must not cost memory that the file does not have.
                let end = offset.checked_add(u64::try_from(length).ok()?)?;
                if end > file.metadata().ok()?.len() {
                    return None;
                }
                let mut bytes = vec![0; length];
                file.read_exact_at(&mut bytes, offset).ok()?;
                Some(bytes)
            }
            Self::Memory(memory) => slice(memory, usize::try_from(offset).ok()?, length).map(<[u8]>::to_vec),
        }
    }
}

/// `length` bytes from `offset`, if they are there.
pub fn slice(bytes: &[u8], offset: usize, length: usize) -> Option<&[u8]> {
    bytes.get(offset..offset.checked_add(length)?)
}

fn array<const N: usize>(bytes: &[u8], offset: usize) -> Option<[u8; N]> {
    slice(bytes, offset, N)?.try_into().ok()
}

/// A little-endian integer at `offset`.
pub fn u16_at(bytes: &[u8], offset: usize) -> Option<u16> {
    array(bytes, offset).map(u16::from_le_bytes)
}

/// A little-endian integer at `offset`.
pub fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    array(bytes, offset).map(u32::from_le_bytes)
}

/// A little-endian integer at `offset`.
pub fn i32_at(bytes: &[u8], offset: usize) -> Option<i32> {
    array(bytes, offset).map(i32::from_le_bytes)
}

/// A little-endian integer at `offset`.
pub fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    array(bytes, offset).map(u64::from_le_bytes)
}

/// The text up to the next NUL.
pub fn text_at(bytes: &[u8], offset: usize) -> Option<&[u8]> {
    bytes.get(offset..)?.split(|byte| *byte == 0).next()
}
