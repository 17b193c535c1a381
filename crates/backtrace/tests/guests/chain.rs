//! Waits in read(2) below functions of its own, one of them generic.

use std::io::Read;

mod inner {
    #[inline(never)]
    pub fn waits<R: std::io::Read>(mut input: R) -> usize {
        let mut byte = [0; 1];
        let count = input.read(&mut byte).unwrap_or(0);
        std::hint::black_box(count) + 1
    }
}

struct Worker;

impl Worker {
    #[inline(never)]
    fn works(&self) -> usize {
        std::hint::black_box(inner::waits(std::io::stdin().by_ref())) + 1
    }
}

fn main() {
    std::process::exit((Worker.works() & 1).try_into().unwrap_or(1));
}
