//! Variants of a scenario, made from its files before anything is parsed.
//!
//! - [`rename`] gives resources other names, in every file's content and path, the truth in `scenario.toml` included;
//!   [`resource_names`] collects what can be renamed, [`fresh_names`] invents names for it.
//! - [`shift`] moves every time by a duration. The code of functions is renamed, but not shifted.
//!
//! Both undo themselves: renaming back, and shifting by the opposite, give the same files to the byte.

mod fresh;
mod names;
mod rename;
mod shift;
#[cfg(test)]
mod tests;

pub use fresh::fresh_names;
pub use names::resource_names;
pub use rename::{Names, rename};
pub use shift::shift;

/// Where the code of functions and the folders of their published versions are.
const FUNCTIONS: &str = "world/lambda/functions/";
/// Where the files of each stack are.
const STACKS: &str = "world/cloudformation/stacks/";

/// Whether a file is part of a function's deployment package, and where in its path the package begins.
fn package_start(path: &str) -> Option<usize> {
    let inside = path.strip_prefix(FUNCTIONS)?;
    let (function, rest) = inside.split_once('/')?;
    let own = match rest.strip_prefix("versions/") {
        Some(version) => rest.len() - version.split_once('/')?.1.len(),
        None => 0,
    };
    rest.get(own..)?.strip_prefix("code/")?;
    Some(FUNCTIONS.len() + function.len() + 1 + own + "code/".len())
}
