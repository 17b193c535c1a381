//! The Node addon: conversion between JavaScript's values and the crates' types, nothing else.

#![deny(unsafe_code)]
// Under `cfg(test)` napi exports nothing, so nothing is used.
#![cfg_attr(test, allow(dead_code, unused_imports))]
// The macros expand to public items and to functions that take their arguments by value.
#![allow(missing_docs, clippy::needless_pass_by_value)]

mod answer;
mod check;
mod convert;
mod detail;
mod diff;
mod error;
mod explain;
mod host;
mod keeping;
mod kernel;
mod launch;
mod merge;
mod notice;
mod profile;
mod record;
mod runtime_default;
mod stats;
mod supervisor;
mod transform;
mod widen;
