//! A summary as text: what stands out first, original words to the letter.

use std::fmt::Write as _;

use marple_case::facts::{ChangedField, Exception, FieldChange, Frame, Invocations, LogSummary, LogTemplate, Novelty};

use super::notes::{self, Notes};
use crate::{
    logs::{exceptions, read::Read},
    text::{clipped, count},
};

/// Templates that are written out.
const TEMPLATES: usize = 40;
/// Of those, ones that are as usual.
const USUAL: usize = 12;
/// Exceptions that are written out.
const EXCEPTIONS: usize = 12;
/// Frames of one exception that are written out.
const FRAMES: usize = 15;
/// Bytes of one sample.
const SAMPLE: usize = 1_500;
/// Bytes of a template whose sample stands with its exception.
const TOLD: usize = 240;
/// Changed fields that are written out.
const FIELDS: usize = 6;
/// Bytes of one value of a field.
const VALUE: usize = 120;

pub(super) fn rendered(summary: &LogSummary, notes: &Notes, of_window: &Read, of_baseline: &Read) -> String {
    let mut text = format!("log group: {}\n", summary.log_group);
    let _ = writeln!(text, "window: {}, {}{}", summary.window, count(summary.lines, "line"), cut_note(of_window));
    let compared = count(summary.baseline_lines, "line");
    let _ = writeln!(text, "baseline: {}, {compared}{}", summary.baseline, cut_note(of_baseline));
    if summary.baseline_lines == 0 {
        text.push_str("the baseline is empty: that something is new says only that it was not there then\n");
    }
    if let Some(oldest) = notes.oldest {
        let _ = writeln!(text, "oldest line of this log group: {oldest}");
    }
    if summary.invocations.is_some() || summary.baseline_invocations.is_some() {
        let window = figures(summary.invocations.as_ref());
        let baseline = figures(summary.baseline_invocations.as_ref());
        let _ = writeln!(
            text,
            "invocations: {} in the window{}; {} in the baseline{}",
            window.0, window.1, baseline.0, baseline.1
        );
    }
    of_exceptions(summary, notes, &mut text);
    changed_fields(summary, notes, &mut text);
    notable(summary, notes, &mut text);
    templates(summary, notes, &mut text);
    text
}

fn cut_note(read: &Read) -> String {
    match read.lines.last().filter(|_| !read.complete) {
        Some(last) => format!(" read, to {}; there are more", last.at),
        None => String::new(),
    }
}

/// How many, and ` (cold starts 2, timeouts 1, …)`.
fn figures(invocations: Option<&Invocations>) -> (u64, String) {
    let Some(invocations) = invocations.filter(|invocations| invocations.count > 0) else { return (0, String::new()) };
    let details = format!(
        " (cold starts {}, timeouts {}, median {:.1} ms, longest {:.1} ms, memory {} of {} MB at most)",
        invocations.cold_starts,
        invocations.timeouts,
        invocations.median_ms,
        invocations.max_ms,
        invocations.max_memory_used_mb,
        invocations.memory_size_mb
    );
    (invocations.count, details)
}

fn of_exceptions(summary: &LogSummary, notes: &Notes, text: &mut String) {
    if summary.exceptions.is_empty() {
        text.push_str("exceptions: none in the window\n");
        return;
    }
    text.push_str("exceptions:\n");
    for (place, exception) in summary.exceptions.iter().take(EXCEPTIONS).enumerate() {
        let is_known = summary.baseline_exceptions.iter().any(|known| exceptions::is_same(exception, known));
        one_exception(exception, is_known, text);
        // The lines of a function's invocations stand with these.
        if !is_known && summary.invocations.is_none() {
            notes.before(place, exception, text);
        }
    }
    if let Some(more) = summary.exceptions.len().checked_sub(EXCEPTIONS).filter(|more| *more > 0) {
        let _ = writeln!(text, "  [{more} more kinds of exceptions]");
    }
}

fn one_exception(exception: &Exception, is_known: bool, text: &mut String) {
    let message = exception.message.lines().next().unwrap_or_default();
    let colon = if message.is_empty() { "" } else { ": " };
    let _ = writeln!(text, "  {}{colon}{}", exception.class, clipped(message, SAMPLE));
    let code = exception.code.as_ref().map(|code| format!("code {code}, ")).unwrap_or_default();
    let novelty = if is_known { "also in the baseline" } else { "new" };
    let times = match exception.count {
        1 => format!("once, at {}", exception.first),
        times => format!("{times} times, first {}, last {}", exception.first, exception.last),
    };
    let _ = writeln!(text, "    {}, {code}{times}, {novelty}", exception.runtime);
    // Of a panic the machinery of the panic itself is as long as the rest.
    let only_own = exception.runtime == "rust" && exception.own_frame().is_some();
    let frames: Vec<&Frame> = exception.frames.iter().filter(|frame| frame.in_app || !only_own).collect();
    for frame in frames.iter().take(FRAMES) {
        let _ = writeln!(text, "    {}", frame_line(frame));
    }
    if let Some(more) = exception.frames.len().checked_sub(frames.len().min(FRAMES)).filter(|more| *more > 0) {
        let of = if only_own { " of libraries and the runtime" } else { "" };
        let _ = writeln!(text, "    [{more} more frames{of}]");
    }
    let head = exception.sample.split_once("\nstack backtrace:").filter(|_| only_own);
    let _ = writeln!(text, "    sample: {}", clipped(head.map_or(&exception.sample, |(head, _)| head), SAMPLE));
}

