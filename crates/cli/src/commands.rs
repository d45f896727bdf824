//! One file a verb.

use crate::{
    arguments::{Arguments, Command},
    exit::Exit,
    failure::Failure,
};

mod capture;
mod chat;
mod doctor;
mod eval;
mod iam_policy;
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
        Command::Chat(verb) => chat::run(*verb, arguments.quiet).await,
        Command::Show(verb) => show::run(verb).await,
        Command::List(verb) => list::run(verb).await,
        Command::Capture(verb) => capture::run(*verb).await,
        Command::Eval(verb) => eval::run(*verb, arguments.quiet).await,
        Command::Doctor(verb) => doctor::run(*verb).await,
        Command::IamPolicy(verb) => iam_policy::run(*verb),
        Command::World(verb) => world::run(verb).await,
    }
}
