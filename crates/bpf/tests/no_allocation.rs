//! Evaluating takes no memory: a verdict is given between receiving a notification and answering it.
//!
//! # Safety
//!
//! The one unsafe part is what a global allocator cannot be without: it hands everything on to the system's.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::hint::black_box;

use notifyd_bpf::{AUDIT_ARCH_X86_64, Denied, Insn, Program, SeccompData, Subcall, deny_list, op};

thread_local! {
    /// Without a destructor and initialized at compile time, so that counting itself takes no memory.
    static ALLOCATIONS: Cell<usize> = const { Cell::new(0) };
}

struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

// SAFETY: the system's allocator does all the work; counting touches a plain cell of the thread.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.set(ALLOCATIONS.get() + 1);
        // SAFETY: the caller's promise about the layout is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: every pointer of `alloc` is the system's.
        unsafe { System.dealloc(pointer, layout) }
    }
}

/// What this thread took from the allocator meanwhile.
fn allocations(work: impl FnOnce()) -> usize {
    let before = ALLOCATIONS.get();
    work();
    ALLOCATIONS.get() - before
}

fn listed() -> Program {
    let rule = Denied {
        arch: AUDIT_ARCH_X86_64,
        numbers: (0..400).step_by(3).collect(),
        subcalls: vec![Subcall {
            number: 400,
            mask: 0xff,
            value: 3,
        }],
    };
    deny_list(&[rule], notifyd_bpf::Action::Errno(1)).unwrap()
}

/// One of each kind of instruction that touches a register or a cell.
fn computing() -> Program {
    let statement = Insn::statement;
    let [load, wide] = [0, 16].map(|offset| statement(op::LD_ABS, offset));
    let cells = (0..16).map(|cell| statement(op::ST, cell));
    let work = [
        statement(op::LDX_MEM, 3),
        wide,
        statement(op::ADD_X, 0),
        statement(op::MUL_K, 7),
        statement(op::DIV_X, 0),
        statement(op::TAX, 0),
        statement(op::STX, 9),
        statement(op::LSH_X, 0),
        statement(op::NEG, 0),
        Insn::jump(op::JGT_X, 0, 1, 0),
        statement(op::LD_MEM, 9),
        statement(op::RET_A, 0),
    ];
    Program::new([load].into_iter().chain(cells).chain(work).collect()).unwrap()
}

fn calls() -> impl Iterator<Item = SeccompData> {
    (-2..500).map(|nr| SeccompData {
        nr,
        arch: AUDIT_ARCH_X86_64,
        instruction_pointer: 0,
        args: [u64::MAX / 3; 6],
    })
}

#[test]
fn evaluating_takes_no_memory() {
    for program in [listed(), computing()] {
        let taken = allocations(|| {
            for data in calls() {
                black_box(black_box(&program).evaluate(&data));
                black_box(black_box(&program).constant_verdict(data.arch, data.nr.cast_unsigned()));
            }
        });
        assert_eq!(taken, 0, "{program}");
    }
}

#[test]
fn counting_counts() {
    assert_eq!(allocations(|| drop(black_box(Box::new(7)))), 1);
    assert_eq!(
        allocations(|| drop(black_box(listed().clone()))),
        allocations(|| drop(black_box(listed()))) + 1
    );
}
