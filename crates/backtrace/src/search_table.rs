//! `.eh_frame_hdr`: where in `.eh_frame` the entry of an address lies, found by halving (LSB, 10.6.2).
//!
//! Read here and not by gimli, which subtracts and multiplies what the file says without looking for an overflow.

use crate::bytes::{i32_at, u32_at};

const VERSION: u8 = 1;
/// Four bytes, from where they stand; from the start of the section.
const PC_RELATIVE_4: u8 = 0x1b;
const UNSIGNED_4: u8 = 0x03;
const SECTION_RELATIVE_4: u8 = 0x3b;
const HEAD_BYTES: usize = 12;
const ROW_BYTES: usize = 8;

/// A sorted table as all linkers write it.
#[derive(Debug)]
pub struct SearchTable {
    /// The section's address.
    address: u64,
    rows: Vec<u8>,
}

impl SearchTable {
    /// `None` where the section has no table, or one that is written in another way.
    pub fn parse(section: &[u8], address: u64) -> Option<Self> {
        let [VERSION, PC_RELATIVE_4, UNSIGNED_4, SECTION_RELATIVE_4] = section.get(..4)? else {
            return None;
        };
        let count = usize::try_from(u32_at(section, 8)?).ok()?;
        let end = count.checked_mul(ROW_BYTES)?.checked_add(HEAD_BYTES)?;
        let rows = section.get(HEAD_BYTES..end)?.to_vec();
        Some(Self { address, rows })
    }

    /// The address of the only entry that can be that of the code at `address`.
    pub fn entry_of(&self, address: u64) -> Option<u64> {
        let (rows, _) = self.rows.as_chunks::<ROW_BYTES>();
        let behind = rows.partition_point(|row| self.at(row, 0).is_some_and(|start| start <= address));
        self.at(rows.get(behind.checked_sub(1)?)?, 4)
    }

    fn at(&self, row: &[u8], offset: usize) -> Option<u64> {
        self.address.checked_add_signed(i64::from(i32_at(row, offset)?))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    const ADDRESS: u64 = 0x2000;

    fn section(count: u32, rows: &[(i32, i32)]) -> Vec<u8> {
        let mut bytes = vec![VERSION, PC_RELATIVE_4, UNSIGNED_4, SECTION_RELATIVE_4, 0, 0, 0, 0];
        bytes.extend(count.to_le_bytes());
        for (start, entry) in rows {
            bytes.extend(start.to_le_bytes());
            bytes.extend(entry.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn an_address_belongs_to_the_last_function_that_starts_before_it() {
        let rows = [(-0x1000, 0x100), (-0xf00, 0x200), (0x10, 0x300)];
        let table = SearchTable::parse(&section(3, &rows), ADDRESS).unwrap();
        let entries = [0xfff, 0x1000, 0x10ff, 0x1100, 0x200f, 0x2010, u64::MAX].map(|address| table.entry_of(address));
        let expected = [
            None,
            Some(0x2100),
            Some(0x2100),
            Some(0x2200),
            Some(0x2200),
            Some(0x2300),
            Some(0x2300),
        ];
        assert_eq!(entries, expected);
    }

    #[test]
    fn values_beyond_all_addresses_lead_nowhere() {
        let rows = [(i32::MIN, i32::MIN), (i32::MAX, i32::MAX)];
        let low = SearchTable::parse(&section(2, &rows), 0).unwrap();
        assert_eq!(low.entry_of(0), None);
        let high = SearchTable::parse(&section(2, &rows), u64::MAX).unwrap();
        assert_eq!(high.entry_of(u64::MAX), Some(u64::MAX - (1 << 31)));
    }

    #[test]
    fn more_rows_than_there_are_and_other_ways_of_writing_are_no_table() {
        assert!(SearchTable::parse(&section(2, &[(0, 0)]), ADDRESS).is_none());
        assert!(SearchTable::parse(&section(u32::MAX, &[(0, 0)]), ADDRESS).is_none());
        assert!(SearchTable::parse(&[VERSION, PC_RELATIVE_4, UNSIGNED_4], ADDRESS).is_none());
        let mut wide = section(1, &[(0, 0)]);
        for way in [0xff, 0x1b, 0x3c, 0x33] {
            *wide.get_mut(3).unwrap() = way;
            assert!(SearchTable::parse(&wide, ADDRESS).is_none(), "{way:#x}");
        }
    }
}
