//! One step from a function to its caller, by unwind tables, on x86_64.
//!
//! The registers that a waiting thread does not show (all but stack pointer and program counter) are unknown until some function
//! restored them from the stack, and a step that needs an unknown one says so instead of taking whatever value.

use gimli::{
    CfaRule, Evaluation, EvaluationResult, Expression, Location, Register, RegisterRule, UnwindExpression, Value,
    X86_64,
};

use crate::capture::Capture;
use crate::cfi::{Cfi, Row, Slice};

/// Evaluating an expression of a hostile table has to end.
const MAX_OPERATIONS: u32 = 1000;
/// What a function has to leave as it was (System V ABI for x86_64).
const PRESERVED: [Register; 6] = [
    X86_64::RBX,
    X86_64::RBP,
    X86_64::R12,
    X86_64::R13,
    X86_64::R14,
    X86_64::R15,
];
const REGISTERS: usize = 17;

/// What is known of the registers in one function.
#[derive(Clone, Debug)]
pub struct State {
    values: [Option<u64>; REGISTERS],
    /// Whether the program counter is that of an instruction to come, as after a signal, and not of one behind a call.
    pub interrupted: bool,
}

/// Where a step leads.
#[derive(Debug)]
pub enum Step {
    /// To a caller.
    Caller(Box<State>),
    /// The function has none.
    Outermost,
    /// A register is not known that the table needs.
    Unknown,
    /// The stack there was not copied.
    NotCopied,
}

impl State {
    pub fn new(program_counter: u64, stack_pointer: u64) -> Self {
        let state = Self {
            values: [None; REGISTERS],
            interrupted: false,
        };
        state
            .with(X86_64::RA, Some(program_counter))
            .with(X86_64::RSP, Some(stack_pointer))
    }

    #[must_use]
    pub fn with(mut self, register: Register, value: Option<u64>) -> Self {
        if let Some(place) = self.values.get_mut(usize::from(register.0)) {
            *place = value;
        }
        self
    }

    pub fn get(&self, register: Register) -> Option<u64> {
        self.values.get(usize::from(register.0)).copied().flatten()
    }

    pub fn program_counter(&self) -> u64 {
        self.get(X86_64::RA).unwrap_or(0)
    }

    pub fn stack_pointer(&self) -> u64 {
        self.get(X86_64::RSP).unwrap_or(0)
    }

    /// An address within the instruction that is under way: a call can be a function's last instruction.
    pub fn lookup_address(&self) -> u64 {
        let address = self.program_counter();
        if self.interrupted {
            address
        } else {
            address.saturating_sub(1)
        }
    }
}

/// One function's tables, and what the stack held.
pub struct Tables<'a> {
    pub cfi: &'a Cfi,
    pub row: &'a Row,
    pub capture: &'a Capture,
}

impl Tables<'_> {
    /// The caller, with the caller's stack pointer as the table computes it.
    pub fn step(&self, state: &State) -> Step {
        match self.cfa(state) {
            Some(cfa) => self.step_with(state, cfa),
            None => Step::Unknown,
        }
    }

    /// The caller, if its stack pointer is `cfa`.
    pub fn step_with(&self, state: &State, cfa: u64) -> Step {
        // Only a signal can have switched stacks.
        if !self.row.signal && cfa <= state.stack_pointer() {
            return Step::Unknown;
        }
        if matches!(self.row.rule(X86_64::RA), None | Some(RegisterRule::Undefined)) {
            return Step::Outermost;
        }
        match self.value(X86_64::RA, state, cfa) {
            Some(0) => Step::Outermost,
            Some(address) => Step::Caller(Box::new(self.caller(state, cfa, address))),
            None => Step::NotCopied,
        }
    }

    fn caller(&self, state: &State, cfa: u64, address: u64) -> State {
        let stack_pointer = match self.row.rule(X86_64::RSP) {
            Some(_) => self.value(X86_64::RSP, state, cfa),
            None => Some(cfa),
        };
        let mut caller = State::new(address, stack_pointer.unwrap_or(cfa));
        caller.interrupted = self.row.signal;
        for register in PRESERVED {
            let value = self.value(register, state, cfa);
            caller = caller.with(register, value);
        }
        caller
    }

    fn cfa(&self, state: &State) -> Option<u64> {
        match &self.row.cfa {
            CfaRule::RegisterAndOffset { register, offset } => state.get(*register)?.checked_add_signed(*offset),
            CfaRule::Expression(expression) => self.evaluate(*expression, state, None),
        }
    }

    fn value(&self, register: Register, state: &State, cfa: u64) -> Option<u64> {
        let at = |address: u64| self.capture.stack_word(address);
        match self.row.rule(register) {
            None | Some(RegisterRule::SameValue) => state.get(register),
            Some(RegisterRule::Offset(offset)) => at(cfa.checked_add_signed(*offset)?),
            Some(RegisterRule::ValOffset(offset)) => cfa.checked_add_signed(*offset),
            Some(RegisterRule::Register(other)) => state.get(*other),
            Some(RegisterRule::Expression(expression)) => at(self.evaluate(*expression, state, Some(cfa))?),
            Some(RegisterRule::ValExpression(expression)) => self.evaluate(*expression, state, Some(cfa)),
            Some(_) => None,
        }
    }

    /// Rules for registers begin with the CFA on the expression's stack (DWARF 5, 6.4.2.3).
    fn evaluate(&self, expression: UnwindExpression<usize>, state: &State, cfa: Option<u64>) -> Option<u64> {
        let expression = self.cfi.expression(self.row, expression)?;
        evaluate(expression, self.row, state, cfa, self.capture)
    }
}

fn evaluate(
    expression: Expression<Slice>,
    row: &Row,
    state: &State,
    initial: Option<u64>,
    capture: &Capture,
) -> Option<u64> {
    let mut evaluation: Evaluation<Slice> = expression.evaluation(row.encoding);
    evaluation.set_max_iterations(MAX_OPERATIONS);
    if let Some(value) = initial {
        evaluation.set_initial_value(value);
    }
    let mut result = evaluation.evaluate().ok()?;
    loop {
        result = match result {
            EvaluationResult::Complete => break,
            EvaluationResult::RequiresRegister { register, .. } => {
                let value = Value::Generic(state.get(register)?);
                evaluation.resume_with_register(value).ok()?
            }
            EvaluationResult::RequiresMemory {
                address,
                size: 8,
                space: None,
                ..
            } => {
                let value = Value::Generic(capture.stack_word(address)?);
                evaluation.resume_with_memory(value).ok()?
            }
            EvaluationResult::RequiresCallFrameCfa => evaluation.resume_with_call_frame_cfa(initial?).ok()?,
            _ => return None,
        };
    }
    match evaluation.as_result().first()?.location {
        Location::Address { address } => Some(address),
        _ => None,
    }
}
