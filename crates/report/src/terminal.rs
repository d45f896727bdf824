//! The report for a terminal: for an engineer at 3 a.m., on a phone 40 columns wide or on a wide screen.
//!
//! What is read first stands first: the verdict, how sure it is and why, one line, a few sentences. Then the chain with its
//! quotes, what to do, and last what it cost. Commands can be copied: see [`command`].
//!
//! | file | what it writes |
//! |---|---|
//! | `page.rs` | lines: indentation, wrapping by display width, styles. The only place that writes to the output |
//! | `command.rs` | commands that survive copying |
//! | `cause.rs` | verdict, summary, chain, rivals, gaps |
//! | `answer.rs` | questions and their answers |
//! | `plan.rs` | the plan |
//! | `end.rs` | what is known without a root cause, what happened on the way, what was spent |

use anstyle::{AnsiColor, Style as Ansi};

use crate::report::Report;
pub use answer::render as render_answer;
use page::Page;

mod answer;
mod cause;
pub mod command;
mod end;
mod page;
mod plan;

/// How the parts of a report look. Foreground colours of the sixteen that every terminal has, and none that carries a meaning alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// Headings.
    pub heading: Ansi,
    /// The one line that says it all, titles of actions.
    pub title: Ansi,
    /// Labels: evidence ids, names of fields.
    pub label: Ansi,
    /// Quotes.
    pub quote: Ansi,
    /// Commands and what is said in passing.
    pub dim: Ansi,
    /// A verdict of fault.
    pub bad: Ansi,
    /// A verdict of no fault.
    pub good: Ansi,
    /// Inferences, gaps, what is unverified or partial.
    pub warning: Ansi,
}

impl Style {
    /// No styles at all.
    pub fn plain() -> Self {
        Self::default()
    }

    /// With colours.
    pub fn colour() -> Self {
        Self {
            heading: Ansi::new().bold().underline(),
            title: Ansi::new().bold(),
            label: AnsiColor::Cyan.on_default(),
            quote: AnsiColor::Green.on_default(),
            dim: Ansi::new().dimmed(),
            bad: AnsiColor::Red.on_default().bold(),
            good: AnsiColor::Green.on_default().bold(),
            warning: AnsiColor::Yellow.on_default().bold(),
        }
    }
}

/// Renders the report for a terminal of so many columns. Commands and single words may be longer; nothing else is.
pub fn render(report: &Report, width: usize, style: &Style) -> String {
    let mut page = Page::new(width, style);
    cause::write(&mut page, report);
    plan::write(&mut page, report);
    end::write(&mut page, report);
    page.finish()
}

#[cfg(test)]
mod tests;
