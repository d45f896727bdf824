//! Exit codes: documented API.

use std::process::ExitCode;

/// How the program ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// 0: a report with a verdict, or whatever else was asked for.
    Done,
    /// 1: `eval` found failures: a check that a report does not pass, a run that could not be graded, or, with `--compare`, a case
    /// that got worse.
    Failures,
    /// 2: the command line, or what it names, is wrong.
    Usage,
    /// 3: credentials or permissions.
    Access,
    /// 4: the report is partial: a budget, the time or the model gave out, or it was interrupted.
    Partial,
    /// 5: a bad scenario or configuration.
    Configuration,
    /// 70: a bug (EX_SOFTWARE of sysexits.h).
    Bug,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0,
            Exit::Failures => 1,
            Exit::Usage => 2,
            Exit::Access => 3,
            Exit::Partial => 4,
            Exit::Configuration => 5,
            Exit::Bug => 70,
        })
    }
}
