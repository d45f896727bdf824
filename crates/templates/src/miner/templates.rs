//! The templates that a miner holds: how many, which go when there are too many, and what they have counted.

use super::Masked;
use crate::pattern::Pattern;
use crate::tally::{Series, Tallies, Tally};
use crate::tree::{MAX_AT_LEAF, Path, Tree};

/// Names a template within one miner. Never used again, even after its template is given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TemplateId(u64);

/// A log statement, as far as its lines tell.
#[derive(Debug)]
pub struct Template {
    /// Its name.
    pub id: TemplateId,
    pub(super) patterns: Vec<Pattern>,
    path: Path,
    tallies: Tallies,
    /// Number of lines observed when it was last seen.
    last_used: u64,
}

impl Template {
    /// What its lines have in common: `GET /api/users/<*> 200 <*>ms`. Runs of white space are one space.
    pub fn text(&self) -> String {
        let mut text = vec![];
        for pattern in &self.patterns {
            if !text.is_empty() && !pattern.glued {
                text.push(b' ');
            }
            pattern.render(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }

    /// Its tokens, as they stand in the text.
    pub fn tokens(&self) -> impl Iterator<Item = String> {
        self.patterns.iter().map(|pattern| {
            let mut token = vec![];
            pattern.render(&mut token);
            String::from_utf8_lossy(&token).into_owned()
        })
    }

    /// Its lines in one series.
    pub fn tally(&self, series: Series) -> &Tally {
        self.tallies.of(series)
    }

    /// Its lines in both series.
    pub fn count(&self) -> u64 {
        self.tallies.count()
    }

    /// What decides who goes: the rarest, and of those the one not seen for longest.
    fn worth(&self) -> (u64, u64) {
        (self.count(), self.last_used)
    }
}

/// A bounded collection of templates. A slot is a template's place in it, and is used again; an id is not.
#[derive(Debug)]
pub(super) struct Templates {
    slots: Vec<Option<Template>>,
    vacant: Vec<usize>,
    tree: Tree,
    next_id: u64,
    /// Lines observed: the clock of "not seen for longest".
    lines: u64,
    other: Tallies,
    max: usize,
}

impl Templates {
    pub(super) fn new(max: usize) -> Self {
        Self {
            slots: vec![],
            vacant: vec![],
            tree: Tree::default(),
            next_id: 1,
            lines: 0,
            other: Tallies::default(),
            max,
        }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Template> {
        self.slots.iter().flatten()
    }

    #[inline]
    pub(super) fn get(&self, slot: usize) -> Option<&Template> {
        self.slots.get(slot)?.as_ref()
    }

    pub(super) fn other(&self, series: Series) -> &Tally {
        self.other.of(series)
    }

    /// The templates at one leaf, in the order of their making.
    pub(super) fn at(&self, path: Path) -> impl Iterator<Item = (usize, &Template)> {
        self.tree.leaf(path).iter().filter_map(|&slot| Some((slot, self.get(slot)?)))
    }

    /// Counts a line in the template at `slot`.
    #[inline]
    pub(super) fn count(&mut self, slot: usize, series: Series, line: &str, at_ms: i64) -> TemplateId {
        self.lines += 1;
        match self.slots.get_mut(slot).and_then(Option::as_mut) {
            Some(template) => {
                template.last_used = self.lines;
                template.tallies.of_mut(series).add(line, at_ms);
                template.id
            }
            None => {
                debug_assert!(false, "the slot of a line just placed holds its template");
                self.other.of_mut(series).add(line, at_ms);
                TemplateId(0)
            }
        }
    }

    /// Widens the template at `slot` so that the line fits.
    pub(super) fn widen(&mut self, slot: usize, masked: &Masked) {
        if let Some(template) = self.slots.get_mut(slot).and_then(Option::as_mut) {
            for (pattern, (_, text)) in template.patterns.iter_mut().zip(masked.tokens()) {
                pattern.admit(text);
            }
        }
    }

    /// Adds a template, after making room for it.
    pub(super) fn insert(&mut self, path: Path, patterns: Vec<Pattern>) -> usize {
        self.make_room(path);
        let id = TemplateId(self.next_id);
        self.next_id += 1;
        let template = Template { id, patterns, path, tallies: Tallies::default(), last_used: self.lines + 1 };
        let slot = self.vacant.pop().unwrap_or(self.slots.len());
        match self.slots.get_mut(slot) {
            Some(vacant) => *vacant = Some(template),
            None => self.slots.push(Some(template)),
        }
        self.tree.insert(path, slot);
        slot
    }

    /// Makes one template of those at `parts`, with the given patterns; the oldest keeps its id.
    pub(super) fn merge(&mut self, path: Path, patterns: Vec<Pattern>, parts: &[usize]) -> usize {
        let Some((&oldest, younger)) = parts.split_first() else {
            return self.insert(path, patterns);
        };
        let mut tallies = Tallies::default();
        for &slot in younger {
            if let Some(template) = self.remove(slot) {
                tallies.merge(template.tallies);
            }
        }
        if let Some(template) = self.slots.get_mut(oldest).and_then(Option::as_mut) {
            template.patterns = patterns;
            template.tallies.merge(tallies);
        }
        oldest
    }

    fn remove(&mut self, slot: usize) -> Option<Template> {
        let template = self.slots.get_mut(slot)?.take()?;
        self.tree.remove(template.path, slot);
        self.vacant.push(slot);
        Some(template)
    }

    /// Gives up templates if there are too many at this leaf, or at all: an eighth at once, so that it is seldom.
    fn make_room(&mut self, path: Path) {
        if self.tree.leaf(path).len() >= MAX_AT_LEAF {
            let leaf = self.tree.leaf(path).to_vec();
            self.give_up(leaf, MAX_AT_LEAF / 8);
        }
        if self.slots.len() - self.vacant.len() >= self.max {
            self.give_up((0..self.slots.len()).collect(), self.max / 8);
        }
    }

    fn give_up(&mut self, mut slots: Vec<usize>, count: usize) {
        slots.retain(|&slot| self.get(slot).is_some());
        slots.sort_unstable_by_key(|&slot| self.get(slot).map(Template::worth));
        for slot in slots.into_iter().take(count) {
            if let Some(template) = self.remove(slot) {
                self.other.merge(template.tallies);
            }
        }
    }
}
