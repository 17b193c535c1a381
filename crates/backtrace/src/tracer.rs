//! From a capture to a backtrace: step by step through tables, searching the stack where they say nothing.

use std::time::{Duration, Instant};

use gimli::X86_64;

use crate::capture::Capture;
use crate::elf;
use crate::frame::{Backtrace, End, Found, Frame};
use crate::frame_records::{self, Innermost};
use crate::go_table::Caller;
use crate::limits::Limits;
use crate::modules::{Modules, Place};
use crate::search::{Called, Code, Fit, ReturnSlot, ReturnSlots};
use crate::unwind::{State, Step, Tables};

/// How many callers are tried by search in one backtrace.
const MAX_TRIALS: usize = 256;

/// Finds callers; keeps the modules that it parsed.
#[derive(Debug)]
pub struct Tracer {
    limits: Limits,
    modules: Modules,
}

impl Tracer {
    /// A tracer that keeps to `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            modules: Modules::new(limits.modules),
        }
    }

    /// The bounds that it keeps to.
    #[must_use]
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// The functions that were active when the capture was made. There is always a first frame: the place of the call.
    pub fn resolve(&mut self, capture: &Capture) -> Backtrace {
        self.resolve_within(capture, self.limits.time)
    }

    /// The same, with a time of its own.
    pub fn resolve_within(&mut self, capture: &Capture, time: Duration) -> Backtrace {
        let deadline = Instant::now() + time;
        let registers = &capture.registers;
        let first = State::new(registers.program_counter, registers.stack_pointer);
        let mut walk = Walk {
            capture,
            modules: &mut self.modules,
            most: self.limits.frames,
            deadline,
            slots: None,
            trials: 0,
            found: vec![(first.clone(), Found::Kernel)],
        };
        let end = match walk.machine(&first) {
            elf::X86_64 => walk.callers(first),
            elf::AARCH64 => walk.callers_by_records(&first),
            _ => End::Architecture,
        };
        let found = walk.found;
        self.describe(capture, &found, end, deadline)
    }

    fn describe(&mut self, capture: &Capture, found: &[(State, Found)], end: End, deadline: Instant) -> Backtrace {
        let mut frames = Vec::new();
        for (state, how) in found {
            let left = self.limits.frames - frames.len();
            if left == 0 {
                return Backtrace {
                    frames,
                    end: End::Depth,
                };
            }
            frames.extend(self.frames_of(capture, state, *how, left, deadline));
        }
        Backtrace { frames, end }
    }

    /// The function at one place, and before it those that the compiler put into it.
    fn frames_of(
        &mut self,
        capture: &Capture,
        state: &State,
        found: Found,
        most: usize,
        deadline: Instant,
    ) -> Vec<Frame> {
        let program_counter = state.program_counter();
        let place = self.modules.locate(capture, state.lookup_address());
        let (name, offset, build_id) = match &place {
            Some(place) => {
                let build_id = place.module.as_ref().and_then(|module| module.build_id.clone());
                (place.name.clone(), program_counter.wrapping_sub(place.bias), build_id)
            }
            None => ("[unmapped]".to_owned(), program_counter, None),
        };
        let frame = |function, file, line, inlined| Frame {
            module: name.clone(),
            build_id: build_id.clone(),
            offset,
            function,
            file,
            line,
            inlined,
            found,
        };
        let module = place
            .as_ref()
            .and_then(|place| Some((place.module.as_ref()?, place.address)));
        let Some((module, address)) = module.filter(|_| Instant::now() < deadline) else {
            return vec![frame(None, None, None, false)];
        };
        let lines = module.lines(address, most, self.limits.debug_bytes);
        let last = lines.len().saturating_sub(1);
        let described = lines.into_iter().enumerate();
        described
            .map(|(index, line)| frame(line.function, line.file, line.line, index < last))
            .collect()
    }
}

/// One way up a stack.
struct Walk<'a> {
    capture: &'a Capture,
    modules: &'a mut Modules,
    most: usize,
    deadline: Instant,
    /// Collected when they are first needed.
    slots: Option<ReturnSlots>,
    trials: usize,
    found: Vec<(State, Found)>,
}

/// Frames that a search led to, none of which is the thread's first.
struct Tail {
    fit: Fit,
    frames: Vec<(State, Found)>,
    end: End,
}

impl Tail {
    fn is_better_than(&self, other: &Self) -> bool {
        self.fit < other.fit || (self.fit == other.fit && self.frames.len() > other.frames.len())
    }
}

