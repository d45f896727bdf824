//! Command lines of a plan: `aws SERVICE OPERATION --option value …`, read as a shell and the AWS CLI would read them, and checked.
//!
//! | module | what it knows |
//! |---|---|
//! | `line` | one plain command line: no pipe, no substitution, no second command |
//! | `index` | services, operations and options, from the AWS CLI's own tables (`index/generate.py`) |
//! | `arguments` | which option has which values; what is missing, unknown or given twice |
//! | `value`, `shorthand` | whether a value fits its type: numbers, lists of values, JSON and the CLI's shorthand |
//! | `safety` | what destroys, what reveals, what only reads |
//! | `names` | the options whose value is the name of something that has to exist |
//!
//! Pure: nothing is run, and nothing of Marple's is known here. A service that the index does not hold but the AWS CLI does is let through,
//! and says so ([`Command::indexed`]); its operation is still checked for safety.

mod arguments;
mod fault;
mod index;
mod line;
mod names;
mod safety;
mod shorthand;
#[cfg(test)]
mod tests;
mod value;

pub use fault::CommandFault;

/// A command line that was read and has no fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The service, as the AWS CLI names it: `logs`.
    pub service: String,
    /// The operation: `filter-log-events`, or `wait services-stable`.
    pub operation: String,
    /// The options and their values, in order; positional arguments under the names that the AWS CLI gives them.
    pub arguments: Vec<Argument>,
    /// Whether the options were checked: the index holds the service.
    pub indexed: bool,
}

/// An option and what it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// Without dashes: `function-name`.
    pub name: String,
    /// Its values; none for a switch.
    pub values: Vec<String>,
}

/// Reads and checks one command line.
///
/// # Errors
/// Everything that is wrong with it, the gravest first; never empty.
pub fn check(command: &str) -> Result<Command, Vec<CommandFault>> {
    let words = line::words(command).map_err(|fault| vec![fault])?;
    let read = arguments::read(command, words)?;
    let mut faults: Vec<CommandFault> = safety::check(&read.command).into_iter().collect();
    faults.extend(read.faults);
    if faults.is_empty() { Ok(read.command) } else { Err(faults) }
}

impl Command {
    /// Whether it changes nothing.
    pub fn is_read_only(&self) -> bool {
        safety::is_read_only(self)
    }

    /// The values that name something that has to exist already, each with its option.
    pub fn names(&self) -> impl Iterator<Item = (&str, &str)> {
        names::of(self)
    }
}
