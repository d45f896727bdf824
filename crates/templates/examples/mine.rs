//! Mines a file of NUL-ended messages, as `corpus` writes it: `mine FILE GROUPS [--templates]`.
//!
//! Prints the seconds that mining took, by the clock and of processor time, and the memory that it added, as JSON; writes to
//! GROUPS a row for each line: its template's number, a tab, and its outcome. `--templates` lists both on standard error.
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

use marple_templates::{Miner, Options, Series, Template};

fn main() -> std::io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, groups, flags @ ..] = arguments.as_slice() else {
        eprintln!("usage: mine FILE GROUPS [--templates]");
        std::process::exit(2);
    };
    let source = std::fs::read_to_string(file)?;
    let lines: Vec<&str> = source.split_terminator('\0').collect();

    let before = forget_peak();
    let (started, cpu_before) = (Instant::now(), cpu_seconds());
    let mut miner = Miner::new(Options::default());
    for line in &lines {
        miner.observe(Series::Incident, line, 0);
    }
    let (seconds, cpu) = (started.elapsed().as_secs_f64(), cpu_seconds() - cpu_before);
    let added = memory_kib("VmHWM:").saturating_sub(before);

    let mut ids = HashMap::new();
    let mut rows = String::new();
    for line in &lines {
        let next = ids.len();
        match miner.classify(line) {
            Some((template, outcome)) => {
                writeln!(rows, "{}\t{}", ids.entry(template.id).or_insert(next), outcome.words()).unwrap();
            }
            None => rows.push_str("none\t\n"),
        }
    }
    std::fs::write(groups, rows)?;
    if flags.iter().any(|flag| flag == "--templates") {
        for template in miner.templates() {
            eprintln!("{:>8} {:?}", template.count(), template.text());
            for outcome in template.outcomes().filter(|outcome| !outcome.words().is_empty()) {
                eprintln!("{:>16} {:?}", outcome.count(), outcome.text());
            }
        }
    }
    println!(
        r#"{{"lines": {}, "bytes": {}, "seconds": {seconds:.4}, "cpu_seconds": {cpu:.4}, "templates": {}, "outcomes": {}, "other": {}, "added_kib": {added}}}"#,
        lines.len(),
        source.len(),
        miner.templates().count(),
        miner.templates().flat_map(Template::outcomes).count(),
        miner.other(Series::Incident).count,
    );
    Ok(())
}

/// Processor time of this thread so far, in seconds (1 ns units of the scheduler's statistics; 0 where there are none).
fn cpu_seconds() -> f64 {
    let statistics = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    statistics.split(' ').next().and_then(|ns| ns.parse::<f64>().ok()).map_or(0.0, |ns| ns / 1e9)
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
