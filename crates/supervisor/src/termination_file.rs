//! The file from which the kubelet reads why a container ended.
//!
//! It makes `ROOT/pods/UID/containers/NAME/8 hexadecimal digits` for each start and mounts it into the container, which may
//! write to it as well. No other path is ever opened: a mount's source is a choice of whoever starts a container.

use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat, openat2};
use rustix::io::Errno;

/// What a container may have written before; one that has filled its disk gets no more from us.
const MAX_BYTES: u64 = 1024 * 1024;

/// Adds the line at the end, on a line of its own. The error says why it was not.
pub(crate) fn append(path: &Path, line: &[u8]) -> Result<(), String> {
    let (root, below) = split(path).ok_or("its path is none that the kubelet makes")?;
    let folder = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = openat(CWD, root, folder, Mode::empty()).map_err(not_opened)?;
    // Not to wait is for what is no file: a fifo without a reader is then an error.
    let flags =
        OFlags::WRONLY | OFlags::APPEND | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let resolve = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
    let file = openat2(root, below, flags, Mode::empty(), resolve).map_err(not_opened)?;
    let stat = fstat(&file).map_err(not_opened)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile || stat.st_nlink != 1 {
        return Err("it is no file with one name, as the kubelet makes it".to_owned());
    }
    let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
    if size > MAX_BYTES {
        return Err(format!("it has {size} bytes already; at most {MAX_BYTES} are added to"));
    }
    let start: &[u8] = if size == 0 { b"" } else { b"\n" };
    let text = [start, line].concat();
    match rustix::io::write(&file, &text) {
        Ok(written) if written == text.len() => Ok(()),
        Ok(written) => Err(format!("only {written} of {} bytes were written", text.len())),
        Err(error) => Err(format!("writing to it fails: {error}")),
    }
}

/// The kubelet's folder, which its operator may have put behind a link, and what the kubelet makes in it.
fn split(path: &Path) -> Option<(&str, &str)> {
    let path = path.to_str().filter(|path| path.starts_with('/'))?;
    let slashes: Vec<usize> = path.rmatch_indices('/').map(|(at, _)| at).take(5).collect();
    let start = *slashes.last().filter(|_| slashes.len() == 5)?;
    let (root, below) = (path.get(..start)?, path.get(start + 1..)?);
    let ["pods", uid, "containers", name, file] = below.split('/').collect::<Vec<_>>()[..] else {
        return None;
    };
    let is_name = |text: &str| !matches!(text, "" | "." | "..");
    let is_hexadecimal = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let made = is_name(uid) && is_name(name) && file.len() == 8 && file.bytes().all(is_hexadecimal);
    made.then_some((if root.is_empty() { "/" } else { root }, below))
}

