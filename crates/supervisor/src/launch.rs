//! Supervising one command without a container engine.

use std::ffi::CString;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use notifyd_bpf::Program;
use notifyd_kernel::spawn::{Execution, Image, Reports, Starting, spawn};
use rustix::fs::{Access, access};
use rustix::io::Errno;
use rustix::process::Signal;

use crate::Error;
use crate::arguments::{Arguments, Watched};
use crate::control::{Arrival, Control, Known, Shared, Subject};
use crate::counters::Counters;
use crate::notice::NoticeKind;
use crate::stop::Tree;
use crate::token::Token;
use crate::verdict::{Policy, Rule};

/// A command and the profile it runs under.
pub struct Launch {
    /// The executable; without a slash it is looked for in the environment's PATH.
    pub command: String,
    /// Arguments, the first being the program's name.
    pub arguments: Vec<String>,
    /// `NAME=value` each.
    pub environment: Vec<String>,
    /// Working directory.
    pub directory: String,
    /// The original profile; what it denies notifies us.
    pub program: Program,
    /// How to answer.
    pub policy: Policy,
    /// Arguments whose values [`Supervisor::arguments`](crate::Supervisor::arguments) tells in the end.
    pub watched: Vec<Watched>,
}

/// A command that was executed.
#[derive(Clone, Copy, Debug)]
pub struct Launched {
    /// Its listener.
    pub token: Token,
    /// Its process id.
    pub pid: u32,
}

/// Runs the command; returns once it was executed. Its end comes as notices.
pub(crate) fn launch(shared: &Arc<Shared>, launch: Launch) -> Result<Launched, Error> {
    let notifying = if launch.policy.continue_all {
        launch.program.notifying_restrictions()?
    } else {
        launch.program.notifying_denials()?
    };
    if !notifying.notifies() {
        return Err(Error::NothingDenied);
    }
    let filter = notifying.refusing_listeners()?;
    let image = Image {
        executable: c_string("command", find_executable(&launch)?)?,
        arguments: c_strings("arguments", launch.arguments)?,
        environment: c_strings("environment", launch.environment)?,
        directory: c_string("working directory", launch.directory)?,
    };
    let (starting, listener, execution) = spawn(&image, &filter)?;
    let rule = Rule {
        policy: launch.policy,
        program: Some(Arc::new(launch.program)),
        recorder: None,
    };
    let arguments = (!launch.watched.is_empty()).then(|| Arc::new(Arguments::new(&launch.watched)));
    let token = serve(shared, listener, rule, execution, arguments);
    follow(shared, token, starting)
}

/// The listener is served before the command is executed: execve may be one of the calls that notify.
fn serve(
    shared: &Arc<Shared>,
    listener: OwnedFd,
    rule: Rule,
    execution: Execution,
    arguments: Option<Arc<Arguments>>,
) -> Token {
    let token = shared.next_token();
    let counters = Arc::new(Counters::default());
    let subject = Subject::Nothing("its command has not been executed".to_owned());
    shared.enter(
        token,
        Known {
            counters: Arc::clone(&counters),
            recorder: None,
            subject,
        },
    );
    shared
        .arguments()
        .extend(arguments.as_ref().map(|arguments| (token, Arc::clone(arguments))));
    let arrival = Arrival {
        token,
        listener,
        rule,
        identity: None,
        execution: Some(execution),
        arguments,
        attachment: None,
        counters,
    };
    shared.control(Control::Attach(Box::new(arrival)));
    token
}

fn follow(shared: &Arc<Shared>, token: Token, starting: Starting) -> Result<Launched, Error> {
    let running = starting.wait_until_executed()?;
    let tree = Arc::new(Tree {
        reaper_pid: running.reaper_pid,
        ended: AtomicBool::new(false),
    });
    if let Some(known) = shared.known().get_mut(&token) {
        known.subject = Subject::Tree(Arc::clone(&tree), Arc::new(running.command));
    }
    let (reports, shared) = (running.reports, Arc::clone(shared));
    let watch = move || tell_end(&shared, token, &tree, &reports);
    std::thread::Builder::new()
        .name("notifyd-wait".to_owned())
        .spawn(watch)
        .map_err(Error::Thread)?;
    Ok(Launched {
        token,
        pid: running.pid,
    })
}

fn tell_end(shared: &Shared, token: Token, tree: &Tree, reports: &Reports) {
    if let Some(ended) = reports.wait_for_command() {
        shared.notice(NoticeKind::Exited(token, ended));
    }
    reports.wait_for_tree();
    tree.ended.store(true, Ordering::Release);
    shared.notice(NoticeKind::Ended(token));
}

/// Sends a signal to a launched command, by its pidfd. A command that has ended is no error.
pub(crate) fn signal(shared: &Shared, token: Token, number: i32) -> Result<(), Error> {
    let known = shared.known();
    let subject = known
        .get(&token)
        .map(|known| known.subject.clone())
        .ok_or(Error::UnknownListener(token.0))?;
    let Subject::Tree(_, command) = subject else {
        return Err(Error::NothingToStop(
            "the listener is not a launched command's".to_owned(),
        ));
    };
    if let Some(signal) = Signal::from_named_raw(number) {
        let _ = rustix::process::pidfd_send_signal(&*command, signal);
    }
    Ok(())
}

/// As execvp(3): the first executable file on PATH; what is found but cannot be executed is told apart from what is not.
fn find_executable(launch: &Launch) -> Result<String, Error> {
    if launch.command.contains('/') {
        return Ok(launch.command.clone());
    }
    let path = launch
        .environment
        .iter()
        .find_map(|entry| entry.strip_prefix("PATH="))
        .unwrap_or(DEFAULT_PATH);
    let mut errno = Errno::NOENT;
    for directory in path.split(':') {
        let candidate = Path::new(&launch.directory).join(directory).join(&launch.command);
        match access(&candidate, Access::EXEC_OK) {
            Ok(()) if candidate.is_file() => return Ok(candidate.to_string_lossy().into_owned()),
            Ok(()) | Err(Errno::ACCESS) => errno = Errno::ACCESS,
            Err(_) => {}
        }
    }
    Err(notifyd_kernel::Error::Execute(errno).into())
}

/// Where execvp(3) looks without PATH.
const DEFAULT_PATH: &str = "/bin:/usr/bin";

fn c_string(what: &'static str, text: String) -> Result<CString, Error> {
    CString::new(text).map_err(|_| Error::Nul(what))
}

fn c_strings(what: &'static str, texts: Vec<String>) -> Result<Vec<CString>, Error> {
    texts.into_iter().map(|text| c_string(what, text)).collect()
}
