//! The program's own log, on standard error: warnings, unless `-v`, `-vv` or `MARPLE_LOG` ask for more.

use tracing_subscriber::EnvFilter;

/// The variable that overrides the filter, in tracing's own syntax: `marple_aws=debug`.
const VARIABLE: &str = "MARPLE_LOG";

/// Starts logging.
#[expect(clippy::disallowed_methods, reason = "the binary reads the environment")]
pub(crate) fn start(verbose: u8, quiet: bool) {
    let ours = match (quiet, verbose) {
        (true, _) => "error",
        (false, 0) => "error,marple=warn",
        (false, 1) => "warn,marple=info",
        (false, 2) => "info,marple=debug",
        (false, _) => "debug",
    };
    let filter = std::env::var(VARIABLE).ok().and_then(|filter| EnvFilter::try_new(filter).ok());
    let filter = filter.unwrap_or_else(|| EnvFilter::new(with_our_crates(ours)));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
}

/// `marple=` stands for every crate of ours: tracing filters by the crate's name.
fn with_our_crates(filter: &str) -> String {
    const CRATES: [&str; 7] = ["agent", "aws", "bedrock", "cli", "playbook", "store", "world"];
    match filter.split_once(",marple=") {
        Some((rest, level)) => {
            let ours: Vec<String> = CRATES.iter().map(|name| format!("marple_{name}={level}")).collect();
            // The binary's own crate is named marple.
            format!("{rest},marple={level},{}", ours.join(","))
        }
        None => filter.to_owned(),
    }
}
