//! The limit of open files: each listener and each init process costs one.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::Error;

/// Raises the soft limit of open files to the hard one and returns it.
pub fn raise_open_files() -> Result<u64, Error> {
    let limit = getrlimit(Resource::Nofile);
    let Some(hard) = limit.maximum else {
        return Ok(limit.current.unwrap_or(u64::MAX));
    };
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: Some(hard),
            maximum: Some(hard),
        },
    )
    .map_err(|source| Error::FileLimit { wanted: hard, source })?;
    Ok(hard)
}
