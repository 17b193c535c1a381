//! What a profile does to a call, and why.
//!
//! The verdict is that of the compiled program, never of the JSON. The reason is looked for in the rules: where none says
//! what the program does, libseccomp has made something else of them than they say, and that is told.
//!
//! Of the runtimes runc puts a program of its own in front; see [`Explainer::under`].

mod arguments;
mod cases;
mod summary;
mod words;

pub use self::arguments::Arguments;
pub(crate) use self::cases::{MOST_CALLS, calls, candidates, data, holds};
pub use self::summary::{AbiSummary, Summary};
pub use self::words::describe_action;

use notifyd_bpf::Action;

use crate::compile::is_known_to_libseccomp;
use crate::deny_list::{exists, subcalls};
use crate::flatten::{flatten, kernel_action};
use crate::model::{Condition, Rule};
use crate::nearest::did_you_mean;
use crate::places::Places;
use crate::runtime::Runtime;
use crate::stub::{largest_named, with_stub};
use crate::{Abi, Compiled, Document, Error, Facts, Format, LeftOut, Profile, compile, name, number, suggest};

/// A profile, compiled and ready for questions.
#[derive(Debug)]
pub struct Explainer<'a> {
    pub(crate) places: Places<'a>,
    document: Document,
    facts: Facts,
    pub(crate) profile: Profile,
    pub(crate) compiled: Compiled,
    /// Above which numbers runc answers itself.
    largest_named: Vec<(Abi, u32)>,
    runtime: Option<Runtime>,
}

/// What becomes of one call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallExplanation {
    /// Its name.
    pub name: String,
    /// Each way to make it.
    pub ways: Vec<Way>,
    /// Rules that name it and have no effect.
    pub unused: Vec<Unused>,
}

/// One way to make a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The ABI.
    pub abi: Abi,
    /// The number, with the x32 bit; `None` where the ABI has no such call.
    pub number: Option<u32>,
    /// The call that carries it, in its argument 0: `socketcall` and `ipc` of i386.
    pub carrier: Option<String>,
    /// The largest number that the profile names, where this one is above it: runc answers it with ENOSYS by itself.
    pub largest_named: Option<u32>,
    /// What happens, for all arguments that were asked about: one, unless it depends on those left open.
    pub cases: Vec<Case>,
}

/// What happens to some arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What the program does.
    pub verdict: Action,
    /// What says so.
    pub reason: Reason,
    /// What the reason says. Where it is not the verdict, libseccomp has made something else of the rules.
    pub written: Action,
    /// Rules that match some of these arguments too and say otherwise; which rule wins is libseccomp's choice.
    pub overruled: Vec<RuleAt>,
    /// Arguments that get this verdict.
    pub example: [u64; 6],
}

/// Why a verdict is what it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A rule matches.
    Rule(RuleAt),
    /// No rule matches.
    Default,
    /// The profile does not list the architecture.
    Architecture,
    /// runc answers it, since the number is above this one, the largest that the profile names.
    Runtime(u32),
}

/// A rule, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleAt {
    /// Index in `syscalls` of the text.
    pub index: usize,
    /// Line of the text on which it names the call, from 1.
    pub line: Option<usize>,
    /// What it does.
    pub action: Action,
    /// The conditions that matched, all of them; none: it matches whatever the arguments are.
    pub conditions: Vec<Condition>,
}

/// A rule without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unused {
    /// The rule.
    pub rule: RuleAt,
    /// Why.
    pub why: LeftOut,
}

impl<'a> Explainer<'a> {
    /// Reads, resolves and compiles a text.
    pub fn new(text: &'a str, facts: Facts) -> Result<Self, Error> {
        let document = Document::parse(text)?;
        let profile = document.resolve(&facts)?;
        Ok(Self {
            places: Places::of(text),
            compiled: compile(&profile, facts.abi)?,
            largest_named: largest_named(&profile, facts.abi),
            runtime: None,
            document,
            facts,
            profile,
        })
    }

    /// With what the runtime puts in front of the program.
    pub fn under(mut self, runtime: Runtime) -> Result<Self, Error> {
        if runtime.answers_newer_numbers() {
            self.compiled.program = with_stub(&self.profile, self.compiled.program, self.facts.abi)?;
        }
        self.runtime = Some(runtime);
        Ok(self)
    }

    /// The runtime that is to load it, where one was named.
    pub const fn runtime(&self) -> Option<Runtime> {
        self.runtime
    }

    /// The largest number that the profile names, where this one is above it and the runtime may be runc.
    fn largest_below(&self, abi: Abi, number: u32) -> Option<u32> {
        let answers = self.runtime.is_none_or(Runtime::answers_newer_numbers);
        let of_abi = self.largest_named.iter().find(|(known, _)| *known == abi && answers);
        of_abi.map(|&(_, largest)| largest).filter(|&largest| number > largest)
    }

