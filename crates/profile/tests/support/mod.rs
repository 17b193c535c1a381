//! Where the engines' own profiles lie, if they do.

use std::path::{Path, PathBuf};

/// The folder, or a line that says what is skipped.
pub fn stock_profiles() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/profiles");
    let folder = folder.is_dir().then_some(folder);
    if folder.is_none() {
        println!("skipped: no folder of stock profiles beside the repository");
    }
    folder
}