impl Walk<'_> {
    /// The architecture of the code that made the call; of code without a file it is our own.
    fn machine(&mut self, first: &State) -> u16 {
        let own = if cfg!(target_arch = "aarch64") {
            elf::AARCH64
        } else {
            elf::X86_64
        };
        let place = self.modules.locate(self.capture, first.lookup_address());
        place
            .and_then(|place| place.module)
            .map_or(own, |module| module.elf.machine)
    }

    fn callers_by_records(&mut self, first: &State) -> End {
        let mut code = Code {
            capture: self.capture,
            modules: self.modules,
        };
        let innermost = Innermost {
            inside: first.lookup_address(),
            start: code.function_at(first.lookup_address()),
            in_go: code.is_go(first.lookup_address()),
        };
        let (returns, end) = frame_records::callers(&mut code, &innermost, self.most, self.deadline);
        let stack_pointer = first.stack_pointer();
        let state = |address| (State::new(address, stack_pointer), Found::Search);
        self.found.extend(returns.into_iter().map(state));
        end
    }

    /// Adds the callers of the last frame found, and says why there are no more.
    fn callers(&mut self, mut state: State) -> End {
        loop {
            if self.found.len() >= self.most {
                return End::Depth;
            }
            if Instant::now() >= self.deadline {
                return End::Deadline;
            }
            let place = self.modules.locate(self.capture, state.lookup_address());
            match step(self.capture, place.as_ref(), &state, None) {
                Step::Caller(caller) => {
                    state = *caller;
                    self.found.push((state.clone(), Found::Tables));
                }
                Step::Outermost => return End::Complete,
                Step::NotCopied => {
                    return if self.capture.stack_is_cut() {
                        End::Stack
                    } else {
                        End::NoCaller
                    };
                }
                Step::Unknown => return self.search(&state, place.as_ref()),
            }
        }
    }

    /// Tries each return address that may be the caller's; the first one from which the thread's first function is reached is it.
    fn search(&mut self, state: &State, place: Option<&Place>) -> End {
        if place.is_some_and(is_entry) {
            return End::Complete;
        }
        let start = place.and_then(start_of);
        let mark = self.found.len();
        let mut best: Option<Tail> = None;
        for (caller, fit) in self.candidates(state, place, start) {
            if self.trials >= MAX_TRIALS || Instant::now() >= self.deadline {
                break;
            }
            self.trials += 1;
            self.found.push((caller.clone(), Found::Search));
            let end = self.callers(caller);
            if matches!(end, End::Complete | End::Depth) {
                return end;
            }
            let frames = self.found.split_off(mark);
            let tail = Tail { fit, frames, end };
            best = Some(match best {
                Some(best) if !tail.is_better_than(&best) => best,
                _ => tail,
            });
        }
        match best {
            Some(tail) => {
                self.found.extend(tail.frames);
                tail.end
            }
            None if self.capture.stack_is_cut() => End::Stack,
            None => End::NoCaller,
        }
    }

    fn candidates(&mut self, state: &State, place: Option<&Place>, start: Option<u64>) -> Vec<(State, Fit)> {
        let capture = self.capture;
        let mut code = Code {
            capture,
            modules: self.modules,
        };
        let slots = self.slots.get_or_insert_with(|| ReturnSlots::collect(&mut code));
        let called = Called {
            from: state.stack_pointer(),
            inside: state.lookup_address(),
            start,
        };
        let mut found = slots.candidates(&called, &mut code);
        // Code that keeps frame pointers and has no tables, as that of just-in-time compilers.
        let kept = state.get(X86_64::RBP).filter(|base| *base >= state.stack_pointer());
        if let Some(slot) = kept.and_then(|base| slots.at(base.checked_add(8)?)) {
            let after_exact = found.partition_point(|(exact, fit)| *fit == Fit::Exact && exact.slot < slot.slot);
            found.insert(after_exact, (slot, Fit::Exact));
        }
        let caller = |(slot, fit): (ReturnSlot, Fit)| {
            let cfa = slot.slot.checked_add(8)?;
            match step(capture, place, state, Some(cfa)) {
                Step::Caller(caller) => Some((*caller, fit)),
                Step::Unknown => {
                    let mut caller = State::new(slot.address, cfa);
                    if state.get(X86_64::RBP).and_then(|base| base.checked_add(8)) == Some(slot.slot) {
                        caller = caller.with(X86_64::RBP, capture.stack_word(slot.slot - 8));
                    }
                    Some((caller, fit))
                }
                Step::Outermost | Step::NotCopied => None,
            }
        };
        found.into_iter().filter_map(caller).collect()
    }
}

/// The step that the tables of the place tell, with the caller's stack pointer if that was guessed.
fn step(capture: &Capture, place: Option<&Place>, state: &State, cfa: Option<u64>) -> Step {
    let Some((module, address)) = place.and_then(|place| Some((place.module.as_ref()?, place.address))) else {
        return Step::Unknown;
    };
    if let Some(caller) = module.go().and_then(|table| table.caller(address)) {
        return go_step(capture, state, caller);
    }
    let cfi = module.cfi();
    let Some(row) = cfi.row(address) else {
        return Step::Unknown;
    };
    let tables = Tables {
        cfi,
        row: &row,
        capture,
    };
    cfa.map_or_else(|| tables.step(state), |cfa| tables.step_with(state, cfa))
}

/// Go's tables tell where the return address lies; of registers they tell nothing.
fn go_step(capture: &Capture, state: &State, caller: Caller) -> Step {
    let distance = match caller {
        Caller::Above(distance) => distance,
        Caller::None => return Step::Outermost,
        Caller::Unknown => return Step::NotCopied,
    };
    let slot = state.stack_pointer().checked_add(distance);
    let address = slot.and_then(|slot| Some((capture.stack_word(slot)?, slot.checked_add(8)?)));
    match address {
        Some((0, _)) => Step::Outermost,
        Some((address, above)) => Step::Caller(Box::new(State::new(address, above))),
        None => Step::NotCopied,
    }
}

/// Where the function at a place starts in the target.
fn start_of(place: &Place) -> Option<u64> {
    Some(place.function_start()?.wrapping_add(place.bias))
}

fn is_entry(place: &Place) -> bool {
    place
        .module
        .as_ref()
        .is_some_and(|module| module.is_entry(place.address))
}
