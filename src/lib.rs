//! The workshop of the course: it opens the book with its labs, runs the chapters' servers, and holds
//! any server against the probes. It uses the chapters; no chapter uses it.

pub mod book;
pub mod build;
pub mod bundle;
mod changes;
pub mod chapters;
pub mod check;
pub mod chromium;
pub mod command_line;
pub mod folder;
pub mod ladder;
mod marks;
pub mod own;
pub mod paper;
pub mod probes;
pub mod screen;
pub mod tap;
pub mod web;
