//! Finds out whether a listener is served already: the same one twice would make one RECV block the loop for ever.

use std::cmp::Ordering;
use std::os::fd::BorrowedFd;

use notifyd_kernel::compare;

/// What is held, by the kernel's own order of open files, so that a look-up takes a few comparisons.
#[derive(Debug, Default)]
pub(crate) struct Files {
    ordered: Vec<usize>,
}

/// Where a file would go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Not held yet; belongs here.
    New(usize),
    /// Held already, here.
    Held(usize),
    /// The kernel can compare files neither by kcmp nor by F_DUPFD_QUERY.
    Unknown,
}

impl Files {
    /// `file_of` gives the descriptor of what is held under an index.
    pub(crate) fn look_up<'a>(&self, fd: BorrowedFd<'_>, file_of: impl Fn(usize) -> Option<BorrowedFd<'a>>) -> Place {
        if self.ordered.is_empty() {
            return Place::New(0);
        }
        let mut known = true;
        let found = self.ordered.binary_search_by(|index| {
            let order = file_of(*index).and_then(|held| compare::order(held, fd));
            known &= order.is_some();
            order.unwrap_or(Ordering::Less)
        });
        match found {
            _ if !known => self.scan(fd, file_of),
            Ok(position) => Place::Held(position),
            Err(position) => Place::New(position),
        }
    }

    pub(crate) fn insert(&mut self, position: usize, index: usize) {
        self.ordered.insert(position.min(self.ordered.len()), index);
    }

    pub(crate) fn remove(&mut self, index: usize) {
        self.ordered.retain(|held| *held != index);
    }

    /// Without kcmp (CONFIG_KCMP) there is no order, so each is asked (F_DUPFD_QUERY, Linux 6.10).
    fn scan<'a>(&self, fd: BorrowedFd<'_>, file_of: impl Fn(usize) -> Option<BorrowedFd<'a>>) -> Place {
        let answers = self
            .ordered
            .iter()
            .map(|index| file_of(*index).and_then(|held| compare::same(held, fd)));
        let answers: Option<Vec<bool>> = answers.collect();
        match answers.map(|answers| answers.iter().position(|same| *same)) {
            Some(Some(position)) => Place::Held(position),
            Some(None) => Place::New(self.ordered.len()),
            None => Place::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use rustix::event::{EventfdFlags, eventfd};
    use std::os::fd::{AsFd, OwnedFd};

    #[test]
    fn a_duplicate_is_found_among_many_and_others_are_not() {
        let held: Vec<OwnedFd> = (0..200).map(|_| eventfd(0, EventfdFlags::CLOEXEC).unwrap()).collect();
        let mut files = Files::default();
        for (index, fd) in held.iter().enumerate() {
            let Place::New(position) = files.look_up(fd.as_fd(), |index| held.get(index).map(AsFd::as_fd)) else {
                panic!("descriptor {index} is new")
            };
            files.insert(position, index);
        }
        let look_up = |files: &Files, fd: &OwnedFd| files.look_up(fd.as_fd(), |index| held.get(index).map(AsFd::as_fd));
        for fd in &held {
            assert!(matches!(look_up(&files, &fd.try_clone().unwrap()), Place::Held(_)));
        }
        assert!(matches!(
            look_up(&files, &eventfd(0, EventfdFlags::CLOEXEC).unwrap()),
            Place::New(_)
        ));
        files.remove(100);
        assert!(matches!(look_up(&files, &held[100]), Place::New(_)));
    }
}
