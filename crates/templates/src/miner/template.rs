//! A template, and its lines by outcome.
//!
//! A template is a log statement, as far as its lines tell. Its lines are counted by *outcome*: `GET … 200` and `GET … 500` are
//! one template with two outcomes, so that what a statement is and how it went are two questions with an answer each.
//! An outcome has patterns of its own, narrower than the template's: of `GET /api/<*>`, only `GET /api/orders` fails.

use crate::pattern::Pattern;
use crate::scanner::Masked;
use crate::tally::{Series, Tallies, Tally};
use crate::tree::Path;

/// Names a template within one miner. Never used again, even after its template is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId(pub(super) u64);

/// A log statement, as far as its lines tell.
#[derive(Debug)]
pub struct Template {
    /// Its name.
    pub id: TemplateId,
    pub(super) patterns: Vec<Pattern>,
    pub(super) path: Path,
    /// One for each outcome, at least one once a line is counted.
    pub(super) parts: Vec<Part>,
}

/// The lines of one template that went the same way.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    template: &'a Template,
    part: &'a Part,
}

/// What is kept of an [`Outcome`].
#[derive(Debug)]
pub(super) struct Part {
    /// Never used again within one miner.
    pub(super) id: u64,
    /// The words that tell how it went, in their order.
    words: Vec<Box<[u8]>>,
    /// What its lines have in common; none while it is the template's only part, and so the same.
    patterns: Option<Vec<Pattern>>,
    pub(super) tallies: Tallies,
    /// Number of lines observed when it was last seen.
    pub(super) last_used: u64,
}

impl Template {
    /// What its lines have in common: `<*> /api/users/<*> <*> <*>ms`. Runs of white space are one space.
    pub fn text(&self) -> String {
        text(&self.patterns)
    }

    /// Its tokens, as they stand in the text.
    pub fn tokens(&self) -> impl Iterator<Item = String> {
        self.patterns.iter().map(|pattern| text(std::slice::from_ref(pattern)))
    }

    /// Its lines by how it went, in the order of their first line; one if its lines do not tell.
    pub fn outcomes(&self) -> impl Iterator<Item = Outcome<'_>> {
        self.parts.iter().map(|part| Outcome { template: self, part })
    }

    /// Its lines in both series.
    pub fn count(&self) -> u64 {
        self.parts.iter().map(|part| part.tallies.count()).sum()
    }

    /// What decides who goes: the rarest, and of those the one not seen for longest.
    pub(super) fn worth(&self) -> (u64, u64) {
        (self.count(), self.parts.iter().map(|part| part.last_used).max().unwrap_or(0))
    }

    pub(super) fn part_of(&self, masked: &Masked) -> Option<usize> {
        self.parts.iter().position(|part| part.words.iter().map(|word| &**word).eq(masked.outcome()))
    }

    pub(super) fn outcome_of(&self, masked: &Masked) -> Option<Outcome<'_>> {
        let part = self.parts.get(self.part_of(masked)?)?;
        Some(Outcome { template: self, part })
    }

    /// Adds a part for the line's outcome, without lines yet. The line fits the template.
    pub(super) fn add_part(&mut self, id: u64, masked: &Masked, last_used: u64) -> usize {
        let patterns = (!self.parts.is_empty()).then(|| exact(masked));
        if patterns.is_some() {
            self.tell_parts_apart();
        }
        let words = masked.outcome().map(Box::from).collect();
        self.parts.push(Part { id, words, patterns, tallies: Tallies::default(), last_used });
        self.parts.len() - 1
    }

    /// Takes in the lines of `other`.
    pub(super) fn absorb(&mut self, mut other: Self) {
        self.tell_parts_apart();
        other.tell_parts_apart();
        for part in other.parts {
            match self.parts.iter_mut().find(|own| own.words == part.words) {
                Some(own) => own.absorb(part),
                None => self.parts.push(part),
            }
        }
        if let [part] = self.parts.as_mut_slice() {
            part.patterns = None;
        }
    }

    /// Gives each part patterns of its own.
    fn tell_parts_apart(&mut self) {
        for part in &mut self.parts {
            part.patterns.get_or_insert_with(|| self.patterns.clone());
        }
    }

    /// Widens the patterns so that the line fits. False if it fitted already.
    pub(super) fn admit(&mut self, masked: &Masked) -> bool {
        admit(&mut self.patterns, masked)
    }

    /// Widens a part's own patterns so that the line fits.
    pub(super) fn admit_to_part(&mut self, part: usize, masked: &Masked) {
        if let Some(own) = self.parts.get_mut(part).and_then(|part| part.patterns.as_mut()) {
            admit(own, masked);
        }
    }
}

impl Part {
    pub(super) fn worth(&self) -> (u64, u64) {
        (self.tallies.count(), self.last_used)
    }

    fn absorb(&mut self, other: Self) {
        if let (Some(own), Some(others)) = (&mut self.patterns, &other.patterns) {
            for (own, other) in own.iter_mut().zip(others) {
                own.widen_to(other);
            }
        }
        self.tallies.merge(other.tallies);
        self.last_used = self.last_used.max(other.last_used);
    }
}

impl Outcome<'_> {
    /// The words that tell how it went, in their order, a space between: `GET 500`. Empty if no word tells.
    pub fn words(&self) -> String {
        let words: Vec<_> = self.part.words.iter().map(|word| String::from_utf8_lossy(word)).collect();
        words.join(" ")
    }

    /// What its lines have in common: `GET /api/users/<*> 500 <*>ms`.
    pub fn text(&self) -> String {
        text(self.part.patterns.as_ref().unwrap_or(&self.template.patterns))
    }

    /// Its lines in one series.
    pub fn tally(&self, series: Series) -> &Tally {
        self.part.tallies.of(series)
    }

    /// Its lines in both series.
    pub fn count(&self) -> u64 {
        self.part.tallies.count()
    }
}

/// Patterns that only this line fits, but for its outcome.
pub(super) fn exact(masked: &Masked) -> Vec<Pattern> {
    masked.tokens().map(|(token, text)| Pattern::exact(token, text)).collect()
}

fn admit(patterns: &mut [Pattern], masked: &Masked) -> bool {
    patterns.iter_mut().zip(masked.tokens()).fold(false, |widened, (pattern, (_, text))| pattern.admit(text) || widened)
}

fn text(patterns: &[Pattern]) -> String {
    let mut text = vec![];
    for pattern in patterns {
        if !text.is_empty() && !pattern.glued {
            text.push(b' ');
        }
        pattern.render(&mut text);
    }
    String::from_utf8_lossy(&text).into_owned()
}
