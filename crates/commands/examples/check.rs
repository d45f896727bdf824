//! Checks command lines, one a line of standard input; for each, a line of JSON with what is wrong. The tests ask the AWS CLI the same.

use std::io::{self, BufRead, Write};

fn main() -> io::Result<()> {
    let mut out = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let faults = marple_commands::check(&line?).err().unwrap_or_default();
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        writeln!(out, "{}", serde_json::json!(faults))?;
    }
    Ok(())
}
