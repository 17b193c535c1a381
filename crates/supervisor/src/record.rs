//! What is kept of a listener for the next daemon: one file, replaced as a whole, and believed only if it is whole.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::geteuid;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::oci_state::ContainerState;
use crate::process::{Executable, Mark};

/// First line: this, the version, and the checksum of the rest.
const TITLE: &str = "seccomp-notifyd listener";
const VERSION: &str = "1";
/// Largest file; the largest part of one is a program in base64, of 43 KiB at most.
const MAX_BYTES: u64 = 1 << 20;

/// What a listener's hand-over told, and what was found out about it then.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Record {
    /// Place of its last notification in the shared memory.
    pub(crate) slot: usize,
    /// The runtime's pid; none if it was outside of our pid namespace.
    pub(crate) peer: Option<u32>,
    /// The container's init.
    pub(crate) init: Option<Mark>,
    /// Why there is none.
    pub(crate) init_problem: Option<String>,
    /// The process that the filter is for.
    pub(crate) process: Option<Mark>,
    /// The runtime's executables; none once the user's program was executed.
    pub(crate) runtime: Vec<Executable>,
    /// The message, from which rule and policy follow.
    pub(crate) state: ContainerState,
}

impl Record {
    /// Writes it beside and moves it there, so that there is the whole of it or nothing.
    pub(crate) fn write(&self, folder: &Path, name: &str) -> Result<(), String> {
        let text = self.to_text()?;
        let path = folder.join(name);
        let fresh = fresh(&path);
        let written = create(&fresh).and_then(|mut file| file.write_all(text.as_bytes()));
        let moved = written.and_then(|()| fs::rename(&fresh, &path));
        moved.map_err(|error| {
            let _ = fs::remove_file(&fresh);
            format!("cannot write {}: {error}", path.display())
        })
    }

    /// Reads one; the error says in words why it is not believed.
    pub(crate) fn read(folder: &Path, name: &str) -> Result<Self, String> {
        let path = folder.join(name);
        read(&path)
            .and_then(|text| Self::parse(&text))
            .map_err(|problem| format!("{}: {problem}", path.display()))
    }

    fn to_text(&self) -> Result<String, String> {
        let body = serde_json::to_string(self).map_err(|error| error.to_string())?;
        let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
        if bytes > MAX_BYTES - 256 {
            return Err(format!(
                "its hand-over takes {bytes} bytes; at most {MAX_BYTES} are kept"
            ));
        }
        Ok(format!("{TITLE} {VERSION} {}\n{body}", checksum(&body)))
    }

    fn parse(text: &str) -> Result<Self, String> {
        let (head, body) = text.split_once('\n').ok_or("it is not complete")?;
        let head = head.strip_prefix(TITLE).ok_or("it is none of ours")?;
        let (version, sum) = head.trim_start().split_once(' ').ok_or("it is not complete")?;
        if version != VERSION {
            return Err(format!("it has version {version:?}; {VERSION} is accepted"));
        }
        if sum != checksum(body) {
            return Err("it is damaged".to_owned());
        }
        let record: Self = serde_json::from_str(body).map_err(|error| error.to_string())?;
        record.state.check()?;
        Ok(record)
    }
}

fn fresh(path: &Path) -> PathBuf {
    path.with_extension("new")
}

fn create(path: &Path) -> std::io::Result<File> {
    // One that a crash left could be wider than 0600, or somebody's link.
    let _ = fs::remove_file(path);
    File::options().create_new(true).write(true).mode(0o600).open(path)
}

fn read(path: &Path) -> Result<String, String> {
    let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
    let file = File::options().read(true).custom_flags(flags).open(path);
    let file = file.map_err(|error| error.to_string())?;
    let metadata = file.metadata().map_err(|error| error.to_string())?;
    if !metadata.is_file() || metadata.uid() != geteuid().as_raw() || metadata.mode() & 0o077 != 0 {
        return Err("it is not a file that only this program's user may touch".to_owned());
    }
    let mut text = String::new();
    let taken = file.take(MAX_BYTES).read_to_string(&mut text);
    taken.map_err(|error| error.to_string())?;
    Ok(text)
}

fn checksum(body: &str) -> String {
    Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn record() -> Record {
        let message = r#"{"fds":["seccompFd"],"pid":9,"metadata":"{\"v\":1}","state":{"id":"web","pid":9,"annotations":{"a":"b"}}}"#;
        Record {
            slot: 3,
            peer: Some(7),
            init: None,
            init_problem: Some("gone".to_owned()),
            process: None,
            runtime: vec![],
            state: ContainerState::parse(message.as_bytes()).unwrap(),
        }
    }

    #[test]
    fn a_record_is_read_as_it_was_written_and_only_its_owner_can() {
        let folder = std::env::temp_dir().join(format!("notifyd-record-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        record().write(&folder, "a").unwrap();
        assert_eq!(Record::read(&folder, "a").unwrap(), record());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 1, "nothing lies beside it");
        assert_eq!(fs::metadata(folder.join("a")).unwrap().mode() & 0o777, 0o600);
        fs::set_permissions(folder.join("a"), fs::Permissions::from_mode(0o640)).unwrap();
        assert!(Record::read(&folder, "a").unwrap_err().contains("only this program"));
        std::os::unix::fs::symlink(folder.join("a"), folder.join("b")).unwrap();
        assert!(Record::read(&folder, "b").is_err() && Record::read(&folder, "none").is_err());
        fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn no_record_in_which_anything_changed_is_believed() {
        let text = record().to_text().unwrap();
        for place in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= 1;
            let changed = String::from_utf8(bytes).unwrap();
            assert!(Record::parse(&changed).is_err(), "byte {place}");
            assert!(Record::parse(&text[..place]).is_err(), "cut at {place}");
        }
        assert!(Record::parse(&format!("{text} ")).is_err());
        assert_eq!(Record::parse(&text).unwrap(), record());
    }

    #[test]
    fn what_another_version_wrote_is_not_guessed_at() {
        let with = |version: &str, body: &str| format!("{TITLE} {version} {}\n{body}", checksum(body));
        let body = serde_json::to_string(&record()).unwrap();
        assert!(Record::parse(&with("1", &body)).is_ok());
        let problem = Record::parse(&with("2", &body)).unwrap_err();
        assert_eq!(problem, "it has version \"2\"; 1 is accepted");
        let more = body.replace("\"slot\":3", "\"slot\":3,\"policy\":1");
        assert!(Record::parse(&with("1", &more)).is_err(), "an unknown member");
        let other = body.replace("\"id\":\"web\"", "\"id\":\"we\\u0007b\"");
        assert!(
            Record::parse(&with("1", &other)).is_err(),
            "an id that no hand-over may have"
        );
    }

    #[test]
    fn a_message_that_is_too_large_is_not_kept() {
        let mut large = record();
        large.state.metadata = Some("x".repeat(1 << 20));
        assert!(large.to_text().unwrap_err().contains("at most 1048576"));
    }
}
