//! Elixir's and Erlang's errors: `** (RuntimeError) …` with `(app 1.2.0) lib/app/cart.ex:12: App.Cart.add/2` beneath it, and the terms in which
//! Erlang reports that a process ended.

use marple_case::facts::Frame;

use super::Found;
use crate::pattern::{Pattern, pattern};

static ERROR: Pattern = pattern!(r"(?m)\*\* \(([A-Z][A-Za-z0-9_.]*|exit|stop|throw)\) ?([^\n]*)");
static FRAME: Pattern =
    pattern!(r"^\s+(?:\(([a-z_0-9]+)[^)]*\) )?(\S+\.(?:ex|exs|eex|heex|erl|hrl)):([0-9]+): (\S.*)$");
static ENDED: Pattern = pattern!(
    r"(?:Error in process <|CRASH REPORT|Reason for termination|terminated with reason|exception (?:error|exit):)"
);
/// `{cart,add,2,[{file,"src/cart.erl"},{line,7}]}`.
static TERM: Pattern =
    pattern!(r#"\{([a-z]\w*),'?([^,'\s]+)'?,([0-9]+|\[[^\]]*\]),\s*\[\{file,\s*"([^"]+)"\},\s*\{line,\s*([0-9]+)\}"#);
static REASON: Pattern = pattern!(r"\{+(\w+)(?:,[^\[\]]*)?,\s*\[\{");

/// Applications that come with the languages or stand under most programs.
const FOREIGN: [&str; 12] = [
    "elixir",
    "stdlib",
    "kernel",
    "logger",
    "mix",
    "ex_unit",
    "plug",
    "phoenix",
    "ecto",
    "ecto_sql",
    "db_connection",
    "bandit",
];

pub(super) fn find(text: &str) -> Vec<Found> {
    elixir(text).or_else(|| erlang(text)).into_iter().collect()
}

fn elixir(text: &str) -> Option<Found> {
    let hit = ERROR.captures(text)?;
    let rest = text.get(hit.get(0)?.end()..)?;
    let frames: Vec<Frame> = rest.lines().filter_map(frame).collect();
    // The stars alone may stand in any line.
    let is_first = text.trim_start().starts_with("** (") || text.contains("terminating") || text.contains("raised");
    let class = hit.get(1)?.as_str().to_owned();
    let message = hit.get(2)?.as_str().trim_end().to_owned();
    (is_first || !frames.is_empty()).then_some(Found { runtime: "elixir", class, message, code: None, frames })
}

fn frame(line: &str) -> Option<Frame> {
    let hit = FRAME.captures(line.trim_end())?;
    let library = hit.get(1).map(|name| name.as_str());
    Some(Frame {
        function: Some(hit.get(4)?.as_str().to_owned()),
        file: hit.get(2)?.as_str().to_owned(),
        line: hit.get(3)?.as_str().parse().ok(),
        column: None,
        in_app: !library.is_some_and(|name| FOREIGN.contains(&name)),
    })
}

fn erlang(text: &str) -> Option<Found> {
    let ended = ENDED.captures(text)?.get(0)?.start();
    let terms = TERM.all(text);
    let frames: Vec<Frame> = terms.iter().filter_map(term).collect();
    let reason = REASON.captures(text.get(ended..)?);
    let class = reason.as_ref().and_then(|found| found.get(1)).map_or("exit", |word| word.as_str());
    let message = reason.as_ref().and_then(|found| found.get(0)).map_or("", |words| words.as_str());
    let message = message.trim_end_matches(['{', '[', ',', ' ', '\n']).trim_start_matches('{');
    let message = message.strip_suffix('}').unwrap_or(message).to_owned();
    (!frames.is_empty()).then_some(Found { runtime: "erlang", class: class.to_owned(), message, code: None, frames })
}

fn term(hit: &regex::Captures<'_>) -> Option<Frame> {
    let word = |group| Some(hit.get(group)?.as_str());
    let (module, file) = (word(1)?, word(4)?);
    let foreign =
        ["gen_server", "gen_statem", "proc_lib", "supervisor", "lists", "maps", "erlang", "erl_eval", "shell"];
    Some(Frame {
        function: Some(format!("{module}:{}", word(2)?)),
        file: file.to_owned(),
        line: word(5)?.parse().ok(),
        column: None,
        in_app: !foreign.contains(&module) && !file.starts_with("/usr/"),
    })
}
