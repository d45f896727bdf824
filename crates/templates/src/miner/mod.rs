//! [`Miner`]: lines in, templates with tallies out.
//!
//! A line goes three ways, the first that answers:
//!
//! 1. [`recent`]: its masked text was seen lately. Nearly all lines end here.
//! 2. The templates at its leaf: one fits, or would fit if a *value* in it became wider (`user=<*>`).
//! 3. [`variants`]: a template of its own, unless so many like it are there already that the words in which they differ must
//!    be values too.
//!
//! The third step is where this differs from Drain, which turns a word into a wildcard at the second line that differs in
//! it. "Database connection established" and "Database connection lost" must not become one template: the
//! second may be the incident.

mod recent;
mod templates;
#[cfg(test)]
mod tests;
mod variants;

use crate::pattern::Fit;
use crate::scanner::{Kind, Masked, Scanner};
use crate::tally::{Series, Tally};
use crate::tree::Path;
use recent::Recent;
use templates::Templates;
pub use templates::{Template, TemplateId};

/// Bounds and habits of a [`Miner`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A line is cut after so many bytes (at a character's end); what follows is the wildcard at the end of its template.
    pub max_line_bytes: usize,
    /// Templates that are kept; at least 16. Beyond it the rarest go, of equally rare ones those not seen for longest, and
    /// their lines are counted in [`Miner::other`].
    pub max_templates: usize,
    /// A word becomes a wildcard once more than so many lines that are otherwise much alike differ in it.
    pub max_variants: usize,
    /// HTTP status, exit codes and error classes part templates. Levels and stack frames always do.
    pub split_by_outcome: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_line_bytes: 4096, max_templates: 4096, max_variants: 8, split_by_outcome: true }
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

/// Where a masked line belongs.
enum Place {
    Fits(usize),
    /// It does once the values that differ are wildcards.
    Widen(usize),
    Nowhere,
}

impl Miner {
    /// A miner that has seen nothing.
    pub fn new(options: Options) -> Self {
        Self {
            scanner: Scanner::new(options.split_by_outcome),
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
        let slot = match self.recent.get(hash, masked.text(), &self.templates) {
            Some(slot) => slot,
            None => {
                let slot = place(&mut self.templates, masked, self.options.max_variants);
                self.recent.put(hash, masked.text(), slot, &self.templates);
                slot
            }
        };
        self.templates.count(slot, series, line, at_ms)
    }

    /// The template that a line belongs to now, if it was mined and not given up.
    pub fn classify(&self, line: &str) -> Option<TemplateId> {
        let (line, is_cut) = cut(line, self.options.max_line_bytes);
        let mut scanner = Scanner::new(self.options.split_by_outcome);
        let masked = scanner.scan(line, is_cut);
        match find(&self.templates, Path::of(masked), masked) {
            Place::Fits(slot) => self.templates.get(slot).map(|template| template.id),
            Place::Widen(_) | Place::Nowhere => None,
        }
    }

    /// All templates, the one that was seen first at the front.
    pub fn templates(&self) -> impl Iterator<Item = &Template> {
        let mut templates: Vec<&Template> = self.templates.all().collect();
        templates.sort_unstable_by_key(|template| template.id);
        templates.into_iter()
    }

    /// Lines whose template was given up because [`Options::max_templates`] was reached.
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

/// The template's slot for a line that was not seen lately.
fn place(templates: &mut Templates, masked: &Masked, max_variants: usize) -> usize {
    let path = Path::of(masked);
    match find(templates, path, masked) {
        Place::Fits(slot) => slot,
        Place::Widen(slot) => {
            templates.widen(slot, masked);
            slot
        }
        Place::Nowhere => variants::place(templates, path, masked, max_variants),
    }
}

/// Looks at the templates of one leaf, in the order of their making.
fn find(templates: &Templates, path: Path, masked: &Masked) -> Place {
    let mut widen = None;
    for (slot, template) in templates.at(path) {
        match likeness(template, masked) {
            Likeness::Fits => return Place::Fits(slot),
            Likeness::Values => widen = widen.or(Some(slot)),
            Likeness::Words { .. } | Likeness::None => {}
        }
    }
    widen.map_or(Place::Nowhere, Place::Widen)
}

/// How like a template a line is.
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
            (Fit::Never, _) => return Likeness::None,
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
