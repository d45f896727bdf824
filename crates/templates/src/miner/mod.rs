//! [`Miner`]: lines in, templates with tallies out.
//!
//! A line goes three ways, the first that answers:
//!
//! 1. [`recent`]: its masked text was seen lately. Nearly all lines end here.
//! 2. The templates at its leaf: one fits, or would fit if a *value* in it became wider (`user=<*>`).
//! 3. [`variants`]: a template of its own, unless so many like it are there already that the words in which they differ must
//!    be values too.
//!
//! In its [`template`] it is counted by its outcome; [`templates`] holds them all, and their number below a cap.
//!
//! The third step is where this differs from Drain, which turns a word into a wildcard at the second line that differs in
//! it. "Database connection established" and "Database connection lost" must not become one template: the
//! second may be the incident.

mod recent;
mod template;
mod templates;
#[cfg(test)]
mod tests;
mod variants;

use crate::leaf::{Difference, Fingerprint, Reach};
use crate::pattern::{Fit, fingerprint};
use crate::scanner::{Kind, Masked, Scanner};
use crate::tally::{Series, Tally};
use crate::tree::Path;
use recent::Recent;
pub use template::{Outcome, Template, TemplateId};
use templates::{Place, Templates};

/// Bounds and habits of a [`Miner`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A line is cut after so many bytes (at a character's end); what follows is the wildcard at the end of its template.
    pub max_line_bytes: usize,
    /// Templates that are kept, each counted as often as it has outcomes; at least 16. Beyond it the rarest outcomes go, of
    /// equally rare ones those not seen for longest, and their lines are counted in [`Miner::other`].
    pub max_templates: usize,
    /// A word becomes a wildcard once more than so many lines that are otherwise much alike differ in it.
    pub max_variants: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_line_bytes: 4096, max_templates: 4096, max_variants: 8 }
    }
}

/// Mines templates from lines, one at a time.
#[derive(Debug)]
pub struct Miner {
    options: Options,
    scanner: Scanner,
    templates: Templates,
    recent: Recent,
}

/// A masked line and what it is compared with.
struct Line<'a> {
    masked: &'a Masked,
    path: Path,
    fingerprints: Vec<Fingerprint>,
    /// Templates at its leaf that may not differ in too many words, in the order of their making.
    near: Vec<Difference>,
}

/// Where a masked line belongs.
enum Found {
    Fits(usize),
    /// It does once the values that differ are wildcards.
    Widen(usize),
    Nowhere,
}

impl Miner {
    /// A miner that has seen nothing.
    pub fn new(options: Options) -> Self {
        Self {
            scanner: Scanner::default(),
            templates: Templates::new(options.max_templates.max(16)),
            recent: Recent::default(),
            options,
        }
    }

    /// Counts one line (without its final line feed; inner ones part a stack trace from its message) that was logged at
    /// `at_ms`, in ms since the Unix epoch. The template it is counted in may later become part of another: ask
    /// [`Miner::classify`] at the end for what it is then.
    pub fn observe(&mut self, series: Series, line: &str, at_ms: i64) -> TemplateId {
        let (line, is_cut) = cut(line, self.options.max_line_bytes);
        let masked = self.scanner.scan(line, is_cut);
        let hash = Recent::hash(masked.text());
        let place = match self.recent.get(hash, masked.text(), &self.templates) {
            Some(place) => place,
            None => {
                let place = place(&mut self.templates, masked, self.options.max_variants);
                self.recent.put(hash, masked.text(), place, &self.templates);
                place
            }
        };
        self.templates.count(place, series, line, at_ms)
    }

    /// The template that a line belongs to now, and its outcome, if it was mined and not given up.
    pub fn classify(&self, line: &str) -> Option<(&Template, Outcome<'_>)> {
        let (line, is_cut) = cut(line, self.options.max_line_bytes);
        let mut scanner = Scanner::default();
        let masked = scanner.scan(line, is_cut);
        match find(&self.templates, &Line::of(masked, &self.templates)) {
            Found::Fits(slot) => {
                let template = self.templates.get(slot)?;
                Some((template, template.outcome_of(masked)?))
            }
            Found::Widen(_) | Found::Nowhere => None,
        }
    }

