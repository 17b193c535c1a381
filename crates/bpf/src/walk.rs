//! Following a program along every way that some call could take.

use std::collections::BTreeMap;

use crate::interpret::condition;
use crate::value::{Possible, Value};
use crate::{Insn, Program, SeccompData, op};

/// The words of `struct seccomp_data`; `None` where a call chooses.
pub(crate) type Known = [Option<u32>; 16];

/// Any call at all.
pub(crate) const ANY_CALL: Known = [None; 16];

/// What a program does with a value on the way.
pub(crate) enum Seen<'a> {
    /// Decides by it; the opcode is that of the constant's form.
    Compared {
        code: u16,
        left: &'a Value,
        right: &'a Value,
    },
    /// Divides by it, at this index; a zero ends the program with KILL_THREAD.
    Divided { at: usize, by: &'a Value },
    /// Returns it as the verdict.
    Returned(&'a Value),
}

/// Tells everything that the program may do with values if the call has the known words.
///
/// Each instruction is visited once, with all values that any way brings there: what is told includes everything that
/// can happen, and may include what cannot, since it is forgotten which values come together.
pub(crate) fn walk(program: &Program, known: &Known, see: &mut impl FnMut(Seen<'_>)) {
    let mut pending = BTreeMap::from([(0, State::default())]);
    while let Some((at, mut state)) = pending.pop_first() {
        let Some(&insn) = program.instructions().get(at) else {
            continue;
        };
        let next = at + 1;
        match insn.code {
            op::RET_K => {}
            op::RET_A => state.a.iter().for_each(|value| see(Seen::Returned(value))),
            op::JA => arrive(&mut pending, next + insn.k as usize, state),
            _ if insn.is_conditional_jump() => {
                let [holds, fails] = state.outcomes(insn, see);
                let (on_true, on_false) = (next + usize::from(insn.jt), next + usize::from(insn.jf));
                match (holds, fails) {
                    (true, true) if on_true != on_false => {
                        arrive(&mut pending, on_true, state.clone());
                        arrive(&mut pending, on_false, state);
                    }
                    (true, _) => arrive(&mut pending, on_true, state),
                    (false, _) => arrive(&mut pending, on_false, state),
                }
            }
            _ => {
                if insn.code == op::DIV_X {
                    state.x.iter().for_each(|by| see(Seen::Divided { at, by }));
                }
                if state.run(insn, known) {
                    arrive(&mut pending, next, state);
                }
            }
        }
    }
}

fn arrive(pending: &mut BTreeMap<usize, State>, at: usize, state: State) {
    match pending.get_mut(&at) {
        Some(other) => other.join(state),
        None => drop(pending.insert(at, state)),
    }
}

/// Registers and scratch memory; an unwritten cell is zero.
#[derive(Clone)]
struct State {
    a: Possible,
    x: Possible,
    scratch: BTreeMap<u32, Possible>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            a: constant(0),
            x: constant(0),
            scratch: BTreeMap::new(),
        }
    }
}

impl State {
    fn join(&mut self, other: Self) {
        self.a.join(other.a);
        self.x.join(other.x);
        for (cell, values) in &mut self.scratch {
            if !other.scratch.contains_key(cell) {
                values.join(constant(0));
            }
        }
        for (cell, values) in other.scratch {
            self.scratch.entry(cell).or_insert_with(|| constant(0)).join(values);
        }
    }

    /// Whether a conditional jump can find its condition to hold, and whether it can find it not to.
    fn outcomes(&self, insn: Insn, see: &mut impl FnMut(Seen<'_>)) -> [bool; 2] {
        let (code, right) = self.operand(insn);
        let mut outcomes = [false; 2];
        for left in self.a.iter() {
            for right in right.iter() {
                match (left, right) {
                    (&Value::Constant(a), &Value::Constant(k)) if condition(code, a, k) => outcomes[0] = true,
                    (Value::Constant(_), Value::Constant(_)) => outcomes[1] = true,
                    _ => {
                        see(Seen::Compared { code, left, right });
                        outcomes = [true; 2];
                    }
                }
            }
        }
        outcomes
    }

    /// Runs anything but a jump or a return; `false` where a division by zero surely ends the program.
    fn run(&mut self, insn: Insn, known: &Known) -> bool {
        let k = insn.k;
        match insn.code {
            op::LD_ABS => self.a = word(k, known).into(),
            op::LD_IMM => self.a = constant(k),
            op::LD_LEN => self.a = constant(SeccompData::SIZE),
            op::LD_MEM => self.a = self.cell(k),
            op::LDX_IMM => self.x = constant(k),
            op::LDX_LEN => self.x = constant(SeccompData::SIZE),
            op::LDX_MEM => self.x = self.cell(k),
            op::ST => drop(self.scratch.insert(k, self.a.clone())),
            op::STX => drop(self.scratch.insert(k, self.x.clone())),
            op::TAX => self.x = self.a.clone(),
            op::TXA => self.a = self.x.clone(),
            _ => self.calculate(insn),
        }
        !self.a.is_empty()
    }

    fn calculate(&mut self, insn: Insn) {
        let (code, right) = self.operand(insn);
        let results = self
            .a
            .iter()
            .flat_map(|left| right.iter().filter_map(|right| left.behind(code, right)));
        self.a = results.collect();
    }

    /// The opcode with a constant for its operand, and what that may be.
    fn operand(&self, insn: Insn) -> (u16, Possible) {
        if insn.code & op::SOURCE_X == 0 {
            (insn.code, constant(insn.k))
        } else {
            (insn.code & !op::SOURCE_X, self.x.clone())
        }
    }

    fn cell(&self, index: u32) -> Possible {
        self.scratch.get(&index).cloned().unwrap_or_else(|| constant(0))
    }
}

fn word(offset: u32, known: &Known) -> Value {
    let index = offset as usize / 4;
    match known.get(index) {
        Some(Some(value)) => Value::Constant(*value),
        Some(None) => Value::Word(index, Vec::new()),
        None => Value::Constant(0),
    }
}

fn constant(value: u32) -> Possible {
    Value::Constant(value).into()
}
