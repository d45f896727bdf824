//! The evaluation: plays scenarios, grades the reports, and does the statistics.
//!
//! ```text
//! Files ──▶ variants ──▶ Case ──▶ run ──▶ Report ──▶ grade ──▶ Check … ──▶ Results ──▶ render, compare
//!           (before anything is parsed)   │ play: World + AwsToolbox + clock, in process
//!                                         └ the examinee: a model, and whatever else is to be examined
//! ```
//! | module | what it holds |
//! |---|---|
//! | [`grade`] | one report against one truth: deterministic checks, all of which must pass |
//! | [`variants`] | other worlds made of a scenario's files, and how the truth maps |
//! | [`play`] | a scenario as the subject of an investigation; `marple investigate --scenario` uses it, too |
//! | [`run`] | cases × runs, concurrently; infrastructure failures are retried once and counted apart |
//! | [`baselines`] | two models that look at almost nothing, and must fail |
//! | [`statistics`] | pass@1, pass^k, Wilson intervals |
//! | [`results`] | the JSON contract |
//! | [`compare`] | what got better or worse since an earlier result |
//! | [`render`] | terminal, JUnit XML, HTML |
//!
//! What must not be here: a language model as a judge, a truth that an investigator could see, the system's clock,
//! printing, and anything that knows a scenario by its name.

pub mod baselines;
pub mod case;
pub mod compare;
pub mod grade;
mod journal;
pub mod play;
pub mod render;
pub mod results;
pub mod run;
pub mod statistics;
pub mod variants;

pub use case::{Case, PrepareError, Prepared};
pub use grade::{Check, grade};
pub use journal::MemoryJournal;
pub use play::{Pace, Played, ScenarioClock};
pub use results::Results;
pub use run::{Examinee, Settings, run};
pub use variants::Variant;
