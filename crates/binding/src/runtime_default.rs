//! The profile of our own.

use napi_derive::napi;

/// JSON text of a profile that is right for any container, in Docker's format.
#[napi]
pub fn runtime_default_profile() -> String {
    notifyd_profile::runtime_default_text()
}
