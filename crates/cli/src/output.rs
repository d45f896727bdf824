//! Reports to where they belong: standard output, or a file.

use std::io::IsTerminal;

use marple_report::{Report, html, json, markdown, terminal};

use crate::{
    arguments::{Format, OutputArguments},
    failure::Failure,
};

/// The width of a report that goes to no terminal, columns.
const WIDTH: usize = 100;
/// Wider lines are hard to read, columns.
pub(crate) const WIDEST: usize = 120;

/// Writes a report as the arguments say.
pub(crate) fn write(report: &Report, arguments: &OutputArguments) -> Result<(), Failure> {
    let to_terminal = arguments.output.is_none() && std::io::stdout().is_terminal();
    let text = match arguments.format {
        Format::Terminal => terminal(report, to_terminal),
        Format::Markdown => markdown::render(report),
        Format::Html => {
            html::render(report).map_err(|error| Failure::bug(format!("the page cannot be written: {error}")))?
        }
        Format::Json => json::render(report)
            .map_err(|error| Failure::bug(format!("the report cannot be written as JSON: {error}")))?,
    };
    match &arguments.output {
        Some(file) => std::fs::write(file, text + "\n").map_err(|error| {
            let kept = "the investigation is kept: `marple show` writes its report again";
            Failure::usage(format!("{} cannot be written: {error}", file.display())).hint(kept)
        }),
        None => {
            print(&text);
            Ok(())
        }
    }
}

fn terminal(report: &Report, to_terminal: bool) -> String {
    let width = width(to_terminal);
    // anstream takes the colours away again where they do not belong: a pipe, a file, NO_COLOR.
    let style = if to_terminal { terminal::Style::colour() } else { terminal::Style::plain() };
    terminal::render(report, width.min(WIDEST), &style)
}

/// The width of what is written, columns: the terminal's, if it goes to one.
pub(crate) fn width(to_terminal: bool) -> usize {
    terminal_size::terminal_size().filter(|_| to_terminal).map_or(WIDTH, |(width, _)| usize::from(width.0))
}

/// Prints to standard output. A reader that went away (`| head`) is no error.
pub(crate) fn print(text: &str) {
    use std::io::Write;
    let mut out = anstream::stdout();
    if let Err(error) = writeln!(out, "{}", text.trim_end()).and_then(|()| out.flush()) {
        tracing::debug!(%error, "standard output went away");
    }
}
