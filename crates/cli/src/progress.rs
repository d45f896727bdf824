//! The live time line on standard error: one line for each event, and on a terminal a last line that says what is being done.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::Duration;

use anstyle::Style;
use indicatif::{ProgressBar, ProgressStyle};
use marple_agent::ports::{Delta, Observer, Progress};
use marple_case::{Entry, Event};
use marple_report::live::TimeLine;

/// How often the last line moves.
const TICK: Duration = Duration::from_millis(120);

/// Shows what happens.
pub(crate) struct Live {
    line: Mutex<TimeLine>,
    /// The moving last line; `None` where standard error is no terminal.
    now: Option<ProgressBar>,
}

impl Live {
    /// A view on standard error.
    pub(crate) fn new() -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        let width = terminal_size::terminal_size_of(std::io::stderr()).map(|(width, _)| usize::from(width.0));
        let now = is_terminal.then(|| {
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(TICK);
            bar
        });
        Self { line: Mutex::new(TimeLine::new(width.filter(|_| is_terminal))), now }
    }

    /// The same, after entries that are not shown any more.
    pub(crate) fn after(entries: &[Entry]) -> Self {
        let live = Self::new();
        if let Ok(mut line) = live.line.lock() {
            entries.iter().for_each(|entry| drop(line.line(entry)));
        }
        live
    }

    /// Writes something else to standard error, past the moving last line.
    pub(crate) fn aside(&self, write: impl FnOnce()) {
        match &self.now {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    fn show(&self, text: &str) {
        const DIM: Style = Style::new().dimmed();
        self.aside(|| anstream::eprintln!("{DIM}{text}{DIM:#}"));
    }

    fn doing(&self, text: String) {
        if let Some(bar) = &self.now {
            bar.set_message(text);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(bar) = &self.now {
            bar.finish_and_clear();
        }
    }
}

impl Observer for Live {
    fn progress(&self, progress: Progress<'_>) {
        match progress {
            Progress::Written(entry) => {
                let line = self.line.lock().map(|mut line| line.line(entry)).ok().flatten();
                if let Some(line) = line {
                    self.show(&line);
                }
                if let Event::Closed { .. } = entry.event
                    && let Some(bar) = &self.now
                {
                    bar.finish_and_clear();
                }
            }
            Progress::CallStarted { tool, .. } => self.doing(format!("{tool} …")),
            Progress::Answering(Delta::CallStarted { tool }) => self.doing(format!("the model calls {tool} …")),
            Progress::Answering(Delta::Text(_) | Delta::Reasoning(_)) => self.doing("the model answers …".to_owned()),
            Progress::Answering(Delta::Waiting { reason, wait }) => {
                self.doing(format!("{reason} Asked again in {} s …", wait.as_secs().max(1)));
            }
            Progress::Answering(Delta::Restarted { reason }) => {
                self.doing(format!("the model's answer was cut ({reason}); again …"))
            }
            Progress::Answering(Delta::Finished(_)) => {}
        }
    }
}
