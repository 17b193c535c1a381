//! The headers of a 64-bit little-endian ELF file (elf(5)), read with bounds: the file is the target's and may lie.

use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::bytes::{Source, slice, text_at, u16_at, u32_at, u64_at};

/// `e_machine` of arm64.
pub const AARCH64: u16 = 183;
/// `e_machine` of x86-64.
pub const X86_64: u16 = 62;

const HEADER_BYTES: usize = 64;
const SEGMENT_BYTES: u16 = 56;
const SECTION_BYTES: u16 = 64;
const MAX_SEGMENTS: u16 = 256;
const MAX_SECTIONS: u16 = 8192;
const MAX_NAMES_BYTES: usize = 1 << 20;

// elf.h.
const PT_LOAD: u32 = 1;
const SHT_NOBITS: u32 = 8;
const SHF_COMPRESSED: u64 = 1 << 11;
const ELFCOMPRESS_ZLIB: u32 = 1;
const COMPRESSION_HEADER_BYTES: usize = 24;
const NT_GNU_BUILD_ID: u32 = 3;

/// A part of the file that is mapped when it runs (`PT_LOAD`).
#[derive(Clone, Copy, Debug)]
struct Segment {
    offset: u64,
    address: u64,
    bytes: u64,
}

/// A section's header.
#[derive(Clone, Debug)]
pub struct Section {
    name: Vec<u8>,
    /// Where it is mapped, by the file's own addresses.
    pub address: u64,
    offset: u64,
    /// Its size in the file.
    pub bytes: u64,
    compressed: bool,
}

/// An ELF file whose headers were read.
#[derive(Debug)]
pub struct Elf {
    source: Source,
    segments: Vec<Segment>,
    sections: Vec<Section>,
    /// The architecture of its code.
    pub machine: u16,
    /// Where execution starts, by the file's own addresses.
    pub entry: u64,
}

impl Elf {
    /// Reads the headers; `None` where this is no 64-bit little-endian ELF file.
    pub fn parse(source: Source) -> Option<Self> {
        let header = source.read(0, u64::try_from(HEADER_BYTES).ok()?, HEADER_BYTES)?;
        if !header.starts_with(b"\x7fELF\x02\x01") {
            return None;
        }
        let segments = segments(&source, &header)?;
        // A file without section headers still has modules and offsets.
        let sections = sections(&source, &header).unwrap_or_default();
        let (machine, entry) = (u16_at(&header, 18)?, u64_at(&header, 24)?);
        Some(Self {
            source,
            segments,
            sections,
            machine,
            entry,
        })
    }

    /// The file's own address of what lies at `offset` in it.
    pub fn address_of(&self, offset: u64) -> Option<u64> {
        let segment = self
            .segments
            .iter()
            .find(|segment| offset >= segment.offset && offset - segment.offset < segment.bytes)?;
        segment.address.checked_add(offset - segment.offset)
    }

    /// Bytes as they are mapped at the file's own `address`.
    pub fn mapped(&self, address: u64, bytes: u64, most: usize) -> Option<Vec<u8>> {
        let segment = self
            .segments
            .iter()
            .find(|segment| address >= segment.address && address - segment.address < segment.bytes)?;
        let offset = segment.offset.checked_add(address - segment.address)?;
        self.source.read(offset, bytes, most)
    }

    /// A section by its name.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name.as_bytes())
    }

    /// What a section holds, decompressed, if that is at most `most` bytes.
    pub fn content(&self, section: &Section, most: usize) -> Option<Vec<u8>> {
        let raw = self.source.read(section.offset, section.bytes, most)?;
        if section.compressed {
            decompress(&raw, most)
        } else {
            Some(raw)
        }
    }

    /// The build id in hexadecimal digits.
    pub fn build_id(&self) -> Option<String> {
        let section = self.section(".note.gnu.build-id")?;
        let note = self.content(section, 4096)?;
        let (name_bytes, bytes, kind) = (u32_at(&note, 0)?, u32_at(&note, 4)?, u32_at(&note, 8)?);
        if kind != NT_GNU_BUILD_ID || bytes > 64 {
            return None;
        }
        let start = usize::try_from(name_bytes.checked_next_multiple_of(4)?)
            .ok()?
            .checked_add(12)?;
        let id = slice(&note, start, usize::try_from(bytes).ok()?)?;
        Some(id.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

fn segments(source: &Source, header: &[u8]) -> Option<Vec<Segment>> {
    let (size, count) = (u16_at(header, 54)?, u16_at(header, 56)?);
    let table = table(
        source,
        u64_at(header, 32)?,
        (size, SEGMENT_BYTES),
        (count, MAX_SEGMENTS),
    )?;
    let segment = |entry: &[u8]| {
        (u32_at(entry, 0)? == PT_LOAD).then_some(Segment {
            offset: u64_at(entry, 8)?,
            address: u64_at(entry, 16)?,
            bytes: u64_at(entry, 32)?,
        })
    };
    Some(table.chunks(usize::from(SEGMENT_BYTES)).filter_map(segment).collect())
}

fn sections(source: &Source, header: &[u8]) -> Option<Vec<Section>> {
    let (size, count) = (u16_at(header, 58)?, u16_at(header, 60)?);
    let table = table(
        source,
        u64_at(header, 40)?,
        (size, SECTION_BYTES),
        (count, MAX_SECTIONS),
    )?;
    let entries: Vec<&[u8]> = table.chunks(usize::from(SECTION_BYTES)).collect();
    let names = entries.get(usize::from(u16_at(header, 62)?))?;
    let names = source.read(u64_at(names, 24)?, u64_at(names, 32)?, MAX_NAMES_BYTES)?;
    let section = |entry: &&[u8]| {
        let name = text_at(&names, usize::try_from(u32_at(entry, 0)?).ok()?)?.to_vec();
        (u32_at(entry, 4)? != SHT_NOBITS).then_some(Section {
            name,
            address: u64_at(entry, 16)?,
            offset: u64_at(entry, 24)?,
            bytes: u64_at(entry, 32)?,
            compressed: u64_at(entry, 8)? & SHF_COMPRESSED != 0,
        })
    };
    Some(entries.iter().filter_map(section).collect())
}

/// A table of entries of the one size that 64-bit files have.
fn table(source: &Source, offset: u64, size: (u16, u16), count: (u16, u16)) -> Option<Vec<u8>> {
    if size.0 != size.1 || count.0 > count.1 {
        return None;
    }
    let bytes = usize::from(size.0) * usize::from(count.0);
    source.read(offset, u64::try_from(bytes).ok()?, bytes)
}

/// What `Elf64_Chdr` announces and no more: a small section can expand to any size.
fn decompress(raw: &[u8], most: usize) -> Option<Vec<u8>> {
    if u32_at(raw, 0)? != ELFCOMPRESS_ZLIB {
        return None;
    }
    let bytes = u64_at(raw, 8)?;
    if usize::try_from(bytes).ok()? > most {
        return None;
    }
    let mut content = Vec::new();
    let packed = raw.get(COMPRESSION_HEADER_BYTES..)?;
    ZlibDecoder::new(packed).take(bytes).read_to_end(&mut content).ok()?;
    Some(content)
}
