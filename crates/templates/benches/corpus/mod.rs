//! Log lines with known templates: what the benchmark and the comparison with Drain3 are fed.
//!
//! A [`Corpus`] is read from `statements.txt`: one logging statement a line, with a weight. [`Corpus::lines`] draws
//! statements by weight, and fills their values in, from a ChaCha8 stream: one seed is the same lines on any machine.
//! A line comes with two truths: the statement that wrote it, and its outcome (the values of `{status:…}`, `{class:…}` and
//! `{exit:…}`), because a reader wants `200` and `500` apart although one statement wrote both.
//!
//! The values were written down before the miner existed, and know nothing of its masks.
//!
//! Syntax of a value: `{int:A-B}` and `{float:A-B:DECIMALS}` draw uniformly; `{hex:N}` and `{base62:N}` draw N characters;
//! `{choice:a|b*3|c}` draws one of the texts (`*` gives a weight), as do the outcomes; `{=}` repeats the last outcome; the
//! other names are listed in [`values`]. A brace that begins no known value is plain text.

#![allow(dead_code)] // each user of this module needs another part of it
#![allow(unreachable_pub)] // it is a part of benches and examples, which have no outside

mod values;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use values::{Choice, Value};

/// One generated message and what is known about it.
pub struct Line {
    /// The message, as it would stand in a log event: without a final line feed, but with inner ones.
    pub text: String,
    /// The statement that wrote it: its index in `statements.txt`.
    pub statement: usize,
    /// The outcomes in it, joined by spaces; empty for most.
    pub outcome: String,
}

/// All statements, ready to be drawn from.
pub struct Corpus {
    statements: Vec<Vec<Piece>>,
    by_weight: Choice<usize>,
}

/// A stretch of a statement.
enum Piece {
    Text(String),
    Value(Value),
    Outcome(Choice<String>),
    SameOutcome,
}

impl Corpus {
    /// The statements of `statements.txt`.
    pub fn new() -> Self {
        let source = include_str!("statements.txt");
        let entries: Vec<(u32, &str)> = source
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .map(|line| {
                let (weight, statement) = line.split_once(' ').expect("a weight and a statement");
                (weight.parse().expect("a weight"), statement)
            })
            .collect();
        Self {
            by_weight: Choice::new(entries.iter().enumerate().map(|(index, &(weight, _))| (index, weight))),
            statements: entries.iter().map(|(_, statement)| pieces(statement)).collect(),
        }
    }

    /// An endless stream of lines; the same for the same seed.
    pub fn lines(&self, seed: u64) -> impl Iterator<Item = Line> + '_ {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        std::iter::repeat_with(move || {
            let statement = *self.by_weight.draw(&mut rng);
            self.line(statement, &mut rng)
        })
    }

    fn line(&self, statement: usize, rng: &mut ChaCha8Rng) -> Line {
        let mut line = Line { text: String::new(), statement, outcome: String::new() };
        let mut last = "";
        for piece in &self.statements[statement] {
            match piece {
                Piece::Text(text) => line.text.push_str(text),
                Piece::Value(value) => value.write(rng, &mut line.text),
                Piece::SameOutcome => line.text.push_str(last),
                Piece::Outcome(choice) => {
                    last = choice.draw(rng);
                    line.text.push_str(last);
                    line.outcome.push_str(last);
                    line.outcome.push(' ');
                }
            }
        }
        line
    }
}

/// Cuts one statement into text and values.
fn pieces(statement: &str) -> Vec<Piece> {
    let mut pieces = vec![];
    let mut rest = statement.to_owned().replace("\\n", "\n").replace("\\t", "\t");
    let mut text = String::new();
    while let Some(open) = rest.find('{') {
        text.push_str(&rest[..open]);
        let close = rest[open..].find('}').map(|length| open + length);
        let Some((piece, close)) = close.and_then(|close| Some((piece(&rest[open + 1..close])?, close))) else {
            text.push('{');
            rest.drain(..=open);
            continue;
        };
        pieces.push(Piece::Text(std::mem::take(&mut text)));
        pieces.push(piece);
        rest.drain(..=close);
    }
    pieces.push(Piece::Text(text + &rest));
    pieces
}

/// The value between two braces, if it is one.
fn piece(inside: &str) -> Option<Piece> {
    let (name, argument) = inside.split_once(':').unwrap_or((inside, ""));
    match name {
        "=" => Some(Piece::SameOutcome),
        "status" | "class" | "exit" => Some(Piece::Outcome(Choice::of_texts(argument))),
        _ => Value::parse(name, argument).map(Piece::Value),
    }
}
