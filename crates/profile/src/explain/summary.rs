//! What a profile does to all calls.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use notifyd_bpf::Action;

use super::{Arguments, Explainer};
use crate::flatten::{FlatRule, flatten};
use crate::syscalls::names;
use crate::{Abi, number};

/// What a profile does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Each ABI whose calls the profile judges.
    pub abis: Vec<AbiSummary>,
}

/// What a profile does to the calls of one ABI.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbiSummary {
    /// The ABI.
    pub abi: Abi,
    /// Calls that meet the same verdict whatever their arguments are, by name.
    pub verdicts: Vec<(Action, Vec<String>)>,
    /// Calls whose verdict depends on their arguments, by name.
    pub conditional: Vec<String>,
}

impl Explainer<'_> {
    /// Every call that has a name, on the given ABIs.
    pub fn summary(&self, abis: &[Abi]) -> Summary {
        let rules = flatten(&self.profile);
        Summary {
            abis: abis.iter().map(|&abi| self.summarize(abi, &rules)).collect(),
        }
    }

    fn summarize(&self, abi: Abi, rules: &[FlatRule<'_>]) -> AbiSummary {
        let mut verdicts: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        let mut conditional = Vec::new();
        let names: BTreeSet<_> = names(abi).map(Cow::into_owned).collect();
        for (name, number) in names.iter().filter_map(|name| Some((name, number(abi, name)?))) {
            match self.only_verdict(abi, number, rules) {
                Some(verdict) => verdicts.entry(verdict.raw()).or_default().push(name.clone()),
                None => conditional.push(name.clone()),
            }
        }
        let verdicts = verdicts.into_iter().rev();
        AbiSummary {
            abi,
            verdicts: verdicts.map(|(raw, names)| (Action::from_raw(raw), names)).collect(),
            conditional,
        }
    }

    fn only_verdict(&self, abi: Abi, number: u32, rules: &[FlatRule<'_>]) -> Option<Action> {
        let constant = self.compiled.program.constant_verdict(abi.arch(), number);
        constant.or_else(|| {
            let cases = self.cases(abi, number, &Arguments::default(), rules);
            let first = cases.first()?.verdict;
            cases.iter().all(|case| case.verdict == first).then_some(first)
        })
    }
}
