//! Recording what a program calls.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use napi::bindgen_prelude::Buffer;
use napi_derive::napi;
use notifyd_bpf::Program;
use notifyd_profile::{Abi, Observation, Purpose, Runtime, recorded};
use notifyd_supervisor::{Values, Watched};

use crate::error::{Result, invalid, profile_error};
use crate::host::machine;
use crate::profile::abi_name;
use crate::stats::Count;

/// A call with the values of its watched argument.
#[napi(object)]
pub struct ArgumentValues {
    /// As abi_name() says it.
    pub abi: String,
    /// As the kernel gave it.
    pub number: u32,
    /// Decimal, since they may be beyond what a number holds. Undefined: any, or not watched.
    pub values: Option<Vec<String>>,
}

/// What was let run of a container that is recorded.
#[napi(object, object_from_js = false)]
pub struct Recorded {
    pub counts: Vec<Count>,
    /// Of calls that are watched.
    pub values: Vec<ArgumentValues>,
}

impl From<notifyd_supervisor::Recorded> for Recorded {
    fn from(recorded: notifyd_supervisor::Recorded) -> Self {
        Self {
            counts: recorded.counts.into_iter().map(Count::from).collect(),
            values: recorded.values.into_iter().map(ArgumentValues::from).collect(),
        }
    }
}

/// What a recorded profile is for.
#[napi(object)]
pub struct RecordPurpose {
    /// runc, crun: their own calls are allowed as well.
    pub runtimes: Vec<String>,
    /// Whether ioctl is allowed for the requests that were seen only.
    pub ioctl_requests: bool,
}

/// A profile of what was seen.
#[napi(object, object_from_js = false)]
pub struct RecordedProfile {
    /// OCI `linux.seccomp` as text.
    pub json: String,
    /// Calls without a name, which no profile can allow.
    pub nameless: Vec<String>,
    /// Names that the libseccomp inside does not know.
    pub newer: Vec<String>,
}

/// struct sock_filter[] of a program that notifies every call.
#[napi]
pub fn notify_every_call() -> Buffer {
    Program::notifying_everything().to_bytes().into()
}

/// The smallest profile that lets the calls run. Compiled and evaluated for each of them: call this in a process that can be
/// killed.
#[napi]
pub fn recorded_profile(seen: Vec<ArgumentValues>, purpose: RecordPurpose) -> Result<RecordedProfile> {
    let runtimes: std::result::Result<Vec<Runtime>, _> = purpose.runtimes.iter().map(|name| name.parse()).collect();
    let purpose = Purpose {
        runtimes: runtimes.map_err(|error| profile_error(&error))?,
        ioctl_requests: purpose.ioctl_requests,
    };
    let observations: Vec<Observation> = seen.into_iter().map(observation).collect::<Result<_>>()?;
    let done = recorded(&observations, &purpose, machine()?).map_err(|error| profile_error(&error))?;
    Ok(RecordedProfile {
        json: format!("{:#}\n", done.profile.to_json()),
        nameless: done.nameless,
        newer: done.newer,
    })
}

/// The arguments that a recorded profile keeps apart.
pub fn watched() -> &'static [Watched] {
    static WATCHED: OnceLock<Vec<Watched>> = OnceLock::new();
    WATCHED.get_or_init(|| {
        let all = notifyd_profile::watched().into_iter();
        all.map(|each| Watched {
            arch: each.arch,
            number: each.number,
            index: usize::try_from(each.index).unwrap_or(usize::MAX),
            mask: each.mask,
        })
        .collect()
    })
}

fn observation(seen: ArgumentValues) -> Result<Observation> {
    let values: Option<BTreeSet<u64>> = seen
        .values
        .map(|texts| texts.iter().map(|text| number(text)).collect::<Result<_>>())
        .transpose()?;
    Ok(Observation {
        arch: arch_of(&seen.abi)?,
        number: seen.number,
        values,
    })
}

/// The value that `abi_name` made the name of.
fn arch_of(abi: &str) -> Result<u32> {
    if let Ok(abi) = abi.parse::<Abi>() {
        return Ok(abi.arch());
    }
    let digits = abi.strip_prefix("0x").unwrap_or_default();
    u32::from_str_radix(digits, 16).map_err(|_| {
        invalid(format!(
            "{abi:?} is no ABI; accepted are x86_64, i386, x32, aarch64, arm and 0x with the value of AUDIT_ARCH_*"
        ))
    })
}

fn number(text: &str) -> Result<u64> {
    text.parse().map_err(|_| {
        invalid(format!(
            "the value {text:?} of an argument is no decimal number below 2^64"
        ))
    })
}

impl From<Values> for ArgumentValues {
    fn from(values: Values) -> Self {
        Self {
            abi: abi_name(values.arch, values.number),
            number: values.number,
            values: values.values.map(|values| values.iter().map(u64::to_string).collect()),
        }
    }
}
