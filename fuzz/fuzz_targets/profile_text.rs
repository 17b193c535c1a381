//! Texts that may be a profile: read, resolved, written, and read again.
//!
//! Not compiled: some sets of rules keep libseccomp busy for ever.
#![no_main]

use libfuzzer_sys::fuzz_target;
use notifyd_profile::{Abi, Document, Facts, Profile};

fuzz_target!(|text: &str| {
    if let Err(error) = Profile::parse(text) {
        assert!(!error.to_string().is_empty());
    }
    let Ok(document) = Document::parse(text) else { return };
    for facts in [Facts::docker(Abi::X86_64), with_kernel(Facts::crio(Abi::Aarch64))] {
        let Ok(profile) = document.resolve(&facts) else {
            continue;
        };
        let written = profile.to_json().to_string();
        let read = Profile::parse(&written).expect("what is written can be read");
        assert_eq!(read.to_json(), profile.to_json());
    }
});

fn with_kernel(mut facts: Facts) -> Facts {
    facts.kernel = "6.18".parse().ok();
    facts
}
