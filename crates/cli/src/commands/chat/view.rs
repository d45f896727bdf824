//! What is seen while an answer is sought: the time line, without what the person has typed or is about to read; and the words that the
//! model speaks on its way, line by line as they come. The answer itself is shown once it is checked, and not before.

use std::io::IsTerminal;
use std::sync::Mutex;

use anstyle::Style;
use marple_agent::ports::{Delta, Observer, Progress};
use marple_case::{Entry, Event};
use marple_report::visible;

use crate::progress::Live;

/// Shows what happens in a chat.
pub(super) struct Talk {
    live: Live,
    /// The line that the model is speaking; `None`: its words are not shown, since nobody watches.
    line: Option<Mutex<String>>,
}

impl Talk {
    /// A view that begins after what is in the journal.
    pub(super) fn after(entries: &[Entry]) -> Self {
        let line = std::io::stderr().is_terminal().then(Mutex::default);
        Self { live: Live::after(entries), line }
    }

    /// Takes words in, and shows the lines that are whole; all of them at an end.
    fn speak(&self, words: &str, ends: bool) {
        const DIM: Style = Style::new().dimmed();
        let Some(Ok(mut line)) = self.line.as_ref().map(Mutex::lock) else { return };
        line.push_str(words);
        let whole = if ends { line.len() } else { line.rfind('\n').map_or(0, |end| end + 1) };
        let spoken: String = line.drain(..whole).collect();
        if !spoken.trim().is_empty() {
            let shown = visible::text(spoken.trim_end());
            self.live.aside(|| anstream::eprintln!("{DIM}{shown}{DIM:#}"));
        }
    }
}

impl Observer for Talk {
    fn progress(&self, progress: Progress<'_>) {
        match progress {
            Progress::Written(entry) if matches!(entry.event, Event::QuestionAsked { .. } | Event::Answered { .. }) => {
                self.speak("", true);
            }
            Progress::Answering(Delta::Text(words)) if self.line.is_some() => self.speak(words, false),
            other => {
                self.speak("", true);
                self.live.progress(other);
            }
        }
    }
}
