//! What a register may hold, known before any call was made.

use crate::interpret::arithmetic;
use crate::op;

/// One arithmetic instruction with a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Operation {
    /// Opcode of the constant's form, such as [`op::AND_K`].
    pub(crate) code: u16,
    /// The constant.
    pub(crate) k: u32,
}

/// A value as a function of the words of `struct seccomp_data`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    /// Always this.
    Constant(u32),
    /// One word behind some operations.
    Word(usize, Vec<Operation>),
    /// Anything that may depend on the words of this bit set.
    Mixed(u16),
}

/// Operations that are followed; a value behind more is [`Value::Mixed`].
const MOST_OPERATIONS: usize = 6;

impl Value {
    /// The words that it may depend on, as a bit set.
    pub(crate) fn words(&self) -> u16 {
        match self {
            Self::Constant(_) => 0,
            Self::Word(word, _) => 1 << word,
            Self::Mixed(words) => *words,
        }
    }

    /// Whether it is something else than zero whatever the call is; `false` if that is not known.
    pub(crate) fn is_never_zero(&self) -> bool {
        match self {
            Self::Constant(value) => *value != 0,
            Self::Word(_, operations) => operations
                .last()
                .is_some_and(|last| last.code == op::OR_K && last.k != 0),
            Self::Mixed(_) => false,
        }
    }

    /// The value behind an arithmetic instruction, whose opcode is that of the constant's form. `None`: a division by
    /// zero, which ends the program.
    pub(crate) fn behind(&self, code: u16, operand: &Self) -> Option<Self> {
        let mixed = Self::Mixed(self.words() | operand.words());
        Some(match (self, operand) {
            (_, &Self::Constant(0)) if code == op::DIV_K => return None,
            (&Self::Constant(a), &Self::Constant(k)) => Self::Constant(arithmetic(code, a, k)?),
            (&Self::Word(word, ref before), &Self::Constant(k)) => extended(word, before, Operation { code, k }),
            (&Self::Constant(k), &Self::Word(word, ref before)) if commutes(code) => {
                extended(word, before, Operation { code, k })
            }
            _ => mixed,
        })
    }
}

fn extended(word: usize, before: &[Operation], last: Operation) -> Value {
    if before.len() == MOST_OPERATIONS {
        return Value::Mixed(1 << word);
    }
    Value::Word(word, before.iter().copied().chain([last]).collect())
}

fn commutes(code: u16) -> bool {
    matches!(code, op::ADD_K | op::MUL_K | op::OR_K | op::AND_K | op::XOR_K)
}

/// The different values that a register has on the ways that lead to one instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Possible(Vec<Value>);

/// Values that are kept apart; more become one [`Value::Mixed`].
const MOST_VALUES: usize = 16;

impl From<Value> for Possible {
    fn from(value: Value) -> Self {
        Self(vec![value])
    }
}

impl FromIterator<Value> for Possible {
    fn from_iter<I: IntoIterator<Item = Value>>(values: I) -> Self {
        let mut values: Vec<Value> = values.into_iter().collect();
        values.sort_unstable();
        values.dedup();
        if values.len() > MOST_VALUES {
            values = vec![Value::Mixed(
                values.iter().fold(0, |words, value| words | value.words()),
            )];
        }
        Self(values)
    }
}

impl Possible {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Value> {
        self.0.iter()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn join(&mut self, other: Self) {
        if *self != other {
            let mine = std::mem::take(&mut self.0);
            *self = mine.into_iter().chain(other.0).collect();
        }
    }
}