    /// The same where runc is to load it, and so answers by itself.
    fn answered_by_runtime(&self, abi: Abi, number: u32) -> Option<u32> {
        self.largest_below(abi, number).filter(|_| self.runtime.is_some())
    }

    /// The format of the text.
    pub const fn format(&self) -> Format {
        self.document.format()
    }

    /// What its conditions were compared with.
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What is odd about the profile, one sentence each.
    pub fn warnings(&self) -> &[String] {
        &self.compiled.warnings
    }

    /// What happens where no rule matches.
    pub fn default_action(&self) -> Action {
        kernel_action(self.profile.default_action, self.profile.default_errno)
    }

    /// The ABIs whose calls the profile judges, as far as they are known here.
    pub fn abis(&self) -> Vec<Abi> {
        Abi::ALL.into_iter().filter(|&abi| self.covers(abi)).collect()
    }

    /// Rules whose conditions on capabilities, architecture or kernel do not hold.
    pub fn left_out(&self) -> Result<Vec<Unused>, Error> {
        left_out(&self.document, &self.places, &self.facts)
    }

    /// What becomes of the named call (`syscall_600` for a number) with such arguments on such ABIs.
    pub fn call(&self, call: &str, arguments: &Arguments, abis: &[Abi]) -> Result<CallExplanation, Error> {
        if !Abi::ALL.iter().any(|&abi| exists(abi, call)) {
            let hint = did_you_mean(suggest(call));
            let name = call.to_owned();
            return Err(Error::NoSuchCall { name, hint });
        }
        Ok(CallExplanation {
            name: call.to_owned(),
            ways: abis.iter().flat_map(|&abi| self.ways(abi, call, arguments)).collect(),
            unused: self.unused(call)?,
        })
    }

    pub(crate) fn ways(&self, abi: Abi, call: &str, arguments: &Arguments) -> Vec<Way> {
        let rules = flatten(&self.profile);
        let way = |number, carrier: Option<String>, arguments: &Arguments| Way {
            abi,
            number: Some(number),
            cases: self.cases(abi, number, arguments, &rules),
            carrier,
            largest_named: self.largest_below(abi, number),
        };
        let own = number(abi, call).map(|number| way(number, None, arguments));
        let carried = subcalls(abi, call).into_iter().map(|subcall| {
            let carrier = name(abi.arch(), subcall.number).map(Into::into);
            way(subcall.number, carrier, &Arguments::first(subcall.value.into()))
        });
        let ways: Vec<Way> = own.into_iter().chain(carried).collect();
        if ways.is_empty() {
            return vec![Way {
                abi,
                number: None,
                carrier: None,
                largest_named: None,
                cases: Vec::new(),
            }];
        }
        ways
    }

    fn unused(&self, call: &str) -> Result<Vec<Unused>, Error> {
        let names = |rule: &Rule| rule.names.iter().any(|name| name == call);
        let left_out = self.document.left_out(&self.facts)?;
        let left_out = left_out.into_iter().filter(|(rule, _)| names(rule));
        let resolved = self.profile.rules.iter().filter(|rule| names(rule));
        let passed_over = resolved.filter_map(|rule| Some((rule, self.passed_over(rule, call)?)));
        let mut unused: Vec<Unused> = left_out
            .chain(passed_over)
            .map(|(rule, why)| Unused {
                rule: at(&self.places, rule, Some(call), rule.conditions.clone()),
                why,
            })
            .collect();
        unused.sort_by_key(|unused| unused.rule.index);
        Ok(unused)
    }

    fn passed_over(&self, rule: &Rule, call: &str) -> Option<LeftOut> {
        if kernel_action(rule.action, rule.errno) == self.default_action() {
            return Some(LeftOut::SaysTheDefault);
        }
        (!is_known_to_libseccomp(call)).then_some(LeftOut::UnknownToLibseccomp)
    }

    pub(crate) fn covers(&self, abi: Abi) -> bool {
        self.profile.covers(abi, self.facts.abi)
    }
}

impl Document {
    /// The rules of its text that do not hold there, and why.
    pub fn left_out_at(&self, text: &str, facts: &Facts) -> Result<Vec<Unused>, Error> {
        left_out(self, &Places::of(text), facts)
    }
}

fn left_out(document: &Document, places: &Places<'_>, facts: &Facts) -> Result<Vec<Unused>, Error> {
    let left_out = document.left_out(facts)?;
    let unused = left_out.into_iter().map(|(rule, why)| Unused {
        rule: at(places, rule, None, rule.conditions.clone()),
        why,
    });
    Ok(unused.collect())
}

fn at(places: &Places<'_>, rule: &Rule, call: Option<&str>, conditions: Vec<Condition>) -> RuleAt {
    let index = rule.written_at;
    RuleAt {
        index,
        line: call.map_or_else(|| places.rule(index), |call| places.name(index, call)),
        action: kernel_action(rule.action, rule.errno),
        conditions,
    }
}
