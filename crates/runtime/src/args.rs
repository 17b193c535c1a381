//! What a command line of runc or crun asks for, as far as it matters here.
//!
//! runc reads its options as Go's `flag` does: one dash or two, a value behind `=` or in the next word. crun reads them as
//! argp does: long names may be abbreviated, short ones stand together. What neither would read is unclear, never guessed.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use notifyd_profile::Runtime;

use crate::options::{CRUN, CRUN_START, Known, Meaning, RUNC, RUNC_START};

/// How the runtime was asked to write its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LogFormat {
    /// `level=error msg="..."`.
    #[default]
    Text,
    /// One object per line.
    Json,
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    /// Nothing for us.
    Other,
    /// A container may be about to be created, and why that is not certain.
    Unclear(String),
    /// A container is created.
    Start {
        /// Folder of the bundle, if not the current one.
        bundle: Option<OsString>,
        /// Its configuration, if not `config.json` in the bundle.
        config: Option<OsString>,
    },
}

/// A command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandLine {
    /// `--log`.
    pub log: Option<OsString>,
    /// `--log-format`.
    pub log_format: LogFormat,
    /// The command.
    pub request: Request,
}

/// Reads what stands behind the program's name.
pub fn parse(runtime: Runtime, arguments: &[OsString]) -> CommandLine {
    let mut line = CommandLine {
        log: None,
        log_format: LogFormat::Text,
        request: Request::Other,
    };
    let (global, start) = match runtime {
        Runtime::Runc => (RUNC, RUNC_START),
        Runtime::Crun => (CRUN, CRUN_START),
    };
    let mut words = Words {
        runtime,
        rest: arguments,
    };
    line.request = match words.command(global, &mut line) {
        Ok(Some(command)) if creates(command) => words.start(start),
        Ok(_) => Request::Other,
        Err(_) if !arguments.iter().any(|word| creates(word)) => Request::Other,
        Err(why) => Request::Unclear(why),
    };
    line
}

fn creates(word: &OsStr) -> bool {
    word == "create" || word == "run"
}

/// What comes next on a command line.
enum Item<'a> {
    Option(Meaning, Option<&'a [u8]>),
    Word(&'a OsStr),
}

struct Words<'a> {
    runtime: Runtime,
    rest: &'a [OsString],
}

