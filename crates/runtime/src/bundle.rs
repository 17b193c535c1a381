//! The file `config.json` of a bundle: read with bounds, replaced at once or not at all.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, fchown};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::Error;

/// A configuration has some tens of kilobytes; its profile may have 4 MiB.
const MAX_BYTES: u64 = 16 << 20;
const MODE_BITS: u32 = 0o7777;
const CONFIG: &str = "config.json";

/// A configuration file.
pub struct BundleFile {
    /// Without links, so that the file is replaced and not a link to it.
    path: PathBuf,
    metadata: fs::Metadata,
    text: String,
}

/// Where the runtime will read the configuration. crun takes `config.json` to be the bundle's, any other name to be
/// relative to the current folder.
pub fn path(bundle: Option<&Path>, config: Option<&Path>) -> PathBuf {
    match config {
        Some(file) if file != Path::new(CONFIG) => file.to_owned(),
        _ => bundle.unwrap_or(Path::new(".")).join(CONFIG),
    }
}

impl BundleFile {
    /// Reads it.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::ReadBundle {
            path: path.to_owned(),
            source,
        };
        let path = fs::canonicalize(path).map_err(failed)?;
        // A FIFO would keep us waiting.
        let mut options = OpenOptions::new();
        options.read(true).custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        let file = options.open(&path).map_err(failed)?;
        let metadata = file.metadata().map_err(failed)?;
        let mut text = String::new();
        if !metadata.is_file() || metadata.len() > MAX_BYTES {
            return Err(Error::BundleFile { path });
        }
        file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed)?;
        Ok(Self { path, metadata, text })
    }

    /// What it holds.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Puts another text in its place, with the same owner and mode.
    pub fn replace(&self, text: &str) -> Result<(), Error> {
        let new = self.path.with_file_name(format!(".{CONFIG}.{}", std::process::id()));
        // One of our id, in another pid namespace or before us, may have been killed here.
        let _ = fs::remove_file(&new);
        let replaced = self.write(&new, text).and_then(|()| fs::rename(&new, &self.path));
        replaced.map_err(|source| {
            let _ = fs::remove_file(&new);
            Error::WriteBundle {
                path: self.path.clone(),
                source,
            }
        })
    }

    fn write(&self, path: &Path, text: &str) -> io::Result<()> {
        let mut file = File::options().write(true).create_new(true).mode(0o600).open(path)?;
        file.write_all(text.as_bytes())?;
        let own = file.metadata()?;
        let (uid, gid) = (self.metadata.uid(), self.metadata.gid());
        if (own.uid(), own.gid()) != (uid, gid) {
            fchown(&file, Some(uid), Some(gid))?;
        }
        file.set_permissions(Permissions::from_mode(self.metadata.mode() & MODE_BITS))
    }
}