fn not_opened(error: Errno) -> String {
    match error {
        Errno::LOOP => "there is a link in its path, and none is followed".to_owned(),
        error => format!("it cannot be opened: {error}"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::fs;
    use std::path::PathBuf;

    use super::*;

    const LINE: &[u8] = b"Used forbidden syscalls: chroot (2x)\n";

    /// A kubelet's folder, which goes away with its test.
    struct Kubelet(PathBuf);

    impl Kubelet {
        fn new(name: &str) -> Self {
            let root = std::env::temp_dir().join(format!("notifyd-kubelet-{name}-{}", std::process::id()));
            let _ = fs::remove_dir_all(&root);
            fs::create_dir_all(root.join("pods/uid/containers/name")).unwrap();
            Self(root)
        }

        fn file(&self) -> PathBuf {
            self.0.join("pods/uid/containers/name/0123abcd")
        }

        /// A file beside all of it, that must stay as it is.
        fn victim(&self) -> PathBuf {
            let victim = self.0.join("victim");
            fs::write(&victim, "as it was").unwrap();
            victim
        }
    }

    impl Drop for Kubelet {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn the_line_is_added_on_a_line_of_its_own() {
        let kubelet = Kubelet::new("adds");
        fs::write(kubelet.file(), "").unwrap();
        append(&kubelet.file(), LINE).unwrap();
        assert_eq!(fs::read(kubelet.file()).unwrap(), LINE);
        fs::write(kubelet.file(), "its own words").unwrap();
        append(&kubelet.file(), LINE).unwrap();
        assert_eq!(fs::read(kubelet.file()).unwrap(), [b"its own words\n", LINE].concat());
    }

    #[test]
    fn a_kubelets_folder_behind_a_link_is_found() {
        let kubelet = Kubelet::new("link");
        fs::write(kubelet.file(), "").unwrap();
        let link = kubelet.0.join("elsewhere");
        std::os::unix::fs::symlink(&kubelet.0, &link).unwrap();
        append(&link.join("pods/uid/containers/name/0123abcd"), LINE).unwrap();
        assert_eq!(fs::read(kubelet.file()).unwrap(), LINE);
    }

    #[test]
    fn no_link_in_what_the_kubelet_makes_is_followed() {
        let kubelet = Kubelet::new("links");
        let victim = kubelet.victim();
        std::os::unix::fs::symlink(&victim, kubelet.file()).unwrap();
        let refusal = append(&kubelet.file(), LINE).unwrap_err();
        assert_eq!(refusal, "there is a link in its path, and none is followed");
        fs::remove_file(kubelet.file()).unwrap();
        fs::hard_link(&victim, kubelet.file()).unwrap();
        let refusal = append(&kubelet.file(), LINE).unwrap_err();
        assert_eq!(refusal, "it is no file with one name, as the kubelet makes it");
        let folder = kubelet.0.join("pods/uid/containers/other");
        std::os::unix::fs::symlink(kubelet.0.join("pods/uid/containers/name"), &folder).unwrap();
        fs::remove_file(kubelet.file()).unwrap();
        fs::write(kubelet.file(), "").unwrap();
        assert!(append(&folder.join("0123abcd"), LINE).is_err());
        assert_eq!(fs::read_to_string(&victim).unwrap(), "as it was");
        assert_eq!(fs::read_to_string(kubelet.file()).unwrap(), "");
    }

    #[test]
    fn what_is_no_file_or_too_long_is_left_alone() {
        let kubelet = Kubelet::new("kinds");
        let mode = Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(CWD, kubelet.file(), FileType::Fifo, mode, 0).unwrap();
        assert!(append(&kubelet.file(), LINE).is_err());
        fs::remove_file(kubelet.file()).unwrap();
        assert!(append(&kubelet.file(), LINE).is_err(), "it is not made");
        assert!(!kubelet.file().exists());
        fs::write(kubelet.file(), vec![b'x'; 1024 * 1024 + 1]).unwrap();
        let refusal = append(&kubelet.file(), LINE).unwrap_err();
        assert_eq!(refusal, "it has 1048577 bytes already; at most 1048576 are added to");
    }

    #[test]
    fn only_a_path_that_the_kubelet_makes_is_one() {
        let split = |path: &'static str| split(Path::new(path));
        let below = "pods/u/containers/c/0123abcd";
        assert_eq!(
            split("/var/lib/kubelet/pods/u/containers/c/0123abcd"),
            Some(("/var/lib/kubelet", below))
        );
        assert_eq!(split("/pods/u/containers/c/0123abcd"), Some(("/", below)));
        for path in [
            "/etc/passwd",
            "pods/u/containers/c/0123abcd",
            "x/pods/u/containers/c/0123abcd",
            "/k/pods/u/containers/c/0123abc",
            "/k/pods/u/containers/c/0123ABCD",
            "/k/pods/u/containers/c/0123abcd/",
            "/k/pods/u/containers/c/x/0123abcd",
            "/k/pods/../containers/c/0123abcd",
            "/k/pods/u/containers/../0123abcd",
            "/k/pods//containers/c/0123abcd",
            "/k/pods/u/containers/./0123abcd",
            "/k/xpods/u/containers/c/0123abcd",
            "/k/pods/u/volumes/c/0123abcd",
        ] {
            assert_eq!(split(path), None, "{path}");
        }
    }
}
