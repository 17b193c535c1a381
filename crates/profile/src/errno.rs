//! Names of error numbers, which Podman's format takes instead of numbers.

use syscalls::Errno;

/// The last number of `asm-generic/errno.h`. What the kernel has above 511 never leaves it.
const LAST_NAMED: u16 = 133;

/// Second names, of `asm-generic/errno.h` and, for `ENOTSUP`, of `errno.h` of the C libraries.
const ALIASES: [(&str, Errno); 3] = [
    ("EWOULDBLOCK", Errno::EWOULDBLOCK),
    ("EDEADLOCK", Errno::EDEADLOCK),
    ("ENOTSUP", Errno::EOPNOTSUPP),
];

/// The number that a name has on x86 and arm, which share `asm-generic/errno.h`.
pub(crate) fn errno_number(name: &str) -> Option<u16> {
    let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
    alias.map_or_else(|| listed(name), |(_, errno)| u16::try_from(errno.into_raw()).ok())
}

/// The name that a number has.
pub(crate) fn errno_name(number: u16) -> Option<&'static str> {
    let named = (1..=LAST_NAMED).contains(&number);
    named.then(|| Errno::new(number.into()).name()).flatten()
}

fn listed(name: &str) -> Option<u16> {
    (1..=LAST_NAMED).find(|&number| errno_name(number) == Some(name))
}

#[cfg(test)]
mod tests {
    use super::errno_number;

    #[test]
    fn names_have_the_numbers_of_the_generic_header() {
        for (name, number) in [
            ("EPERM", 1),
            ("EAGAIN", 11),
            ("EWOULDBLOCK", 11),
            ("EINVAL", 22),
            ("EDEADLK", 35),
            ("EDEADLOCK", 35),
            ("ENOSYS", 38),
            ("EOPNOTSUPP", 95),
            ("ENOTSUP", 95),
            ("EHWPOISON", 133),
        ] {
            assert_eq!(errno_number(name), Some(number), "{name}");
        }
    }

    #[test]
    fn what_never_leaves_the_kernel_has_no_number() {
        for name in ["ERESTARTSYS", "ENOTSUPP", "enosys", "38", ""] {
            assert_eq!(errno_number(name), None, "{name}");
        }
    }

    #[test]
    fn every_number_of_the_header_has_a_name() {
        let named: Vec<u16> = (1..=133)
            .filter(|&number| syscalls::Errno::new(number.into()).name().is_some())
            .collect();
        // 41 and 58 are the places of EWOULDBLOCK and EDEADLOCK.
        let expected: Vec<u16> = (1..=133).filter(|number| ![41, 58].contains(number)).collect();
        assert_eq!(named, expected);
    }
}
