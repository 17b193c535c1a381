//! Answers requests until the supervisor closes its end.

use std::os::fd::AsFd;

use rustix::io::Errno;
use rustix::net::{RecvFlags, SendFlags, recv, send};
use rustix::process::{Signal, set_parent_process_death_signal};

use crate::callers::Callers;
use crate::detail::Detail;
use crate::wire::{REQUEST_BYTES, Reply, Request};

/// Returns when the other end is closed. Fails where the socket is none.
pub fn serve(socket: impl AsFd) -> Result<(), Errno> {
    // A target may keep us waiting for ever, and then nobody notices that the supervisor is gone.
    set_parent_process_death_signal(Some(Signal::KILL))?;
    // No mount is kept busy.
    let _ = rustix::process::chdir("/");
    let mut callers = Callers::new();
    let mut message = [0; REQUEST_BYTES];
    loop {
        let (count, _) = recv(&socket, &mut message[..], RecvFlags::empty())?;
        if count == 0 {
            return Ok(());
        }
        if let Some(request) = Request::from_bytes(message.get(..count).unwrap_or_default()) {
            send(&socket, &reply(&request, &mut callers), SendFlags::NOSIGNAL)?;
        }
    }
}

fn reply(request: &Request, callers: &mut Callers) -> Vec<u8> {
    let detail = Detail::read(request, callers);
    let (serial, site) = (request.serial, detail.site);
    let text = &detail.to_json();
    Reply { serial, site, text }.to_bytes()
}
