//! The binary `marple`: arguments, wiring, exit codes. This crate alone reads the environment and the system's clock and
//! writes to the terminal.
//!
//! | module | subject |
//! |---|---|
//! | [`arguments`] | the command line |
//! | [`commands`] | one file a verb |
//! | [`environment`] | what marple.toml says where the command line says nothing |
//! | [`wiring`] | models, toolbox, journal and clock, put together |
//! | [`scenarios`] | finding a scenario: a folder, the working tree's, the embedded ones |
//! | [`policy`] | the IAM policy that an investigation needs |
//! | [`transcripts`] | conversations with models, recorded and played back |
//! | [`progress`] | the live time line on standard error |
//! | [`failure`], [`exit`] | what went wrong, why, what to do; and the exit code |

#![allow(clippy::disallowed_macros, reason = "this crate, and no other, writes to the terminal")]

mod arguments;
mod clock;
mod commands;
mod environment;
mod exit;
mod failure;
mod hold;
mod logging;
mod output;
mod policy;
mod progress;
mod redaction;
mod scenarios;
mod transcripts;
mod wiring;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use crate::{arguments::Arguments, exit::Exit, failure::Failure};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            return Failure::bug(format!("the runtime cannot be started: {error}")).show();
        }
    };
    let logging = logging::start(arguments.verbose, arguments.quiet, runtime.handle());
    let code = match runtime.block_on(commands::run(arguments)) {
        Ok(exit) => exit.into(),
        Err(failure) => failure.show(),
    };
    logging.end();
    // What still blocks a thread, a name that no server resolves for example, is not waited for.
    runtime.shutdown_background();
    code
}

/// Shows clap's own text: help and version end well, all else is a usage error.
fn usage(error: &clap::Error) -> ExitCode {
    let shown = error.print();
    match (shown, error.use_stderr()) {
        (Ok(()), false) => Exit::Done.into(),
        _ => Exit::Usage.into(),
    }
}
