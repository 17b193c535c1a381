//! The arguments of one call in words.

use notifyd_bpf::SeccompData;

use crate::abi::Abi;
use crate::bits::hex;
use crate::flags;
use crate::kind::Kind;
use crate::memory::{Memory, read_string, read_word};
use crate::names::name_of;
use crate::signature;
use crate::text::{CUT, quote};

/// Longest path, in bytes.
const MOST_PATH_BYTES: usize = 256;
/// Longest other string.
const MOST_TEXT_BYTES: usize = 64;
/// Most words of a command line.
const MOST_WORDS: usize = 16;
const AT_FDCWD: i32 = -100;

/// Each argument as strace(1) writes it; all six in hexadecimal of a call whose arguments are not known. A pointer that
/// cannot be read stays a number.
#[must_use]
pub fn decode(data: &SeccompData, memory: &dyn Memory) -> Vec<String> {
    let abi = Abi::of(data);
    let call = Call {
        abi,
        arguments: abi.arguments(data),
        memory,
    };
    let kinds = name_of(data).and_then(signature::of).unwrap_or(&[Kind::Hex; 6]);
    let count = call.count(kinds);
    kinds
        .iter()
        .zip(call.arguments)
        .take(count)
        .map(|(kind, value)| call.write(*kind, value))
        .collect()
}

struct Call<'a> {
    abi: Abi,
    arguments: [u64; 6],
    memory: &'a dyn Memory,
}

impl Call<'_> {
    /// Without a mode that nobody looks at.
    fn count(&self, kinds: &[Kind]) -> usize {
        let [.., Kind::Open, Kind::CreationMode] = kinds else {
            return kinds.len();
        };
        let opened = self.arguments.get(kinds.len() - 2).copied().unwrap_or_default();
        if opened & flags::CREATING == 0 {
            kinds.len() - 1
        } else {
            kinds.len()
        }
    }

    fn write(&self, kind: Kind, value: u64) -> String {
        match kind {
            Kind::Int => int(value).to_string(),
            Kind::Size => value.to_string(),
            Kind::Hex => hex(value),
            Kind::Mode | Kind::CreationMode => format!("0{:02o}", low(value)),
            Kind::FileMode => self.file_mode(value),
            Kind::Device => device(value),
            Kind::Folder if int(value) == AT_FDCWD => "AT_FDCWD".to_owned(),
            Kind::Folder => int(value).to_string(),
            Kind::Path => self.string(value, MOST_PATH_BYTES),
            Kind::Text => self.string(value, MOST_TEXT_BYTES),
            Kind::Words => self.words(value),
            Kind::Bits(bits) => bits.name(low(value)),
            Kind::Open => self.open_flags(low(value)),
            Kind::Protocol => self.protocol(value),
            Kind::CloneArguments => self.clone_arguments(value),
            Kind::OpenHow => self.open_how(value),
            Kind::Keyring => special_or_int(flags::KEYRINGS, value),
            Kind::Signal => special_or_int(flags::SIGNALS.values, value),
        }
    }

    fn string(&self, address: u64, most: usize) -> String {
        if address == 0 {
            return "NULL".to_owned();
        }
        let read = read_string(self.memory, address, most);
        read.map_or_else(|| hex(address), |string| quote(&string.bytes, string.is_cut))
    }

    fn words(&self, address: u64) -> String {
        let mut words = Vec::new();
        for index in 0..=MOST_WORDS {
            match self.pointer(address, index) {
                None if index == 0 => return if address == 0 { "NULL".to_owned() } else { hex(address) },
                Some(0) => return format!("[{}]", words.join(", ")),
                Some(word) if index < MOST_WORDS => words.push(self.string(word, MOST_TEXT_BYTES)),
                _ => break,
            }
        }
        format!("[{}, {CUT}]", words.join(", "))
    }

    fn pointer(&self, address: u64, index: usize) -> Option<u64> {
        let bytes = self.abi.pointer_bytes();
        read_word(self.memory, at(address, index, bytes)?, bytes)
    }

    fn field(&self, address: u64, index: usize) -> Option<u64> {
        read_word(self.memory, at(address, index, 8)?, 8)
    }

    fn open_flags(&self, value: u64) -> String {
        let bits = if self.abi.opens_as_arm() {
            flags::ARM_OPEN
        } else {
            flags::OPEN
        };
        bits.name(value)
    }

    fn protocol(&self, value: u64) -> String {
        match self.arguments.first().copied().map(low) {
            Some(2 | 10) => flags::INET_PROTOCOL.name(low(value)),
            Some(16) => flags::NETLINK_PROTOCOL.name(low(value)),
            _ => int(value).to_string(),
        }
    }

    fn file_mode(&self, value: u64) -> String {
        let (file_type, mode) = (low(value) & 0o170_000, self.write(Kind::Mode, value & 0o7777));
        let named = flags::FILE_TYPE.iter().find(|(known, _)| *known == file_type);
        named.map_or_else(|| self.write(Kind::Mode, value), |(_, name)| format!("{name}|{mode}"))
    }

    /// `flags`, `pidfd`, `child_tid`, `parent_tid`, `exit_signal`, each of 64 bits (`linux/sched.h`).
    fn clone_arguments(&self, address: u64) -> String {
        let (Some(named), Some(signal)) = (self.field(address, 0), self.field(address, 4)) else {
            return hex(address);
        };
        let signal = special_or_int(flags::SIGNALS.values, signal);
        format!("{{flags={}, exit_signal={signal}, {CUT}}}", flags::CLONE3.name(named))
    }

    /// `flags`, `mode`, `resolve`, each of 64 bits (`linux/openat2.h`).
    fn open_how(&self, address: u64) -> String {
        let fields = (self.field(address, 0), self.field(address, 1), self.field(address, 2));
        let (Some(named), Some(mode), Some(resolve)) = fields else {
            return hex(address);
        };
        let (named, mode) = (self.open_flags(named), self.write(Kind::Mode, mode));
        format!(
            "{{flags={named}, mode={mode}, resolve={}}}",
            flags::RESOLVE.name(resolve)
        )
    }
}

fn at(address: u64, index: usize, bytes: usize) -> Option<u64> {
    address.checked_add(u64::try_from(index.checked_mul(bytes)?).ok()?)
}

fn low(value: u64) -> u64 {
    value & u64::from(u32::MAX)
}

fn int(value: u64) -> i32 {
    u32::try_from(low(value)).unwrap_or_default().cast_signed()
}

fn special_or_int(named: &[(u64, &str)], value: u64) -> String {
    let special = named.iter().find(|(known, _)| *known == low(value));
    special.map_or_else(|| int(value).to_string(), |(_, name)| (*name).to_owned())
}

/// As the kernel takes a device number of 32 bits apart (`include/linux/kdev_t.h`).
fn device(value: u64) -> String {
    let major = (value >> 8) & 0xfff;
    let minor = (value & 0xff) | ((value >> 12) & 0xf_ff00);
    format!("makedev({}, {})", hex(major), hex(minor))
}

#[cfg(test)]
mod tests;
