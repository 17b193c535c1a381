//! The Node addon: conversion between JavaScript's values and the crates' types, nothing else.

#![deny(unsafe_code)]
// The macros expand to public items and to functions that take their arguments by value.
#![allow(missing_docs, clippy::needless_pass_by_value)]

mod answer;
mod error;
mod kernel;
mod launch;
mod notice;
mod profile;
mod stats;
mod supervisor;
