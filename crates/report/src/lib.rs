//! One report of an investigation, and its renderings.
//!
//! ```text
//! journal ──▶ Report ──┬──▶ terminal
//!  (fold)              ├──▶ markdown
//!                      └──▶ json        the contract that other programs rely on
//! journal ──▶ live::TimeLine            one line an event, while it works and afterwards
//! ```
//! | module | what it holds |
//! |---|---|
//! | [`report`] | [`Report`]: everything that a report says, as a fold over the journal |
//! | [`terminal`] | for a person at a terminal, from 40 columns up |
//! | [`markdown`] | for tickets and pull requests |
//! | [`html`] | one page for a browser, self-contained, without a script |
//! | [`json`] | for programs; its schema is `docs/report.schema.json` |
//! | [`live`] | the time line, one line an event |
//! | [`brief`] | what a piece of evidence shows, in a few words |
//! | [`words`] | the program's own words, one table a language |
//! | `prose` | the Markdown of an answer, taken apart |
//! | [`visible`] | foreign text with nothing hidden in it |
//! | [`amounts`] | durations, tokens and money as people read them |
//!
//! Invariants: no number is computed outside [`report`]; a rendering reads a [`Report`] and nothing else. Text that comes from
//! AWS or from a model reaches a terminal or a Markdown file only through [`visible`]. A further rendering is a further module
//! beside these.

pub mod amounts;
pub mod brief;
pub mod html;
pub mod json;
pub mod live;
pub mod markdown;
mod phrases;
mod prose;
pub mod report;
pub mod terminal;
pub mod visible;
pub mod words;

pub use report::Report;
pub use words::Words;

#[cfg(test)]
mod cases;
#[cfg(test)]
mod properties;