    /// All templates, the one that was seen first at the front.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let mut templates: Vec<&Template> = self.templates.all().collect();
        templates.sort_unstable_by_key(|template| template.id);
        templates.into_iter()
    }

    /// Lines whose template was given up because there were too many.
    pub fn other(&self, series: Series) -> &Tally {
        self.templates.other(series)
    }
}

/// The line up to `max` bytes, and whether anything was cut.
fn cut(line: &str, max: usize) -> (&str, bool) {
    if line.len() <= max {
        return (line, false);
    }
    (line.get(..line.floor_char_boundary(max)).unwrap_or(line), true)
}

impl<'a> Line<'a> {
    fn of(masked: &'a Masked, templates: &Templates) -> Self {
        let path = Path::of(masked);
        let fingerprints: Vec<_> = masked.tokens().map(|(token, text)| fingerprint(token.kind, text)).collect();
        let near = templates.leaf(path).map_or_else(Vec::new, |leaf| {
            let words = variants::may_differ(leaf.slots().len(), masked.len());
            leaf.near(&fingerprints, Reach { words: narrow(words), values: narrow(may_widen(masked)) })
        });
        Self { masked, path, fingerprints, near }
    }
}

/// In how many values a line may differ from a template that has its words: any number, if there are words to know it by.
fn may_widen(masked: &Masked) -> usize {
    let count = |is_meant: fn(Kind) -> bool| masked.tokens().filter(|(token, _)| is_meant(token.kind)).count();
    match count(|kind| kind == Kind::Word) {
        0 => count(|kind| matches!(kind, Kind::Field { .. })) / 2,
        _ => usize::MAX,
    }
}

fn narrow(count: usize) -> u8 {
    u8::try_from(count).unwrap_or(u8::MAX)
}

/// Finds or makes the place for a line that was not seen lately.
fn place(templates: &mut Templates, masked: &Masked, max_variants: usize) -> Place {
    let line = Line::of(masked, templates);
    match find(templates, &line) {
        Found::Fits(slot) => templates.place(slot, true, masked),
        Found::Widen(slot) => templates.place(slot, false, masked),
        Found::Nowhere => {
            let slot = variants::place(templates, line, max_variants);
            templates.place(slot, false, masked)
        }
    }
}

/// Looks at those templates that have the line's words, in the order of their making.
fn find(templates: &Templates, line: &Line<'_>) -> Found {
    let mut widen = None;
    for row in line.near.iter().filter(|row| row.words == 0) {
        let is_of_use = row.values == 0 || widen.is_none();
        match templates.get(row.slot).filter(|_| is_of_use).map(|template| likeness(template, line.masked)) {
            Some(Likeness::Fits) => return Found::Fits(row.slot),
            Some(Likeness::Values) => widen = widen.or(Some(row.slot)),
            _ => {}
        }
    }
    widen.map_or(Found::Nowhere, Found::Widen)
}

/// How like a template a line of its skeleton is.
enum Likeness {
    Fits,
    /// Only values differ.
    Values,
    /// So many of so many words differ.
    Words {
        differing: usize,
        words: usize,
    },
    None,
}

fn likeness(template: &Template, masked: &Masked) -> Likeness {
    let (mut words, mut differing, mut fields, mut values) = (0, 0, 0, 0);
    for (pattern, (token, text)) in template.patterns.iter().zip(masked.tokens()) {
        match (pattern.fit(token, text), pattern.kind) {
            (Fit::Word, _) => {
                differing += 1;
                words += 1;
            }
            (Fit::Fits, Kind::Word) => words += usize::from(pattern.is_exact()),
            (fit, Kind::Field { .. }) => {
                fields += 1;
                values += usize::from(fit == Fit::Value);
            }
            (fit, _) => values += usize::from(fit == Fit::Value),
        }
    }
    match (differing, values) {
        (0, 0) => Likeness::Fits,
        (0, _) if words > 0 || values * 2 <= fields => Likeness::Values,
        (0, _) => Likeness::None,
        _ => Likeness::Words { differing, words },
    }
}
