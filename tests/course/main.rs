//! Tests of the whole course, in one program: what a chapter cannot test alone.

mod appendix;
mod autobahn;
mod book;
mod bundle;
mod chat;
mod class;
mod clients;
mod common;
mod crowd;
mod decode;
mod desk;
mod figures;
mod handouts;
mod heads;
mod ladder;
mod own;
mod pages;
mod paper;
mod programs;
mod room;
mod steps;
mod voice;
mod whereabouts;
mod workshop;
mod zoo;
