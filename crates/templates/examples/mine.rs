//! Mines a file of NUL-ended messages, as `corpus` writes it: `mine FILE GROUPS [--by-statement] [--templates]`.
//!
//! Prints the seconds that mining took, and the memory that it added, as JSON; writes the template of each line, a number
//! a row, to GROUPS. `--by-statement` does not part templates by outcome; `--templates` lists them on standard error.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_macros
)]

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Instant;

use marple_templates::{Miner, Options, Series};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, groups, flags @ ..] = arguments.as_slice() else {
        eprintln!("usage: mine FILE GROUPS [--by-statement] [--templates]");
        std::process::exit(2);
    };
    let has = |flag: &str| flags.iter().any(|given| given == flag);
    let source = std::fs::read_to_string(file)?;
    let lines: Vec<&str> = source.split_terminator('\0').collect();

    let before = forget_peak();
    let started = Instant::now();
    let mut miner = Miner::new(Options { split_by_outcome: !has("--by-statement"), ..Options::default() });
    for line in &lines {
        miner.observe(Series::Incident, line, 0);
    }
    let seconds = started.elapsed().as_secs_f64();
    let added = memory_kib("VmHWM:").saturating_sub(before);

    let mut ids = HashMap::new();
    let mut rows = String::new();
    for line in &lines {
        let next = ids.len();
        let group = miner.classify(line).map_or(-1, |id| i64::try_from(*ids.entry(id).or_insert(next)).unwrap());
        writeln!(rows, "{group}").unwrap();
    }
    std::fs::write(groups, rows)?;
    if has("--templates") {
        for template in miner.templates() {
            eprintln!("{:>8} {:?}", template.count(), template.text());
        }
    }
    println!(
        r#"{{"lines": {}, "bytes": {}, "seconds": {seconds:.4}, "templates": {}, "other": {}, "added_kib": {added}}}"#,
        lines.len(),
        source.len(),
        miner.templates().count(),
        miner.other(Series::Incident).count,
    );
    Ok(())
}

/// Lets the peak of resident memory begin anew; gives the resident memory now, in KiB.
fn forget_peak() -> u64 {
    // Elsewhere than on Linux there is nothing to reset, and both figures are 0.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
    memory_kib("VmRSS:")
}

/// A row of `/proc/self/status` in KiB; 0 where there is none.
fn memory_kib(row: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let value = status.lines().find_map(|line| line.strip_prefix(row));
    value.and_then(|value| value.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
