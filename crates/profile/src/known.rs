//! Every call that a profile could name.

use std::borrow::Cow;
use std::collections::BTreeSet;

use crate::deny_list::multiplexed;
use crate::{Abi, Profile, syscalls};

/// Names on the machine's own ABI and on those that the profile lists; calls newer than libseccomp too, since the
/// runtime's may be newer than ours, and passes over what it does not know.
///
/// Sorted, so that the same profile is always rewritten to the same text.
pub(crate) fn known_calls(profile: &Profile, native: Abi) -> BTreeSet<String> {
    let abis = Abi::ALL.into_iter().filter(|&abi| profile.covers(abi, native));
    let mut names: BTreeSet<String> = abis.flat_map(syscalls::names).map(Cow::into_owned).collect();
    if profile.covers(Abi::I386, native) {
        names.extend(multiplexed().map(str::to_owned));
    }
    names
}
