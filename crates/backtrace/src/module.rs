//! One file of code, with what was parsed of it so far.

use std::cell::OnceCell;

use crate::bytes::Source;
use crate::cfi::Cfi;
use crate::debug_info::{DebugInfo, Line, demangled};
use crate::elf::Elf;
use crate::go_table::GoTable;
use crate::symbols::Symbols;

/// How far behind its entry point a program's first code reaches, in bytes.
const ENTRY_BYTES: u64 = 64;

/// A file of code; its parts are parsed when they are first asked for.
#[derive(Debug)]
pub struct Module {
    pub elf: Elf,
    pub build_id: Option<String>,
    cfi: OnceCell<Cfi>,
    symbols: OnceCell<Symbols>,
    debug: OnceCell<Option<DebugInfo>>,
    go: OnceCell<Option<GoTable>>,
}

impl Module {
    /// `None` where it is no 64-bit ELF file.
    pub fn parse(source: Source) -> Option<Self> {
        let elf = Elf::parse(source)?;
        let build_id = elf.build_id();
        Some(Self {
            elf,
            build_id,
            cfi: OnceCell::new(),
            symbols: OnceCell::new(),
            debug: OnceCell::new(),
            go: OnceCell::new(),
        })
    }

    pub fn cfi(&self) -> &Cfi {
        self.cfi.get_or_init(|| Cfi::load(&self.elf))
    }

    /// The table of a Go program.
    pub fn go(&self) -> Option<&GoTable> {
        self.go.get_or_init(|| GoTable::load(&self.elf)).as_ref()
    }

    fn symbols(&self) -> &Symbols {
        self.symbols.get_or_init(|| Symbols::load(&self.elf))
    }

    /// Where the function at an address starts, by the file's own addresses.
    pub fn function_start(&self, address: u64) -> Option<u64> {
        self.symbols().find(address).map(|(start, _)| start)
    }

    /// Whether an address lies in the code that the kernel starts, which has no caller.
    pub fn is_entry(&self, address: u64) -> bool {
        address
            .checked_sub(self.elf.entry)
            .is_some_and(|distance| distance < ENTRY_BYTES)
    }

    /// The functions at an address, the innermost inlined one first; at least one, of which nothing may be known.
    pub fn lines(&self, address: u64, most: usize, debug_bytes: usize) -> Vec<Line> {
        let load = || DebugInfo::load(&self.elf, self.build_id.as_deref(), debug_bytes);
        let debug = self.debug.get_or_init(load).as_ref();
        let mut lines = debug.map(|debug| debug.lines(address, most)).unwrap_or_default();
        if lines.is_empty() {
            lines = self.go().map(|table| table.lines(address)).unwrap_or_default();
        }
        if lines.is_empty() {
            lines.push(Line {
                function: None,
                file: None,
                line: None,
            });
        }
        if let Some(outer) = lines
            .last_mut()
            .filter(|line| !line.function.as_deref().is_some_and(is_said))
        {
            let symbol = self.symbols().find(address).map(|(_, name)| demangled(&name));
            outer.function = symbol.or_else(|| outer.function.take());
        }
        lines
    }
}

/// Whether people call a function so: debug information of glibc has the names by which it calls itself, as `__GI_chroot`.
fn is_said(name: &str) -> bool {
    !name.starts_with("__GI_")
}
