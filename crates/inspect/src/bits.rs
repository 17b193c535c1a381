//! Numbers whose bits have names.

/// Names of bits, and of the values of some bits that are one number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bits {
    /// The bits that are one number; 0 where there are none.
    pub(crate) mask: u64,
    /// Names of that number.
    pub(crate) values: &'static [(u64, &'static str)],
    /// Names of the other bits.
    pub(crate) flags: &'static [(u64, &'static str)],
}

/// Only flags.
pub(crate) const fn flags(flags: &'static [(u64, &'static str)]) -> Bits {
    Bits {
        mask: 0,
        values: &[],
        flags,
    }
}

/// Only one number.
pub(crate) const fn one_of(values: &'static [(u64, &'static str)]) -> Bits {
    Bits {
        mask: u64::MAX,
        values,
        flags: &[],
    }
}

impl Bits {
    /// Names joined by `|`; what has none follows in hexadecimal.
    pub(crate) fn name(&self, value: u64) -> String {
        let (mut words, rest) = self.split(value);
        if rest != 0 || words.is_empty() {
            words.push(hex(rest));
        }
        words.join("|")
    }

    fn split(&self, value: u64) -> (Vec<String>, u64) {
        let number = value & self.mask;
        let named = self.values.iter().find(|(known, _)| self.mask != 0 && *known == number);
        let mut words: Vec<String> = named.map(|(_, name)| (*name).to_owned()).into_iter().collect();
        let mut rest = if named.is_some() { value & !self.mask } else { value };
        for (bits, name) in self.flags {
            // Not of a number's bits that happen to be the same.
            if rest & !self.mask & bits == *bits {
                words.push((*name).to_owned());
                rest &= !bits;
            }
        }
        (words, rest)
    }
}

/// `0` and `0x1f`, as strace writes numbers whose bits count.
pub(crate) fn hex(value: u64) -> String {
    if value == 0 {
        "0".to_owned()
    } else {
        format!("{value:#x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGS: Bits = flags(&[(1, "ONE"), (4, "FOUR")]);
    const TYPE: Bits = Bits {
        mask: 0xf,
        values: &[(0, "NONE"), (2, "TWO")],
        flags: &[(0x80, "FLAG")],
    };

    #[test]
    fn flags_are_named_and_the_rest_is_hexadecimal() {
        let named: Vec<String> = [0, 5, 6, 0x100].iter().map(|value| FLAGS.name(*value)).collect();
        assert_eq!(named, ["0", "ONE|FOUR", "FOUR|0x2", "0x100"]);
    }

    #[test]
    fn a_number_among_flags_is_named_as_one() {
        let named: Vec<String> = [0, 0x82, 0x83, 0x102].iter().map(|value| TYPE.name(*value)).collect();
        assert_eq!(named, ["NONE", "TWO|FLAG", "FLAG|0x3", "TWO|0x100"]);
    }

    #[test]
    fn one_number_is_never_half_named() {
        let bits = one_of(&[(1, "ONE"), (0xfee1_dead, "MAGIC")]);
        assert_eq!(
            [bits.name(0xfee1_dead), bits.name(3), bits.name(0)],
            ["MAGIC", "0x3", "0"]
        );
    }
}
