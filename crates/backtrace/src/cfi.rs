//! Unwind tables: `.eh_frame`, which programs carry to be able to throw, and `.debug_frame`.

use std::sync::Arc;

use gimli::{
    BaseAddresses, CfaRule, DebugFrame, EhFrame, EhFrameOffset, Encoding, EndianArcSlice, Expression,
    FrameDescriptionEntry, LittleEndian, Register, RegisterRule, UnwindContext, UnwindExpression, UnwindSection,
};

use crate::elf::Elf;
use crate::search_table::SearchTable;

const MAX_TABLE_BYTES: usize = 64 << 20;
const ADDRESS_BYTES: u8 = 8;

/// Bytes that gimli reads.
pub type Slice = EndianArcSlice<LittleEndian>;

/// The tables of one module.
#[derive(Debug)]
pub struct Cfi {
    exceptions: Option<Exceptions>,
    debug: Option<DebugFrame<Slice>>,
    bases: BaseAddresses,
}

#[derive(Debug)]
struct Exceptions {
    frame: EhFrame<Slice>,
    /// Where it is mapped.
    address: u64,
    /// The sorted table of its entries; without one they are gone through.
    table: Option<SearchTable>,
}

/// How to find the caller from one place in a function.
#[derive(Debug)]
pub struct Row {
    /// Where the function starts, by the file's own addresses.
    pub start: u64,
    /// Whether a signal interrupted the code that it returns to.
    pub signal: bool,
    /// The rule for the caller's stack pointer.
    pub cfa: CfaRule<usize>,
    /// How expressions in it are encoded.
    pub encoding: Encoding,
    rules: Vec<(Register, RegisterRule<usize>)>,
    of_exceptions: bool,
}

impl Row {
    /// The rule for a register; `None` where the table has none.
    pub fn rule(&self, register: Register) -> Option<&RegisterRule<usize>> {
        let found = self.rules.iter().find(|(number, _)| *number == register)?;
        Some(&found.1)
    }
}

impl Cfi {
    pub fn load(elf: &Elf) -> Self {
        let address = |name: &str| elf.section(name).map(|section| section.address);
        let mut bases = BaseAddresses::default();
        if let Some(address) = address(".eh_frame") {
            bases = bases.set_eh_frame(address);
        }
        if let Some(address) = address(".text") {
            bases = bases.set_text(address);
        }
        if let Some(address) = address(".got") {
            bases = bases.set_got(address);
        }
        let exceptions = load(elf, ".eh_frame").map(|frame| Exceptions {
            frame: EhFrame::from(frame),
            address: address(".eh_frame").unwrap_or_default(),
            table: search_table(elf),
        });
        let debug = load(elf, ".debug_frame").map(|frame| {
            let mut frame = DebugFrame::from(frame);
            frame.set_address_size(ADDRESS_BYTES);
            frame
        });
        Self {
            exceptions,
            debug,
            bases,
        }
    }

    /// The row for a place in a function, by the file's own addresses.
    pub fn row(&self, address: u64) -> Option<Row> {
        let of_exceptions = || {
            let tables = self.exceptions.as_ref()?;
            let fde = tables.entry(&self.bases, address)?;
            self.row_of(&tables.frame, &fde, address, true)
        };
        let of_debug = || {
            let frame = self.debug.as_ref()?;
            let fde = frame
                .fde_for_address(&self.bases, address, DebugFrame::cie_from_offset)
                .ok()?;
            self.row_of(frame, &fde, address, false)
        };
        of_exceptions().or_else(of_debug)
    }

    fn row_of<S: UnwindSection<Slice>>(
        &self,
        section: &S,
        fde: &FrameDescriptionEntry<Slice>,
        address: u64,
        of_exceptions: bool,
    ) -> Option<Row> {
        let mut context = UnwindContext::new();
        let row = fde
            .unwind_info_for_address(section, &self.bases, &mut context, address)
            .ok()?;
        Some(Row {
            start: fde.initial_address(),
            signal: fde.is_signal_trampoline(),
            cfa: row.cfa().clone(),
            encoding: fde.cie().encoding(),
            rules: row.registers().cloned().collect(),
            of_exceptions,
        })
    }

    /// An expression of a row of these tables.
    pub fn expression(&self, row: &Row, expression: UnwindExpression<usize>) -> Option<Expression<Slice>> {
        if row.of_exceptions {
            expression.get(&self.exceptions.as_ref()?.frame).ok()
        } else {
            expression.get(self.debug.as_ref()?).ok()
        }
    }
}

impl Exceptions {
    fn entry(&self, bases: &BaseAddresses, address: u64) -> Option<FrameDescriptionEntry<Slice>> {
        let find = EhFrame::cie_from_offset;
        let Some(table) = &self.table else {
            return self.frame.fde_for_address(bases, address, find).ok();
        };
        let offset = table.entry_of(address)?.checked_sub(self.address)?;
        let offset = EhFrameOffset(usize::try_from(offset).ok()?);
        let entry = self.frame.fde_from_offset(bases, offset, find).ok()?;
        entry.contains(address).then_some(entry)
    }
}

fn search_table(elf: &Elf) -> Option<SearchTable> {
    let section = elf.section(".eh_frame_hdr")?;
    SearchTable::parse(&elf.content(section, MAX_TABLE_BYTES)?, section.address)
}

fn load(elf: &Elf, name: &str) -> Option<Slice> {
    let content = elf.content(elf.section(name)?, MAX_TABLE_BYTES)?;
    (!content.is_empty()).then(|| Slice::new(Arc::from(content), LittleEndian))
}