impl<'a> Words<'a> {
    /// Reads up to the command; none where something is only told.
    fn command(&mut self, known: &[Known], line: &mut CommandLine) -> Result<Option<&'a OsStr>, String> {
        let mut command = None;
        while command.is_none() && !self.rest.is_empty() {
            for item in self.items(known)? {
                match item {
                    Item::Word(word) => command = Some(word),
                    Item::Option(Meaning::Tells, _) => return Ok(None),
                    Item::Option(Meaning::Log, value) => line.log = value.map(owned),
                    Item::Option(Meaning::LogFormat, value) => line.log_format = format(value),
                    Item::Option(..) => {}
                }
            }
        }
        Ok(command)
    }

    /// Reads what `create` or `run` is given.
    fn start(&mut self, known: &[Known]) -> Request {
        self.try_start(known).unwrap_or_else(Request::Unclear)
    }

    fn try_start(&mut self, known: &[Known]) -> Result<Request, String> {
        let (mut bundle, mut config) = (None, None);
        while !self.rest.is_empty() {
            for item in self.items(known)? {
                match item {
                    Item::Word(id) => {
                        self.ends_with(id)?;
                        return Ok(Request::Start { bundle, config });
                    }
                    Item::Option(Meaning::Tells, _) => return Ok(Request::Other),
                    Item::Option(Meaning::Bundle, value) => bundle = value.map(owned),
                    Item::Option(Meaning::Config, value) => config = value.map(owned),
                    Item::Option(..) => {}
                }
            }
        }
        Err("no container is named".to_owned())
    }

    /// runc takes options behind the name too, crun does not; no engine writes them there.
    fn ends_with(&self, id: &OsStr) -> Result<(), String> {
        match self.rest.first() {
            None => Ok(()),
            Some(word) => Err(format!("{word:?} stands behind the container's name {id:?}")),
        }
    }

    /// One word, or the options that one word has, with the value from the next.
    fn items(&mut self, known: &[Known]) -> Result<Vec<Item<'a>>, String> {
        let Some(word) = self.next() else { return Ok(Vec::new()) };
        let bytes = word.as_bytes();
        match (self.runtime, bytes) {
            (_, b"--") => Ok(self.next().map(Item::Word).into_iter().collect()),
            (Runtime::Runc, [b'-', b'-', name @ ..] | [b'-', name @ ..]) if !name.is_empty() => {
                self.go_option(word, name, known).map(|item| vec![item])
            }
            (Runtime::Crun, [b'-', b'-', name @ ..]) => self.long_option(word, name, known).map(|item| vec![item]),
            (Runtime::Crun, [b'-', letters @ ..]) if !letters.is_empty() => self.letters(word, letters, known),
            _ => Ok(vec![Item::Word(word)]),
        }
    }

    fn next(&mut self) -> Option<&'a OsStr> {
        let (word, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(word)
    }

    fn go_option(&mut self, word: &OsStr, name: &'a [u8], known: &[Known]) -> Result<Item<'a>, String> {
        let (name, value) = split_at_equals(name);
        let mut known = known.iter();
        let (_, _, meaning) = known
            .find(|(long, short, _)| is(name, long) || is_letter(name, *short))
            .ok_or_else(|| unknown(word))?;
        self.with_value(word, *meaning, value)
    }

    fn long_option(&mut self, word: &OsStr, name: &'a [u8], known: &[Known]) -> Result<Item<'a>, String> {
        let (name, value) = split_at_equals(name);
        let meaning = abbreviated(name, known).ok_or_else(|| unknown(word))?;
        if value.is_some() && !meaning.takes_value() {
            return Err(format!("{word:?} gives a value to an option that takes none"));
        }
        self.with_value(word, meaning, value)
    }

    fn letters(&mut self, word: &OsStr, mut letters: &'a [u8], known: &[Known]) -> Result<Vec<Item<'a>>, String> {
        let mut items = Vec::new();
        while let [letter, rest @ ..] = letters {
            let mut known = known.iter();
            let (_, _, meaning) = known
                .find(|(_, short, _)| is_letter(&[*letter], *short))
                .ok_or_else(|| unknown(word))?;
            letters = rest;
            if meaning.takes_value() {
                items.push(self.with_value(word, *meaning, (!rest.is_empty()).then_some(rest))?);
                break;
            }
            items.push(Item::Option(*meaning, None));
        }
        Ok(items)
    }

    fn with_value(&mut self, word: &OsStr, meaning: Meaning, value: Option<&'a [u8]>) -> Result<Item<'a>, String> {
        let value = match value {
            None if meaning.takes_value() => {
                let next = self.next().ok_or_else(|| format!("{word:?} has no value"))?;
                Some(next.as_bytes())
            }
            value => value,
        };
        Ok(Item::Option(meaning, value))
    }
}

/// The whole name, or the only one that begins so.
fn abbreviated(name: &[u8], known: &[Known]) -> Option<Meaning> {
    let exact = known.iter().find(|(long, ..)| is(name, long));
    let mut begun: Vec<_> = known
        .iter()
        .filter(|(long, ..)| long.as_bytes().starts_with(name))
        .collect();
    begun.dedup_by_key(|(long, ..)| *long);
    match (exact, begun.as_slice()) {
        (Some((.., meaning)), _) | (None, [(.., meaning)]) => Some(*meaning),
        _ => None,
    }
}

fn is(name: &[u8], long: &str) -> bool {
    name == long.as_bytes()
}

fn is_letter(name: &[u8], short: char) -> bool {
    short != ' ' && matches!(name, [letter] if char::from(*letter) == short)
}

fn split_at_equals(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let mut parts = text.splitn(2, |&byte| byte == b'=');
    (parts.next().unwrap_or_default(), parts.next())
}

fn owned(value: &[u8]) -> OsString {
    OsString::from_vec(value.to_vec())
}

fn format(value: Option<&[u8]>) -> LogFormat {
    if value == Some(b"json") {
        LogFormat::Json
    } else {
        LogFormat::Text
    }
}

fn unknown(word: &OsStr) -> String {
    format!("the option {word:?} is not known here")
}
