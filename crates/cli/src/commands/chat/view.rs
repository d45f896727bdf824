//! What is seen while an answer is sought: the time line, without what the person has typed or is about to read; and the words that the
//! model speaks on its way, as they come.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use anstyle::Style;
use marple_agent::ports::{Delta, Observer, Progress};
use marple_case::{Entry, Event};
use marple_report::visible;

use crate::progress::Live;

/// Shows what happens in a chat.
pub(super) struct Talk {
    live: Live,
    /// Whether the words that the model speaks are shown: on a terminal.
    speaks: bool,
    /// Whether the last thing shown is the middle of a line.
    in_line: AtomicBool,
}

impl Talk {
    /// A view that begins after what is in the journal.
    pub(super) fn after(entries: &[Entry]) -> Self {
        Self { live: Live::after(entries), speaks: std::io::stderr().is_terminal(), in_line: AtomicBool::new(false) }
    }

    fn speak(&self, words: &str) {
        const DIM: Style = Style::new().dimmed();
        self.in_line.store(true, Ordering::Relaxed);
        self.live.aside(|| {
            let mut out = anstream::stderr();
            let shown = visible::text(words);
            // Standard error that went away is no reason to stop.
            let _ = write!(out, "{DIM}{shown}{DIM:#}").and_then(|()| out.flush());
        });
    }

    fn end_line(&self) {
        if self.in_line.swap(false, Ordering::Relaxed) {
            anstream::eprintln!();
        }
    }
}

impl Observer for Talk {
    fn progress(&self, progress: Progress<'_>) {
        match progress {
            Progress::Written(entry) if matches!(entry.event, Event::QuestionAsked { .. } | Event::Answered { .. }) => {
            }
            Progress::Answering(Delta::Text(words)) if self.speaks => self.speak(words),
            other => {
                self.end_line();
                self.live.progress(other);
            }
        }
    }
}
