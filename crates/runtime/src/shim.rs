//! From a command line to the real runtime.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::process::ExitCode;

use notifyd_profile::unconfined;

use crate::args::{CommandLine, Request, parse};
use crate::bundle::{self, BundleFile};
use crate::config_json::ConfigJson;
use crate::configuration::{Configuration, FailurePolicy, Runtimes, WithoutProfile};
use crate::delegate::Delegate;
use crate::report::Reporter;
use crate::rewriting::{Original, Purpose, rewrite};
use crate::watching::{failure_policy, is_wanted, recording};
use crate::{Error, explain, listener};

/// What runc and crun end with when they fail.
const FAILURE: u8 = 1;

/// Prepares the container, if one is created, and becomes the real runtime.
pub fn run(called: &OsStr, arguments: Vec<OsString>) -> ExitCode {
    let configuration = Configuration::load();
    // A wrong configuration must not keep anybody from ending a container.
    let configured = configuration
        .as_ref()
        .map_or_else(|_| Runtimes::default(), |found| found.runtimes.clone());
    let delegate = match Delegate::find(called, &configured) {
        Ok(delegate) => delegate,
        Err(error) => {
            return refuse(
                &Reporter::new(None, crate::args::LogFormat::Text),
                &configuration.err().unwrap_or(error),
            );
        }
    };
    let CommandLine {
        log,
        log_format,
        request,
    } = parse(delegate.runtime, &arguments);
    let reporter = Reporter::new(log, log_format);
    if request != Request::Other
        && let Err(error) = configuration.and_then(|found| {
            Start {
                delegate: &delegate,
                configuration: &found,
                reporter: &reporter,
            }
            .prepare(request)
        })
    {
        return refuse(&reporter, &error);
    }
    refuse(&reporter, &delegate.run(&arguments))
}

fn refuse(reporter: &Reporter, error: &Error) -> ExitCode {
    reporter.error(&explain(error));
    ExitCode::from(FAILURE)
}

/// A container that is about to be created.
struct Start<'a> {
    delegate: &'a Delegate,
    configuration: &'a Configuration,
    reporter: &'a Reporter,
}

impl Start<'_> {
    /// An error is one that keeps the container from starting.
    fn prepare(&self, request: Request) -> Result<(), Error> {
        let policy = self.configuration.failure_policy;
        match request {
            Request::Other => Ok(()),
            Request::Unclear(why) => self.unless_open(policy, Err(Error::CommandLine { why })),
            Request::Start { bundle, config } => {
                let path = bundle::path(bundle.as_deref().map(Path::new), config.as_deref().map(Path::new));
                match read(&path) {
                    Ok((file, config)) => self.prepare_bundle(&file, &config),
                    Err(error) => self.unless_open(policy, Err(error)),
                }
            }
        }
    }

    fn prepare_bundle(&self, file: &BundleFile, config: &ConfigJson) -> Result<(), Error> {
        if let Err(problem) = recording(config.annotations()) {
            self.reporter.warn(&problem);
        }
        if !is_wanted(config, self.configuration) {
            return self.unless_open(self.configuration.failure_policy, put(file, config.text()));
        }
        let (policy, problem) = failure_policy(config.annotations(), self.configuration.failure_policy);
        if let Some(problem) = problem {
            self.reporter.warn(&problem);
        }
        let watched = self.watch(file, config);
        if watched.is_err() {
            // It may have been rewritten for an earlier start.
            put(file, config.text())?;
        }
        self.unless_open(policy, watched)
    }

    fn watch(&self, file: &BundleFile, config: &ConfigJson) -> Result<(), Error> {
        let Configuration {
            listener, cache_dir, ..
        } = self.configuration;
        listener::probe(listener)?;
        // What is wrong with the name was told, and is no reason not to watch the container.
        let record = recording(config.annotations()).ok().flatten();
        let purpose = Purpose {
            record: record.as_ref(),
            runtime: self.delegate.runtime,
            executable: &self.delegate.path,
            listener: &listener.to_string_lossy(),
        };
        let warn = |error: &Error| self.reporter.warn(&explain(error));
        let rewritten = rewrite(&self.original(config, record.is_some())?, &purpose, cache_dir, warn)?;
        let text = rewritten.and_then(|new| config.with_seccomp(&new.seccomp, new.program.as_deref()));
        put(file, text.as_deref().unwrap_or(config.text()))
    }

    /// The bounding set matters to our own profile only; else the cache would be asked for each set. What is recorded and gets
    /// no profile from us may do what it did.
    fn original(&self, config: &ConfigJson, is_recorded: bool) -> Result<Original, Error> {
        let free = is_recorded && self.configuration.without_profile == WithoutProfile::Leave;
        let own = config.seccomp().map(ToOwned::to_owned);
        let seccomp = own.or_else(|| free.then(|| unconfined().to_json().to_string()));
        let bounding_set = match seccomp {
            Some(_) => None,
            None => config.bounding_set()?.map(|names| names.into_iter().collect()),
        };
        Ok(Original { seccomp, bounding_set })
    }

    fn unless_open(&self, policy: FailurePolicy, result: Result<(), Error>) -> Result<(), Error> {
        match (result, policy) {
            (Err(error), FailurePolicy::Open) => {
                self.reporter.warn(&format!(
                    "the container is not watched and keeps its own profile: {}",
                    explain(&error)
                ));
                Ok(())
            }
            (result, _) => result,
        }
    }
}

fn read(path: &Path) -> Result<(BundleFile, ConfigJson), Error> {
    let file = BundleFile::read(path)?;
    let config = ConfigJson::parse(file.text().to_owned())?;
    Ok((file, config))
}

/// What is as it should be stays untouched.
fn put(file: &BundleFile, text: &str) -> Result<(), Error> {
    if file.text() == text {
        Ok(())
    } else {
        file.replace(text)
    }
}
