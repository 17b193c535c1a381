//! Random programs, and children that have filters.

pub mod child;
pub mod programs;
