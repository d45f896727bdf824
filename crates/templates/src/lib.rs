//! Log templates: a hundred thousand log lines become a few dozen templates with counts.
//!
//! The method is Drain's (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017): lines are
//! masked, led through a tree of fixed depth, and compared only with the templates at one leaf. What differs, and why, is
//! told where it is done:
//!
//! - [`scanner`]: one pass over the bytes masks what varies, and *pins* what an on-call engineer wants told apart (HTTP
//!   status, level, error class, exit code, top stack frame). Pinned words never become wildcards.
//! - [`message`]: which lines of a multi-line message decide: the first, and the top frame of a stack trace.
//! - [`tree`]: the depth is two, token count and pinned words; the words themselves are compared at the leaf.
//! - [`pattern`]: one token of a template. A wildcard keeps what is common: `path=/users/<*>`, not `<*>`.
//! - [`miner`]: [`Miner`] ties these together, keeps a [`Tally`] per [`Series`], and holds the number of templates below a cap.
//!
//! ```
//! use marple_templates::{Miner, Options, Series};
//!
//! let mut miner = Miner::new(Options::default());
//! miner.observe(Series::Baseline, "GET /api/users/17 200 12ms", 1_000);
//! miner.observe(Series::Incident, "GET /api/users/4 200 9ms", 2_000);
//! miner.observe(Series::Incident, "GET /api/users/8 500 31ms", 3_000);
//!
//! let texts: Vec<String> = miner.templates().map(|template| template.text()).collect();
//! assert_eq!(texts, ["GET /api/users/<*> 200 <*>ms", "GET /api/users/<*> 500 <*>ms"]);
//! ```
//!
//! Invariants: the same lines in the same order give the same templates; the counts of all templates and of
//! [`Miner::other`] add up to the lines observed; memory depends on [`Options`], not on the number of lines; no input panics,
//! and the work for one line is bounded by its length and the number of templates at one leaf.

mod message;
mod miner;
mod pattern;
mod scanner;
mod tally;
mod tree;

pub use miner::{Miner, Options, Template, TemplateId};
pub use tally::{Series, Tally};

/// What stands for a value in a template's text.
pub const WILDCARD: &str = "<*>";
