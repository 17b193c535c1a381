//! Registers of a thread that waits, without stopping it.

use crate::Error;
use crate::proc_files::ProcFiles;

/// Right after a notification was received its thread can still be on the way to sleep.
const ATTEMPTS: usize = 200;

/// What the kernel tells of a waiting thread's registers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Registers {
    /// The stack pointer.
    pub stack_pointer: u64,
    /// The address behind the instruction that made the call.
    pub program_counter: u64,
}

impl Registers {
    /// Reads `/proc/<tid>/syscall`, which asks for the right to trace, and traces nothing.
    pub fn read(thread: &ProcFiles) -> Result<Self, Error> {
        for _ in 0..ATTEMPTS {
            if let Some(registers) = parse(&thread.text("syscall")?) {
                return Ok(registers);
            }
            std::thread::yield_now();
        }
        Err(Error::Running { tid: thread.tid().0 })
    }
}

/// `number arguments... sp pc`, or `-1 sp pc` outside of a call, or `running`.
fn parse(text: &str) -> Option<Registers> {
    let mut fields = text.split_ascii_whitespace().rev();
    let mut address = || u64::from_str_radix(fields.next()?.strip_prefix("0x")?, 16).ok();
    let (program_counter, stack_pointer) = (address()?, address()?);
    Some(Registers {
        stack_pointer,
        program_counter,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_two_fields_are_stack_and_code() {
        let text = "161 0x1 0x2 0x3 0x4 0x5 0x6 0x7ffd10 0x7f4480\n";
        let expected = Registers {
            stack_pointer: 0x7f_fd10,
            program_counter: 0x7f_4480,
        };
        assert_eq!(parse(text), Some(expected));
        assert_eq!(parse("running\n"), None);
        assert_eq!(parse(""), None);
    }
}
