//! Functions, files and lines from DWARF: of the module itself, or of its debug file below `/usr/lib/debug`.
//!
//! A debug file is looked for by build id only. The names in `.gnu_debuglink` and the like are the target's, and would have us open
//! any file of ours that it names.

use std::borrow::Cow;
use std::fs::File;
use std::sync::Arc;

use addr2line::{Context, demangle_auto};
use gimli::{Dwarf, LittleEndian, SectionId};

use crate::bytes::Source;
use crate::cfi::Slice;
use crate::elf::Elf;

const DEBUG_FILES: &str = "/usr/lib/debug/.build-id";

/// One function that an address belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub function: Option<String>,
    pub file: Option<String>,
    pub line: Option<u32>,
}

/// The parsed debug information of one module.
pub struct DebugInfo(Context<Slice>);

impl std::fmt::Debug for DebugInfo {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("DebugInfo")
    }
}

impl DebugInfo {
    /// `None` where there is none, or more than `most` bytes of it.
    pub fn load(elf: &Elf, build_id: Option<&str>, most: usize) -> Option<Self> {
        Self::of(elf, most).or_else(|| Self::of(&debug_file(build_id?)?, most))
    }

    fn of(elf: &Elf, most: usize) -> Option<Self> {
        elf.section(".debug_info")?;
        let mut left = most;
        let section = |id: SectionId| -> Result<Slice, ()> {
            let Some(section) = elf.section(id.name()) else {
                return Ok(Slice::new(Arc::from([]), LittleEndian));
            };
            let content = elf.content(section, left).ok_or(())?;
            left -= content.len();
            Ok(Slice::new(Arc::from(content), LittleEndian))
        };
        let dwarf = Dwarf::load(section).ok()?;
        Context::from_dwarf(dwarf).ok().map(Self)
    }

    /// The functions at an address, the innermost inlined one first; empty where nothing is known.
    pub fn lines(&self, address: u64, most: usize) -> Vec<Line> {
        let mut lines = Vec::new();
        // addr2line adds one to it.
        if address == u64::MAX {
            return lines;
        }
        let Ok(mut frames) = self.0.find_frames(address).skip_all_loads() else {
            return lines;
        };
        while let Ok(Some(frame)) = frames.next() {
            let name = frame.function.as_ref().and_then(|function| function.demangle().ok());
            let location = frame.location.as_ref();
            lines.push(Line {
                function: name.map(Cow::into_owned),
                file: location.and_then(|location| location.file).map(str::to_owned),
                line: location.and_then(|location| location.line).filter(|line| *line != 0),
            });
            if lines.len() >= most {
                break;
            }
        }
        lines
    }
}

/// The name of a symbol as its language writes it.
pub fn demangled(name: &str) -> String {
    demangle_auto(Cow::Borrowed(name), None).into_owned()
}

/// A build id is hexadecimal digits, so the path leads nowhere else.
fn debug_file(build_id: &str) -> Option<Elf> {
    let (folder, name) = build_id.split_at_checked(2)?;
    let file = File::open(format!("{DEBUG_FILES}/{folder}/{name}.debug")).ok()?;
    Elf::parse(Source::File(file))
}
