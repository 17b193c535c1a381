//! Rewritten profiles, kept by what they depend on: rewriting takes a tenth of a second, and a start should not.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

use crate::Error;

/// Of some tens of kilobytes each.
const MOST_FILES: usize = 256;
const FOREIGN_BITS: u32 = 0o077;

/// A folder of files whose names are keys.
pub struct Cache {
    folder: PathBuf,
}

/// What an entry is known by.
pub struct Key(String);

impl Key {
    /// Of all that the entry depends on, each part with its length, so that no two lists look the same.
    pub fn of(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        Self(format!("{:x}", hash.finalize()))
    }
}

impl Cache {
    /// Makes the folder where it is missing; one that others may enter is refused.
    pub fn open(folder: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Cache {
            path: folder.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(failed)?;
        let found = fs::symlink_metadata(folder).map_err(failed)?;
        let ours = found.uid() == rustix::process::geteuid().as_raw() && found.mode() & FOREIGN_BITS == 0;
        if found.is_dir() && ours {
            Ok(Self {
                folder: folder.to_owned(),
            })
        } else {
            Err(Error::SharedCache {
                path: folder.to_owned(),
            })
        }
    }

    /// An entry that is whole and belongs to the key.
    pub fn get(&self, key: &Key) -> Option<String> {
        let text = fs::read_to_string(self.folder.join(&key.0)).ok()?;
        let (seal, body) = text.split_once('\n')?;
        (seal == key.seal(body)).then(|| body.to_owned())
    }

    /// Keeps an entry; the oldest makes room.
    pub fn put(&self, key: &Key, body: &str) -> Result<(), Error> {
        let new = self.folder.join(format!(".{}.{}", key.0, std::process::id()));
        let written = write(&new, &format!("{}\n{body}", key.seal(body)));
        let put = written.and_then(|()| fs::rename(&new, self.folder.join(&key.0)));
        put.and_then(|()| self.make_room()).map_err(|source| Error::Cache {
            path: self.folder.clone(),
            source,
        })
    }

    fn make_room(&self) -> io::Result<()> {
        let mut files: Vec<_> = fs::read_dir(&self.folder)?
            .filter_map(|entry| age(&entry.ok()?))
            .collect();
        files.sort();
        let surplus = files.len().saturating_sub(MOST_FILES);
        for (_, path) in files.into_iter().take(surplus) {
            fs::remove_file(path)?;
        }
        Ok(())
    }
}

impl Key {
    /// Ties what a file holds to its name.
    fn seal(&self, body: &str) -> String {
        Self::of(&[self.0.as_bytes(), body.as_bytes()]).0
    }
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let file = options.write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| io::Write::write_all(&mut file, text.as_bytes()))
}

fn age(entry: &fs::DirEntry) -> Option<(SystemTime, PathBuf)> {
    Some((entry.metadata().ok()?.modified().ok()?, entry.path()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn folder(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("sn-cache-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        path
    }

    #[test]
    fn what_was_put_is_found_by_its_key_only() {
        let path = folder("found");
        let cache = Cache::open(&path).unwrap();
        cache.put(&Key::of(&[b"ab", b"c"]), "body\nof two lines").unwrap();
        assert_eq!(
            cache.get(&Key::of(&[b"ab", b"c"])).as_deref(),
            Some("body\nof two lines")
        );
        assert_eq!(cache.get(&Key::of(&[b"a", b"bc"])), None);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_file_that_was_changed_or_renamed_is_passed_over() {
        let path = folder("changed");
        let cache = Cache::open(&path).unwrap();
        let (key, other) = (Key::of(&[b"a"]), Key::of(&[b"b"]));
        cache.put(&key, "body").unwrap();
        fs::copy(path.join(&key.0), path.join(&other.0)).unwrap();
        assert_eq!(cache.get(&other), None);
        let text = fs::read_to_string(path.join(&key.0)).unwrap();
        fs::write(path.join(&key.0), text.replace("body", "bodx")).unwrap();
        assert_eq!(cache.get(&key), None);
        fs::remove_dir_all(path).unwrap();
    }

    #[test]
    fn a_folder_that_others_may_enter_is_refused() {
        let path = folder("shared");
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(matches!(Cache::open(&path), Err(Error::SharedCache { .. })));
        fs::remove_dir(path).unwrap();
    }

    #[test]
    fn the_number_of_files_is_bounded() {
        let path = folder("bounded");
        let cache = Cache::open(&path).unwrap();
        for number in 0..MOST_FILES + 5 {
            cache.put(&Key::of(&[&number.to_le_bytes()]), "body").unwrap();
        }
        assert_eq!(fs::read_dir(&path).unwrap().count(), MOST_FILES);
        fs::remove_dir_all(path).unwrap();
    }
}
