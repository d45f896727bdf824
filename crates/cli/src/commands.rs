//! One file a verb.

use crate::{
    arguments::{Arguments, Command},
    exit::Exit,
    failure::Failure,
};

mod eval;
mod investigate;
mod list;
mod resume;
mod show;
mod world;

/// Runs the verb.
pub(crate) async fn run(arguments: Arguments) -> Result<Exit, Failure> {
    match arguments.command {
        Command::Investigate(verb) => investigate::run(*verb, arguments.quiet).await,
        Command::Resume(verb) => resume::run(*verb, arguments.quiet).await,
        Command::Show(verb) => show::run(verb).await,
        Command::List(verb) => list::run(verb).await,
        Command::Eval(verb) => eval::run(*verb, arguments.quiet).await,
        Command::World(verb) => world::run(verb).await,
    }
}
