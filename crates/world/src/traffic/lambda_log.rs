//! The log lines of one invocation, as Lambda's text format writes them.
//!
//! `INIT_START` (cold starts), `START`, the application's lines, what the platform says of a timeout or a kill, `END`,
//! `REPORT`. Since August 2025 the initialisation is billed too, so that a cold start's billed duration holds both; a
//! timeout and a kill at the memory limit carry `Status` (and `Error Type`) at the end of the report.

use super::file::{FunctionTraffic, Outcome};
use super::generate::{Invocation, Plan};
use super::instant;
use super::line::{Line, uuid};
use super::numbers::{Draws, fingerprint};

/// Words of the key stream that are set aside for the lines of one invocation.
const WORDS: u128 = 1 << 20;

/// A line with its time in epoch milliseconds.
pub(crate) type TimedLine = (i64, String);

/// Writes the lines of the invocation with this index, in order.
pub(crate) fn lines(function: &FunctionTraffic, plan: &Plan, index: usize, draws: &mut Draws) -> Vec<TimedLine> {
    let Some(invocation) = plan.invocations.get(index).filter(|invocation| invocation.stream.is_some()) else {
        return Vec::new();
    };
    draws.seek(WORDS * index as u128);
    let stated = invocation.stated.and_then(|stated| function.stated.get(stated));
    let drawn = uuid(draws);
    let request_id = stated.and_then(|stated| stated.request_id.clone()).unwrap_or(drawn);
    let mut lines = Vec::with_capacity(8);
    if let Some(runtime) = function.configuration.runtime.as_ref().filter(|_| invocation.init_ms.is_some()) {
        lines.push((invocation.begin(), init_start(runtime, &function.region)));
    }
    lines.push((invocation.at, ["START RequestId: ", &request_id, " Version: $LATEST\n"].concat()));

    let templates = application_lines(function, invocation, draws);
    let share = (invocation.end() - invocation.at) as f64 / (templates.len() + 1) as f64;
    for (place, (template, after_ms)) in templates.iter().enumerate() {
        let at = invocation.at + after_ms.unwrap_or(share * (place + 1) as f64) as i64;
        let mut line = template.render(at, &request_id, draws);
        line.push('\n');
        lines.push((at, line));
    }
    lines.sort_by_key(|(at, _)| *at);
    let end = invocation.end();
    match invocation.outcome {
        Outcome::Timeout => {
            let seconds = invocation.duration_ms / 1000.0;
            lines.push((
                end,
                format!("{} {request_id} Task timed out after {seconds:.2} seconds\n\n", instant::rfc3339(end)),
            ));
        }
        Outcome::OutOfMemory => {
            lines.push((
                end,
                format!(
                    "RequestId: {request_id} Error: Runtime exited with error: signal: killed\nRuntime.ExitError\n"
                ),
            ));
        }
        Outcome::Ok | Outcome::Error | Outcome::Throttled => {}
    }
    lines.push((end, ["END RequestId: ", &request_id, "\n"].concat()));
    let billed = stated.and_then(|stated| stated.billed_duration_ms);
    lines.push((end, report(function, invocation, &request_id, billed)));
    lines
}

/// The application's lines, with the milliseconds after its start where they are stated; all others are spread evenly.
fn application_lines<'a>(
    function: &'a FunctionTraffic,
    invocation: &Invocation,
    draws: &mut Draws,
) -> Vec<(&'a Line, Option<f64>)> {
    if let Some(stated) = invocation.stated.and_then(|stated| function.stated.get(stated)) {
        return stated.lines.iter().map(|line| (&line.text, line.after_ms)).collect();
    }
    let templates = if invocation.outcome == Outcome::Error { &function.error_lines } else { &function.lines };
    templates.iter().filter(|(_, chance)| draws.unit() < *chance).map(|(line, _)| (line, None)).collect()
}

/// The runtime's version and ARN; both are invented from its name, and stay the same for it. Container images have none.
fn init_start(runtime: &str, region: &str) -> String {
    let name = match runtime.strip_suffix(".x").unwrap_or(runtime) {
        name if name.starts_with("nodejs") => name.replace("nodejs", "nodejs:"),
        name if name.starts_with("python") => name.replace("python", "python:"),
        name => name.to_owned(),
    };
    let print = fingerprint(runtime);
    let long: String =
        (1..=4_u64).map(|part| format!("{:016x}", print.wrapping_mul(2 * part + 1).rotate_left(17))).collect();
    format!(
        "INIT_START Runtime Version: {name}.v{}\tRuntime Version ARN: arn:aws:lambda:{}::runtime:{long}\n",
        20 + print % 60,
        region
    )
}

fn report(function: &FunctionTraffic, invocation: &Invocation, request_id: &str, billed: Option<i64>) -> String {
    let duration = invocation.duration_ms;
    let billed = billed.unwrap_or_else(|| (duration + invocation.init_ms.unwrap_or(0.0)).ceil() as i64);
    let size = function.configuration.memory_mb;
    let used = invocation.memory_mb.min(size);
    let mut text = format!(
        "REPORT RequestId: {request_id}\tDuration: {duration:.2} ms\tBilled Duration: {billed} ms\tMemory Size: {size} MB\tMax Memory Used: {used} MB\t"
    );
    if let Some(init) = invocation.init_ms {
        text.push_str(&format!("Init Duration: {init:.2} ms\t"));
    }
    text.push_str(match invocation.outcome {
        Outcome::Timeout => "Status: timeout",
        Outcome::OutOfMemory => "Status: error\tError Type: Runtime.OutOfMemory",
        Outcome::Ok | Outcome::Error | Outcome::Throttled => "",
    });
    text.push('\n');
    text
}
