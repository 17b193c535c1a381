//! Which code made the call, as it is told to others.

use std::time::Duration;

use notifyd_backtrace::{Capture, Found, Frame, Limits, TargetTid, Tracer};
use serde::Serialize;

use crate::site::site_of;
use crate::text::{CUT, escape};

/// Of a path or a function's name.
const MOST_TEXT_BYTES: usize = 400;

/// Finds callers; the files that it read stay read.
#[derive(Debug)]
pub struct Callers(Tracer);

/// One active function. The text is the target's own word, escaped and cut.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CodeFrame {
    /// The file of the code, as the target sees it.
    pub module: String,
    /// Its build id in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build_id: Option<String>,
    /// `0x1c3a`: behind the call, by the file's own addresses.
    pub offset: String,
    /// The function.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Its source file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// The line in it, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// Whether the compiler put it into the next one.
    pub inlined: bool,
    /// `kernel`, `tables` or `search`: how far it can be trusted.
    pub found: &'static str,
}

/// Which code made a call.
#[derive(Debug, Default)]
pub(crate) struct Code {
    /// A number for the place.
    pub(crate) site: Option<u64>,
    /// The functions.
    pub(crate) frames: Vec<CodeFrame>,
    /// Why there are no more of them.
    pub(crate) end: Option<String>,
}

impl Callers {
    pub(crate) fn new() -> Self {
        Self(Tracer::new(Limits::default()))
    }

    pub(crate) fn of(&mut self, tid: u32, most_ms: u32) -> Code {
        let capture = match Capture::of(TargetTid(tid), self.0.limits()) {
            Ok(capture) => capture,
            Err(error) => {
                return Code {
                    end: Some(error.to_string()),
                    ..Code::default()
                };
            }
        };
        let backtrace = self.0.resolve_within(&capture, Duration::from_millis(most_ms.into()));
        Code {
            site: site_of(&backtrace),
            end: backtrace.end.reason().map(str::to_owned),
            frames: backtrace.frames.into_iter().map(CodeFrame::from).collect(),
        }
    }
}

impl From<Frame> for CodeFrame {
    fn from(frame: Frame) -> Self {
        Self {
            module: shown(&frame.module),
            build_id: frame.build_id,
            offset: format!("{:#x}", frame.offset),
            function: frame.function.as_deref().map(shown),
            file: frame.file.as_deref().map(shown),
            line: frame.line,
            inlined: frame.inlined,
            found: match frame.found {
                Found::Kernel => "kernel",
                Found::Tables => "tables",
                Found::Search => "search",
            },
        }
    }
}

fn shown(text: &str) -> String {
    match text.as_bytes().get(..MOST_TEXT_BYTES) {
        Some(start) if text.len() > MOST_TEXT_BYTES => escape(start) + CUT,
        _ => escape(text.as_bytes()),
    }
}
