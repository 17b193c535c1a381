//! Launching a command, off the JavaScript thread.

use std::sync::Arc;

use napi::bindgen_prelude::{AsyncTask, Uint8Array};
use napi::{Env, Task};
use napi_derive::napi;
use notifyd_bpf::Program;
use notifyd_supervisor::{Error, Launch, Launched as CoreLaunched, Supervisor};

use crate::answer::Answer;
use crate::error::{Result, supervisor_error, to_rejection};
use crate::record::watched;

/// A command and the profile it runs under.
#[napi(object)]
pub struct LaunchRequest {
    /// Path of the executable; without a slash it is looked for in env's PATH.
    pub command: String,
    pub args: Vec<String>,
    /// `NAME=value` each.
    pub env: Vec<String>,
    pub cwd: String,
    /// Program of the original profile (struct sock_filter[]); its denials notify.
    pub program: Uint8Array,
    pub answer: Answer,
    /// Whether arguments() is to tell with which values the calls are made that a recorded profile keeps apart.
    pub watch_arguments: Option<bool>,
}

/// A command that was executed.
#[napi(object)]
pub struct Launched {
    pub listener: u32,
    pub pid: u32,
}

pub struct LaunchTask {
    supervisor: Arc<Supervisor>,
    launch: Option<Launch>,
    failure: Option<Error>,
}

impl LaunchTask {
    pub fn new(supervisor: Arc<Supervisor>, request: LaunchRequest) -> Result<AsyncTask<Self>> {
        let program = Program::from_bytes(&request.program).map_err(|error| supervisor_error(&error.into()))?;
        let arguments = std::iter::once(request.command.clone()).chain(request.args).collect();
        let launch = Launch {
            command: request.command,
            arguments,
            environment: request.env,
            directory: request.cwd,
            program,
            policy: request.answer.try_into()?,
            watched: if request.watch_arguments.unwrap_or(false) {
                watched().to_vec()
            } else {
                Vec::new()
            },
        };
        Ok(AsyncTask::new(Self {
            supervisor,
            launch: Some(launch),
            failure: None,
        }))
    }
}

impl Task for LaunchTask {
    type Output = CoreLaunched;
    type JsValue = Launched;

    fn compute(&mut self) -> napi::Result<CoreLaunched> {
        let launch = self
            .launch
            .take()
            .ok_or_else(|| napi::Error::from_reason("launched twice"))?;
        self.supervisor.launch(launch).map_err(|error| {
            self.failure = Some(error);
            napi::Error::from_reason("launch failed")
        })
    }

    fn resolve(&mut self, _env: Env, launched: CoreLaunched) -> napi::Result<Launched> {
        Ok(Launched {
            listener: launched.token.0,
            pid: launched.pid,
        })
    }

    fn reject(&mut self, env: Env, error: napi::Error) -> napi::Result<Launched> {
        Err(self
            .failure
            .take()
            .map_or(error, |failure| to_rejection(&env, supervisor_error(&failure))))
    }
}
