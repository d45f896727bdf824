//! Writes the benchmark's lines and their truth: `cargo run --release -p marple-templates --example corpus -- LINES DIR`.
//!
//! `DIR/lines` holds the messages, each ended by a NUL (they may hold line feeds); `DIR/truth` has a row for each:
//! its statement, a tab, and its outcome. `DIR/hostile` holds a file for each kind of lines that are hard to mine.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_macros
)]

#[path = "../benches/corpus/mod.rs"]
mod corpus;
#[path = "../benches/hostile/mod.rs"]
mod hostile;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

/// The lines are the same at every run.
const SEED: u64 = 20_251_216;

/// Lines of each hostile kind.
const HOSTILE: usize = 100_000;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(count), Some(directory)) = (arguments.next().and_then(|count| count.parse().ok()), arguments.next())
    else {
        eprintln!("usage: corpus LINES DIR");
        std::process::exit(2);
    };
    let directory = PathBuf::from(directory);
    std::fs::create_dir_all(&directory)?;
    let mut lines = BufWriter::new(File::create(directory.join("lines"))?);
    let mut truth = BufWriter::new(File::create(directory.join("truth"))?);
    for line in corpus::Corpus::new().lines(SEED).take(count) {
        write!(lines, "{}\0", line.text)?;
        writeln!(truth, "{}\t{}", line.statement, line.outcome)?;
    }
    lines.flush()?;
    truth.flush()?;
    std::fs::create_dir_all(directory.join("hostile"))?;
    for kind in hostile::KINDS {
        std::fs::write(directory.join("hostile").join(kind.to_string()), kind.lines(HOSTILE).join("\0") + "\0")?;
    }
    Ok(())
}