/// `at Runtime.handler (/var/task/index.js:4:29)`.
fn frame_line(frame: &Frame) -> String {
    let mut place = frame.file.clone();
    for number in [frame.line, frame.column].into_iter().flatten() {
        let _ = write!(place, ":{number}");
    }
    match (&frame.function, place.is_empty()) {
        (Some(function), false) => format!("at {function} ({place})"),
        (Some(function), true) => format!("at {function}"),
        (None, _) => format!("at {place}"),
    }
}

fn changed_fields(summary: &LogSummary, notes: &Notes, text: &mut String) {
    if summary.changed_fields.is_empty() {
        return;
    }
    text.push_str("changed fields of log lines, window against baseline:\n");
    for (place, field) in summary.changed_fields.iter().take(FIELDS).enumerate() {
        let beside = if field.beside.is_empty() { String::new() } else { format!(" of \"{}\"", field.beside) };
        let _ = write!(text, "  {}{beside}: {}", field.field, change(field));
        if let Some(figures) = notes.figures.get(place).and_then(Option::as_ref) {
            let _ = write!(text, " ({figures})");
        }
        let _ = write!(text, "; first {}, last {}", field.first, field.last);
        if let (Some(failed), Some(usual_failed)) = (field.failed, field.usual_failed) {
            let _ = write!(
                text,
                "; {failed} of these {} in failed invocations, of the {} others {usual_failed}",
                field.count, field.usual
            );
        }
        text.push('\n');
    }
}

fn change(field: &ChangedField) -> String {
    let lines = count(field.count, "line");
    let list = |values: &[String]| values.iter().map(|value| clipped(value, VALUE)).collect::<Vec<_>>().join(", ");
    let text = match &field.change {
        FieldChange::Values { new, before } => format!("{} in {lines}; before {}", list(new), list(before)),
        FieldChange::Range { low, high, before_low, before_high } => {
            format!("{low} to {high} in {lines}; before {before_low} to {before_high}")
        }
        FieldChange::Added => format!("in {lines}; before in none"),
        FieldChange::Missing => format!("missing in {lines}; before in all"),
        FieldChange::Repeated { value, every_s } => {
            let every = every_s.map(|seconds| format!(", about every {seconds} s")).unwrap_or_default();
            format!("{} {} times{every}; before another in each line", clipped(value, VALUE), field.count)
        }
    };
    text.replace('\n', " ")
}

fn notable(summary: &LogSummary, notes: &Notes, text: &mut String) {
    let Some(invocations) = summary.invocations.as_ref().filter(|invocations| !invocations.notable.is_empty()) else {
        return;
    };
    text.push_str("notable invocations:\n");
    for (one, written) in invocations.notable.iter().zip(notes.of_invocations(&invocations.notable)) {
        let lines = count(u64::from(one.application_lines), "line");
        let _ = writeln!(text, "  {} {}", one.at, one.report);
        let _ = writeln!(text, "    written by the program itself: {lines}");
        for line in written {
            let _ = writeln!(text, "      {}", notes::timed(line));
        }
    }
}

fn templates(summary: &LogSummary, notes: &Notes, text: &mut String) {
    if summary.templates.is_empty() {
        return;
    }
    text.push_str("templates:\n");
    let is_usual = |template: &LogTemplate| template.novelty == Novelty::Usual;
    let (usual, unusual): (Vec<_>, Vec<_>) =
        summary.templates.iter().enumerate().partition(|(_, template)| is_usual(template));
    let room = TEMPLATES.saturating_sub(unusual.len().min(TEMPLATES)).min(USUAL);
    for (place, template) in unusual.iter().take(TEMPLATES).chain(usual.iter().take(room)) {
        let first = template.first.map(|first| format!(" first {first}")).unwrap_or_default();
        let last = template.last.filter(|_| template.count > 1).map(|last| format!(" last {last}")).unwrap_or_default();
        let word = template.novelty.word();
        let counts = format!("{word} {} vs {}", template.count, template.baseline_count);
        // An exception's sample stands above.
        let is_told = summary.exceptions.iter().any(|exception| exception.sample == template.sample);
        let words = clipped(&template.template, if is_told { TOLD } else { SAMPLE });
        let _ = writeln!(text, "  [{counts}]{first}{last} | {}", words.replace('\n', " "));
        if !is_told {
            let _ = writeln!(text, "    sample: {}", clipped(&template.sample, SAMPLE));
        }
        for note in notes.values.get(*place).into_iter().flatten() {
            let _ = writeln!(text, "    {}", notes::shown(note));
        }
    }
    let shown = unusual.len().min(TEMPLATES) + usual.len().min(room);
    if let Some(more) = summary.templates.len().checked_sub(shown).filter(|more| *more > 0) {
        let _ = writeln!(text, "  [{more} more templates]");
    }
    if summary.other_lines > 0 {
        let _ = writeln!(text, "  [{} fell into no template]", count(summary.other_lines, "line"));
    }
}
