//! What is said to the service manager, and listeners that it keeps.

use std::path::PathBuf;

use napi_derive::napi;
use notifyd_kernel::inherit::take_over;
use notifyd_supervisor::{Keeping, STORED_PREFIX, ServiceManager};

/// A descriptor that the service manager had stored (LISTEN_FDS, LISTEN_FDNAMES).
#[napi(object)]
pub struct StoredDescriptor {
    pub name: String,
    pub fd: i32,
}

/// Where and how many listeners are kept for the next daemon.
#[napi(object)]
pub struct KeepOptions {
    /// As in NOTIFY_SOCKET.
    pub notify_socket: String,
    /// A folder of the daemon's own.
    pub folder: String,
    /// Most descriptors that the service manager's store takes (FDSTORE).
    pub most: u32,
    /// What came back; the numbers are not the caller's any more.
    pub returned: Vec<StoredDescriptor>,
}

/// Begins the name of each listener in the service manager's store.
#[napi]
pub fn stored_prefix() -> String {
    STORED_PREFIX.to_owned()
}

/// Says something to the service manager: `READY=1`. Returns why that did not work.
#[napi]
pub fn tell_service_manager(notify_socket: String, text: String) -> Option<String> {
    let told = ServiceManager::at(&notify_socket).and_then(|manager| manager.tell(&text));
    told.err().map(|errno| errno.to_string())
}

/// Why not, in words.
pub(crate) fn to_keeping(options: KeepOptions) -> Result<Keeping, String> {
    let KeepOptions {
        notify_socket,
        folder,
        most,
        returned,
    } = options;
    let manager = ServiceManager::at(&notify_socket)
        .map_err(|errno| format!("NOTIFY_SOCKET={notify_socket:?} cannot be used: {errno}"))?;
    // A number that is not open is nothing that could be served.
    let returned = returned
        .into_iter()
        .filter_map(|StoredDescriptor { name, fd }| Some((name, take_over(fd).ok()?)))
        .collect();
    Ok(Keeping {
        manager,
        folder: PathBuf::from(folder),
        most: usize::try_from(most).unwrap_or(usize::MAX),
        returned,
    })
}
