//! The table that every Go program has for its own stack traces (`.gopclntab`), stripped or not: functions, lines, and how far the stack
//! pointer has moved at each place. The format since Go 1.18; that of older ones is not read.
//!
//! References: `runtime/symtab.go` (`pcHeader`) and `runtime/runtime2.go` (`_func`) of Go, `debug/gosym`.

use crate::bytes::{i32_at, text_at, u32_at, u64_at};
use crate::debug_info::Line;
use crate::elf::Elf;

const MAX_TABLE_BYTES: usize = 64 << 20;
const SECTIONS: [&str; 2] = [".gopclntab", ".data.rel.ro.gopclntab"];
const MAGIC_1_18: u32 = 0xffff_fff0;
const MAGIC_1_20: u32 = 0xffff_fff1;
const POINTER_BYTES: u8 = 8;
/// Size of an entry of the table of functions: two numbers of four bytes.
const ENTRY_BYTES: usize = 8;
/// What the function at the entry point is called, before the name of the system.
const ENTRY_NAME: &[u8] = b"_rt0_";
/// `PCDATA_InlTreeIndex`.
const INLINE_TREE: usize = 2;
/// `FuncFlagTopFrame`: nothing called it.
const TOP_FRAME: u8 = 1;
/// `FuncFlagSPWrite`: it moves to another stack.
const WRITES_STACK_POINTER: u8 = 2;

/// The table of one program.
#[derive(Debug)]
pub struct GoTable {
    bytes: Vec<u8>,
    text: u64,
    functions: usize,
    names: usize,
    units: usize,
    files: usize,
    values: usize,
    entries: usize,
    /// Where the flags of a function lie, which moved in Go 1.20.
    flags: usize,
    /// Addresses are counted in units of so many bytes, the size of the smallest instruction.
    unit_bytes: u64,
}

/// A function and one place in it.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// Where its description lies in the table.
    function: usize,
    /// Where its code starts, from the start of all Go code.
    start: u64,
    /// The place, likewise.
    at: u64,
}

/// Where the caller is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Its address lies so far above the stack pointer, in bytes.
    Above(u64),
    /// There is none.
    None,
    /// The function changes stacks.
    Unknown,
}

impl GoTable {
    pub fn load(elf: &Elf) -> Option<Self> {
        let section = SECTIONS.iter().find_map(|name| elf.section(name))?;
        let bytes = elf.content(section, MAX_TABLE_BYTES)?;
        let flags = match u32_at(&bytes, 0)? {
            MAGIC_1_18 => 37,
            MAGIC_1_20 => 41,
            _ => return None,
        };
        if bytes.get(7) != Some(&POINTER_BYTES) {
            return None;
        }
        let number = |place: usize| usize::try_from(u64_at(&bytes, 8 + place * 8)?).ok();
        let mut table = Self {
            text: u64_at(&bytes, 24)?,
            functions: number(0)?,
            names: number(3)?,
            units: number(4)?,
            files: number(5)?,
            values: number(6)?,
            entries: number(7)?,
            flags,
            unit_bytes: u64::from(*bytes.get(6)?),
            bytes,
        };
        // Since Go 1.26, and where the loader has to move the program, the table does not say where its code starts.
        if table.text == 0 {
            table.text = elf.section(".text")?.address;
        }
        table.names_entry(elf.entry).then_some(table)
    }

    /// Whether the program's first function is where the table has it: in programs that C starts, Go's code starts elsewhere.
    fn names_entry(&self, entry: u64) -> bool {
        let place = self.place(entry);
        let name = place
            .filter(|place| place.start == place.at)
            .and_then(|place| self.name(place.function));
        name.is_some_and(|name| name.starts_with(ENTRY_NAME))
    }

    /// Where the caller of a place is, by the file's own addresses; `None` where it is no Go code.
    pub fn caller(&self, address: u64) -> Option<Caller> {
        let place = self.place(address)?;
        let flags = self.bytes.get(place.function.checked_add(self.flags)?)?;
        if flags & TOP_FRAME != 0 {
            return Some(Caller::None);
        }
        if flags & WRITES_STACK_POINTER != 0 {
            return Some(Caller::Unknown);
        }
        let moved = self.value(place, 16)?;
        Some(u64::try_from(moved).map_or(Caller::Unknown, Caller::Above))
    }

    /// Function, file and line of a place; empty where it is no Go code.
    ///
    /// Of a function that the compiler put into another one the table has the line, and leaves its name to a table that only the
    /// running program finds.
    pub fn lines(&self, address: u64) -> Vec<Line> {
        let Some((place, name)) = self
            .place(address)
            .and_then(|place| Some((place, self.name(place.function)?)))
        else {
            return Vec::new();
        };
        let of_place = Line {
            function: None,
            file: self.file(place),
            line: self.value(place, 24).and_then(|line| u32::try_from(line).ok()),
        };
        let function = Some(String::from_utf8_lossy(name).into_owned());
        if self.is_inlined(place) {
            let outer = Line {
                function,
                file: None,
                line: None,
            };
            return vec![of_place, outer];
        }
        vec![Line { function, ..of_place }]
    }

