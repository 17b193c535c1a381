//! Names of functions by address: `.symtab`, or `.dynsym` of a stripped file.

use std::cmp::Reverse;

use crate::bytes::{text_at, u16_at, u32_at, u64_at};
use crate::elf::Elf;

const SYMBOL_BYTES: usize = 24;
const MAX_SYMBOL_BYTES: usize = 64 << 20;
const MAX_NAME_BYTES: usize = 128 << 20;

// elf.h.
const STT_NOTYPE: u8 = 0;
const STT_FUNC: u8 = 2;
const STT_GNU_IFUNC: u8 = 10;
const SHN_UNDEF: u16 = 0;

/// The functions of one module, by their addresses.
#[derive(Debug, Default)]
pub struct Symbols {
    functions: Vec<Function>,
    names: Vec<u8>,
    /// Whether functions may lie between those that are known.
    partial: bool,
}

#[derive(Clone, Copy, Debug)]
struct Function {
    start: u64,
    bytes: u64,
    name: u32,
    /// The better one of two at one address has the higher rank.
    rank: u8,
}

impl Symbols {
    pub fn load(elf: &Elf) -> Self {
        let loaded = load(elf, ".symtab", ".strtab", false).filter(|symbols| !symbols.functions.is_empty());
        loaded
            .or_else(|| load(elf, ".dynsym", ".dynstr", true))
            .unwrap_or_default()
    }

    /// The function that an address lies in: its start and its name as the linker knows it.
    pub fn find(&self, address: u64) -> Option<(u64, String)> {
        let after = self.functions.partition_point(|function| function.start <= address);
        let function = self.functions.get(after.checked_sub(1)?)?;
        // Assembly often has no size; then a function reaches to the next one, if that is known.
        let within = address - function.start < function.bytes || (function.bytes == 0 && !self.partial);
        if !within {
            return None;
        }
        let name = text_at(&self.names, usize::try_from(function.name).ok()?)?;
        Some((function.start, String::from_utf8_lossy(name).into_owned()))
    }
}

fn load(elf: &Elf, table: &str, names: &str, partial: bool) -> Option<Symbols> {
    let names = elf.content(elf.section(names)?, MAX_NAME_BYTES)?;
    let table = elf.content(elf.section(table)?, MAX_SYMBOL_BYTES)?;
    let mut functions: Vec<Function> = table.chunks_exact(SYMBOL_BYTES).filter_map(function).collect();
    // On arm64 `$x` and `$d` tell code from data (AAELF64, 4.5.4).
    let is_mark = |function: &Function| {
        let name = usize::try_from(function.name).ok().and_then(|at| text_at(&names, at));
        name.is_some_and(|name| name.starts_with(b"$"))
    };
    functions.retain(|function| !is_mark(function));
    // Of a C library's many names for one function the one that programs call has the fewest underscores.
    let underscores = |function: &Function| {
        let name = usize::try_from(function.name).ok().and_then(|at| text_at(&names, at));
        name.map_or(0, |name| name.iter().take_while(|byte| **byte == b'_').count())
    };
    functions.sort_by_cached_key(|function| {
        (
            function.start,
            Reverse(function.rank),
            underscores(function),
            function.name,
        )
    });
    functions.dedup_by_key(|function| function.start);
    Some(Symbols {
        functions,
        names,
        partial,
    })
}

fn function(symbol: &[u8]) -> Option<Function> {
    let info = *symbol.get(4)?;
    let (kind, binding) = (info & 15, info >> 4);
    let is_code = matches!(kind, STT_FUNC | STT_GNU_IFUNC | STT_NOTYPE) && u16_at(symbol, 6)? != SHN_UNDEF;
    let (start, name) = (u64_at(symbol, 8)?, u32_at(symbol, 0)?);
    (is_code && start != 0 && name != 0).then_some(Function {
        start,
        bytes: u64_at(symbol, 16)?,
        name,
        rank: u8::from(kind != STT_NOTYPE) * 2 + u8::from(binding != 0),
    })
}
