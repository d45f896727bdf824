//! Log templates: a hundred thousand log lines become a few dozen templates with counts.
//!
//! The method is Drain's (He, Zhu, Zheng, Lyu: "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017): lines are
//! masked, led through a tree of fixed depth, and compared only with the templates at one leaf. What differs, and why, is
//! told where it is done:
//!
//! - [`scanner`]: one pass over the bytes masks what varies, *pins* levels and stack frames, and marks *outcomes*, the words
//!   that tell how it went: HTTP method and status, error class, exit code.
//! - [`message`]: which lines of a multi-line message decide: the first, and the top frame of a stack trace.
//! - [`tree`]: the depth is two, token count and skeleton: what is pinned, and where keys and outcomes are.
//! - [`leaf`]: fingerprints of the templates of one skeleton, so that a line is compared with few of them.
//! - [`pattern`]: one token of a template. A wildcard keeps what is common: `path=/users/<*>`, not `<*>`.
//! - [`miner`]: [`Miner`] ties these together, keeps a [`Tally`] per [`Outcome`] and [`Series`], and holds their number below a cap.
//!
//! The model has two levels. A [`Template`] is a log statement: "what was said". Its lines are counted by [`Outcome`]: "how it
//! went". An on-call engineer asks both, and not in one order: that the `500`s of a statement are new is news, that the
//! statement as a whole is not new is too. Parting templates by outcome would lose the second, mixing the outcomes the first.
//!
//! ```
//! use marple_templates::{Miner, Options, Series};
//!
//! let mut miner = Miner::new(Options::default());
//! miner.observe(Series::Baseline, "GET /api/users/17 200 12ms", 1_000);
//! miner.observe(Series::Incident, "GET /api/users/4 200 9ms", 2_000);
//! miner.observe(Series::Incident, "GET /api/users/8 500 31ms", 3_000);
//!
//! let template = miner.templates().next().unwrap();
//! assert_eq!(template.text(), "GET /api/users/<*> <*> <*>ms");
//! let outcomes: Vec<String> = template.outcomes().map(|outcome| outcome.text()).collect();
//! assert_eq!(outcomes, ["GET /api/users/<*> 200 <*>ms", "GET /api/users/<*> 500 <*>ms"]);
//! ```
//!
//! Invariants: the same lines in the same order give the same templates; the counts of all templates and of
//! [`Miner::other`] add up to the lines observed; memory depends on [`Options`], not on the number of lines; no input panics;
//! the work for one line is bounded by its length and a number of comparisons that [`Options::max_variants`] gives.

mod leaf;
mod message;
mod miner;
mod pattern;
mod scanner;
mod tally;
mod tree;

pub use miner::{Miner, Options, Outcome, Template, TemplateId};
pub use tally::{Series, Tally};

/// What stands for a value in a template's text.
pub const WILDCARD: &str = "<*>";