    /// Whether a place belongs to an inlined function: `PCDATA_InlTreeIndex` is the third list behind the description.
    fn is_inlined(&self, place: Place) -> bool {
        let count = self.field(place.function, 28);
        let list = self.flags + 3 + INLINE_TREE * 4;
        let is_there = count.is_some_and(|count| count > INLINE_TREE) && self.field(place.function, list) != Some(0);
        is_there && self.value(place, list).is_some_and(|index| index >= 0)
    }

    fn place(&self, address: u64) -> Option<Place> {
        let at = address.checked_sub(self.text)?;
        let start = |index: usize| self.entry(index, 0).map(u64::from);
        let (mut low, mut high) = (0, self.functions);
        // The last entry is the end of all code.
        if self.functions == 0 || start(self.functions)? <= at || start(0)? > at {
            return None;
        }
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if start(middle)? <= at {
                low = middle;
            } else {
                high = middle;
            }
        }
        let function = self.entries.checked_add(usize::try_from(self.entry(low, 4)?).ok()?)?;
        Some(Place {
            function,
            start: start(low)?,
            at,
        })
    }

    fn entry(&self, index: usize, part: usize) -> Option<u32> {
        let place = index.checked_mul(ENTRY_BYTES)?.checked_add(part)?;
        u32_at(&self.bytes, self.entries.checked_add(place)?)
    }

    fn field(&self, function: usize, offset: usize) -> Option<usize> {
        usize::try_from(u32_at(&self.bytes, function.checked_add(offset)?)?).ok()
    }

    fn name(&self, function: usize) -> Option<&[u8]> {
        let name = i32_at(&self.bytes, function.checked_add(4)?)?;
        text_at(&self.bytes, self.names.checked_add(usize::try_from(name).ok()?)?)
    }

    fn file(&self, place: Place) -> Option<String> {
        let in_unit = usize::try_from(self.value(place, 20)?).ok()?;
        let unit = self.field(place.function, 32)?.checked_add(in_unit)?.checked_mul(4)?;
        let file = usize::try_from(u32_at(&self.bytes, self.units.checked_add(unit)?)?).ok()?;
        let name = text_at(&self.bytes, self.files.checked_add(file)?)?;
        Some(String::from_utf8_lossy(name).into_owned())
    }

    /// The value at a place of the list that a field of the function leads to: pairs of differences, of values and of addresses.
    fn value(&self, place: Place, field: usize) -> Option<i64> {
        let mut at = self.values.checked_add(self.field(place.function, field)?)?;
        let mut next = || {
            let (value, after) = variable_length(&self.bytes, at)?;
            at = after;
            Some(value)
        };
        let (mut value, mut end) = (-1_i64, place.start);
        loop {
            let difference = next()?;
            if difference == 0 && end != place.start {
                return None;
            }
            let half = i64::from(difference >> 1);
            value = value.checked_add(if difference & 1 == 0 { half } else { !half })?;
            let reach = next()?;
            end = end.checked_add(u64::from(reach) * self.unit_bytes)?;
            if place.at < end {
                return Some(value);
            }
            if reach == 0 {
                return None;
            }
        }
    }
}

/// A number in pieces of seven bits, the lowest first, and where it ends.
fn variable_length(bytes: &[u8], mut at: usize) -> Option<(u32, usize)> {
    let mut value = 0;
    for shift in (0..32).step_by(7) {
        let byte = *bytes.get(at)?;
        at += 1;
        value |= u32::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some((value, at));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function's description whose only field leads to the list behind it: 7 for three units, 8 for two.
    const LIST: [u8; 9] = [0, 0, 0, 0, 16, 3, 2, 2, 0];

    fn values(unit_bytes: u64, distances: &[u64]) -> Vec<Option<i64>> {
        let table = GoTable {
            bytes: LIST.to_vec(),
            text: 0,
            functions: 0,
            names: 0,
            units: 0,
            files: 0,
            values: 4,
            entries: 0,
            flags: 0,
            unit_bytes,
        };
        let place = |distance: &u64| Place {
            function: 0,
            start: 0x100,
            at: 0x100 + distance,
        };
        distances
            .iter()
            .map(|distance| table.value(place(distance), 0))
            .collect()
    }

    #[test]
    fn lists_count_addresses_in_the_smallest_instruction() {
        assert_eq!(values(1, &[0, 2, 3, 4, 5]), [Some(7), Some(7), Some(8), Some(8), None]);
        assert_eq!(
            values(4, &[0, 11, 12, 19, 20]),
            [Some(7), Some(7), Some(8), Some(8), None]
        );
    }
}
