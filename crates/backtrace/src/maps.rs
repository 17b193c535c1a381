//! `/proc/<pid>/maps`: what lies where in the target.

use std::ops::Range;

/// One mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Its addresses.
    pub range: Range<u64>,
    /// Whether code in it can run.
    pub executable: bool,
    /// Where in the file it begins, in bytes.
    pub offset: u64,
    /// The file's inode; 0 where there is no file.
    pub inode: u64,
    /// The file's path in the target's mount namespace as of the mapping, or a name like `[vdso]`; empty for plain memory.
    pub name: String,
    /// Whether the file was removed since.
    pub deleted: bool,
}

impl Mapping {
    /// How the kernel spells it in `/proc/<pid>/map_files`.
    pub fn file_name(&self) -> String {
        format!("{:x}-{:x}", self.range.start, self.range.end)
    }
}

/// All mappings, in the order of their addresses.
#[derive(Clone, Debug, Default)]
pub struct Maps(Vec<Mapping>);

impl Maps {
    /// Reads the text of the file; a line that is cut is left out.
    pub fn parse(text: &str) -> Self {
        Self(text.lines().filter_map(mapping).collect())
    }

    /// The mapping that an address lies in.
    pub fn find(&self, address: u64) -> Option<&Mapping> {
        let after = self.0.partition_point(|mapping| mapping.range.start <= address);
        let mapping = self.0.get(after.checked_sub(1)?)?;
        mapping.range.contains(&address).then_some(mapping)
    }

    /// The mapping of code that an address lies in.
    pub fn code(&self, address: u64) -> Option<&Mapping> {
        self.find(address).filter(|mapping| mapping.executable)
    }

    /// The bits that addresses of the target have; above them a signed pointer has its signature.
    pub fn address_bits(&self) -> u64 {
        let most = self.0.iter().map(|mapping| mapping.range.end).max();
        most.and_then(u64::checked_next_power_of_two)
            .map_or(u64::MAX, |beyond| beyond - 1)
    }

    /// The mappings of code.
    pub fn executable(&self) -> impl Iterator<Item = &Mapping> {
        self.0.iter().filter(|mapping| mapping.executable)
    }
}

/// `start-end perms offset device inode   name`, the name with newlines as `\012`.
fn mapping(line: &str) -> Option<Mapping> {
    let mut rest = line;
    let mut field = || {
        let (field, after) = rest.split_once(' ').unwrap_or((rest, ""));
        rest = after;
        field
    };
    let (range, permissions, offset, _device, inode) = (field(), field(), field(), field(), field());
    let (start, end) = range.split_once('-')?;
    let number = |digits| u64::from_str_radix(digits, 16).ok();
    let name = rest.trim_start();
    let kept = name.strip_suffix(" (deleted)");
    Some(Mapping {
        range: number(start)?..number(end)?,
        executable: permissions.as_bytes().get(2) == Some(&b'x'),
        offset: number(offset)?,
        inode: inode.parse().ok()?,
        name: kept.unwrap_or(name).replace("\\012", "\n"),
        deleted: kept.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
00400000-00401000 r--p 00000000 08:01 11 /bin/a file
00401000-00402000 r-xp 00001000 08:01 11 /bin/a file
7f0000000000-7f0000001000 rw-p 00000000 00:00 0 
7f0000002000-7f0000003000 r-xp 00002000 08:01 12                         /lib/gone (deleted)
7ffc00001000-7ffc00002000 r-xp 00000000 00:00 0                          [vdso]
cut-";

    #[test]
    fn an_address_is_found_in_the_mapping_that_holds_it() {
        let maps = Maps::parse(TEXT);
        assert_eq!(maps.find(0x0040_1fff).map(|mapping| mapping.offset), Some(0x1000));
        assert_eq!(maps.find(0x0040_2000), None);
        assert_eq!(maps.find(0), None);
        assert_eq!(maps.code(0x0040_0fff), None);
    }

    #[test]
    fn names_keep_their_spaces_and_tell_apart_what_was_removed() {
        let maps = Maps::parse(TEXT);
        let names: Vec<_> = maps
            .executable()
            .map(|mapping| (mapping.name.as_str(), mapping.deleted))
            .collect();
        assert_eq!(names, [("/bin/a file", false), ("/lib/gone", true), ("[vdso]", false)]);
    }
}
