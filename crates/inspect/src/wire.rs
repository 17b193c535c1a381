//! What the supervisor and this program say to each other: one message of a SOCK_SEQPACKET socket per request and per reply.

use notifyd_bpf::SeccompData;

/// Size of a request.
pub const REQUEST_BYTES: usize = 80;
/// Most bytes of a reply.
pub const MAX_REPLY_BYTES: usize = 16 * 1024;
/// What a reply begins with: the serial of its request, and the call site. The rest is JSON ([`Detail`](crate::Detail)).
pub const REPLY_HEAD_BYTES: usize = 16;

/// A waiting call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// Comes back with the reply.
    pub serial: u64,
    /// The waiting thread, in the pid namespace of both.
    pub tid: u32,
    /// What the filter saw.
    pub data: SeccompData,
    /// How long finding its callers may take, in milliseconds; 0: they are not looked for.
    pub backtrace_ms: u32,
}

impl Request {
    /// The message, little-endian: serial, thread, time for its callers, and the call.
    #[must_use]
    pub fn to_bytes(&self) -> [u8; REQUEST_BYTES] {
        let SeccompData {
            nr,
            arch,
            instruction_pointer,
            args: [a, b, c, d, e, f],
        } = self.data;
        let call = u64::from(nr.cast_unsigned()) | u64::from(arch) << 32;
        let words = [
            self.serial,
            u64::from(self.tid) | u64::from(self.backtrace_ms) << 32,
            call,
            instruction_pointer,
            a,
            b,
            c,
            d,
            e,
            f,
        ];
        let mut bytes = [0; REQUEST_BYTES];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// `None` for a message of another length.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: &[u8; REQUEST_BYTES] = bytes.try_into().ok()?;
        let mut words = bytes
            .chunks_exact(8)
            .filter_map(|word| word.try_into().ok())
            .map(u64::from_le_bytes);
        let mut next = || words.next();
        let (serial, tid, call, instruction_pointer) = (next()?, next()?, next()?, next()?);
        let args = [next()?, next()?, next()?, next()?, next()?, next()?];
        Some(Self {
            serial,
            tid: low(tid),
            backtrace_ms: low(tid >> 32),
            data: SeccompData {
                nr: low(call).cast_signed(),
                arch: low(call >> 32),
                instruction_pointer,
                args,
            },
        })
    }
}

/// The lower half.
fn low(word: u64) -> u32 {
    let [a, b, c, d, ..] = word.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// What is told of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// That of the request.
    pub serial: u64,
    /// Where the call was made, if that was found out; the same number for all calls made there.
    pub site: Option<u64>,
    /// JSON.
    pub text: &'a str,
}

impl Reply<'_> {
    /// The message, little-endian: serial, site (0: none), text.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(REPLY_HEAD_BYTES + self.text.len());
        bytes.extend(self.serial.to_le_bytes());
        bytes.extend(self.site.unwrap_or(0).to_le_bytes());
        bytes.extend(self.text.as_bytes());
        bytes
    }
}

/// The parts of a reply; `None` where it is too short or no UTF-8.
#[must_use]
pub fn split_reply(bytes: &[u8]) -> Option<Reply<'_>> {
    let (serial, rest) = bytes.split_first_chunk()?;
    let (site, text) = rest.split_first_chunk()?;
    Some(Reply {
        serial: u64::from_le_bytes(*serial),
        site: Some(u64::from_le_bytes(*site)).filter(|site| *site != 0),
        text: std::str::from_utf8(text).ok()?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn a_request_survives_the_way() {
        let request = Request {
            serial: u64::MAX,
            tid: 4_194_304,
            backtrace_ms: u32::MAX - 1,
            data: SeccompData {
                nr: -7,
                arch: 0xc000_003e,
                instruction_pointer: 0x7fff_0000_1234,
                args: [0, 1, u64::MAX, 3, 4, 1 << 63],
            },
        };
        assert_eq!(Request::from_bytes(&request.to_bytes()), Some(request));
        assert_eq!(Request::from_bytes(&request.to_bytes()[1..]), None);
    }

    #[test]
    fn a_reply_survives_the_way() {
        for site in [None, Some(1), Some(u64::MAX)] {
            let reply = Reply {
                serial: 7,
                site,
                text: "{}",
            };
            assert_eq!(split_reply(&reply.to_bytes()), Some(reply));
        }
        assert_eq!(split_reply(&[0; REPLY_HEAD_BYTES - 1]), None);
        assert_eq!(split_reply(&[&[0; REPLY_HEAD_BYTES][..], &[0xff]].concat()), None);
    }
}
