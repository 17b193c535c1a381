//! Messages, written where and how the real runtime would write its own.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::json;

use crate::args::LogFormat;

const NAME: &str = "seccomp-notifyd-runtime";
const DAY_SECONDS: u64 = 86_400;

/// Where messages go.
pub struct Reporter {
    log: Option<PathBuf>,
    format: LogFormat,
}

impl Reporter {
    /// As `--log` and `--log-format` say. crun also logs to the journal and to syslog; of that nothing is made.
    pub fn new(log: Option<OsString>, format: LogFormat) -> Self {
        let log = log.filter(|log| !log.is_empty()).and_then(|log| log_file(&log));
        Self { log, format }
    }

    /// Into the log, or to standard error where there is none: what is written there may end up in the container's output.
    pub fn warn(&self, message: &str) {
        let line = self.line("warning", message);
        if self.append(&line).is_none() {
            let _ = io::stderr().write_all(line.as_bytes());
        }
    }

    /// Into the log, of which engines show the last error, and to standard error.
    pub fn error(&self, message: &str) {
        self.append(&self.line("error", message));
        let _ = writeln!(io::stderr(), "{NAME}: {message}");
    }

    fn append(&self, line: &str) -> Option<()> {
        let mut file = File::options()
            .append(true)
            .create(true)
            .open(self.log.as_ref()?)
            .ok()?;
        file.write_all(line.as_bytes()).ok()
    }

    fn line(&self, level: &str, message: &str) -> String {
        let message = format!("{NAME}: {message}");
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let time = rfc3339(now.as_secs());
        match self.format {
            LogFormat::Json => format!("{}\n", json!({"level": level, "msg": message, "time": time})),
            LogFormat::Text => format!("time={time:?} level={level} msg={message:?}\n"),
        }
    }
}

fn log_file(log: &OsString) -> Option<PathBuf> {
    let bytes = log.as_bytes();
    if bytes.starts_with(b"journald:") || bytes.starts_with(b"syslog:") {
        return None;
    }
    let path = bytes.strip_prefix(b"file:").unwrap_or(bytes);
    Some(Path::new(std::ffi::OsStr::from_bytes(path)).to_owned())
}

/// UTC. The days since 1970 become a date by the arithmetic of March-based years, as in
/// <https://howardhinnant.github.io/date_algorithms.html#civil_from_days>.
fn rfc3339(seconds: u64) -> String {
    let (days, second) = (seconds / DAY_SECONDS + 719_468, seconds % DAY_SECONDS);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::rfc3339;

    #[test]
    fn times_are_dates() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_200, "2024-03-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
        ] {
            assert_eq!(rfc3339(seconds), text);
        }
    }
}
