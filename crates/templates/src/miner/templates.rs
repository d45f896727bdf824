//! The templates that a miner holds: how many, which go when there are too many, and where a line is counted.

use super::Masked;
use super::template::{Part, Template, TemplateId};
use crate::leaf::{Leaf, MAX_AT_LEAF};
use crate::pattern::Pattern;
use crate::tally::{Series, Tallies, Tally};
use crate::tree::{Path, Tree};

/// Outcomes of one template, at most.
const MAX_OUTCOMES: usize = 256;

/// A bounded collection of templates. A slot is a template's place in it, and is used again; an id is not.
#[derive(Debug)]
pub(super) struct Templates {
    slots: Vec<Option<Template>>,
    vacant: Vec<usize>,
    tree: Tree,
    next_id: u64,
    /// Lines observed: the clock of "not seen for longest".
    lines: u64,
    /// Outcomes of all templates.
    outcomes: usize,
    other: Tallies,
    max: usize,
}

/// Where a line is counted: a template's slot, and one of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    slot: usize,
    part: usize,
}

impl Templates {
    pub(super) fn new(max: usize) -> Self {
        Self {
            slots: vec![],
            vacant: vec![],
            tree: Tree::default(),
            next_id: 1,
            lines: 0,
            outcomes: 0,
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

    pub(super) fn leaf(&self, path: Path) -> Option<&Leaf> {
        self.tree.leaf(path)
    }

    /// What stands at a place; never the same again once it is given up.
    #[inline]
    pub(super) fn id_at(&self, place: Place) -> Option<u64> {
        Some(self.get(place.slot)?.parts.get(place.part)?.id)
    }

    /// Counts a line in its place.
    #[inline]
    pub(super) fn count(&mut self, place: Place, series: Series, line: &str, at_ms: i64) -> TemplateId {
        self.lines += 1;
        if let Some(template) = self.slots.get_mut(place.slot).and_then(Option::as_mut)
            && let Some(part) = template.parts.get_mut(place.part)
        {
            part.last_used = self.lines;
            part.tallies.of_mut(series).add(line, at_ms);
            return template.id;
        }
        debug_assert!(false, "the place of a line just found holds its template");
        self.other.of_mut(series).add(line, at_ms);
        TemplateId(0)
    }

    /// The place for a line in the template at `slot`, which is widened so that the line fits, unless it `fits` already.
    pub(super) fn place(&mut self, slot: usize, fits: bool, masked: &Masked) -> Place {
        let known = self.get(slot).and_then(|template| template.part_of(masked));
        if known.is_none() {
            self.make_room_for_outcome(slot);
        }
        let Some(template) = self.slots.get_mut(slot).and_then(Option::as_mut) else {
            debug_assert!(false, "a template was just found or made at this slot");
            return Place { slot, part: 0 };
        };
        let part = known.unwrap_or_else(|| {
            self.next_id += 1;
            self.outcomes += 1;
            template.add_part(self.next_id, masked, self.lines + 1)
        });
        template.admit_to_part(part, masked);
        // An outcome that is new to a template is not let in by its patterns yet.
        if !(fits && known.is_some())
            && template.admit(masked)
            && let Some(leaf) = self.tree.leaf_mut(template.path)
        {
            leaf.set(slot, template.patterns.iter().map(Pattern::fingerprint));
        }
        Place { slot, part }
    }

    /// Adds a template without lines, after making room for it.
    pub(super) fn insert(&mut self, path: Path, patterns: Vec<Pattern>) -> usize {
        if self.tree.leaf(path).is_some_and(|leaf| leaf.slots().len() >= MAX_AT_LEAF) {
            self.give_up_at(path);
        }
        let slot = self.vacant.pop().unwrap_or(self.slots.len());
        self.tree.grow(path).push(slot, patterns.iter().map(Pattern::fingerprint));
        self.next_id += 1;
        let template = Template { id: TemplateId(self.next_id), patterns, path, parts: vec![] };
        match self.slots.get_mut(slot) {
            Some(vacant) => *vacant = Some(template),
            None => self.slots.push(Some(template)),
        }
        slot
    }

    /// Makes one template of those in `slots`, with the given patterns; the oldest, in the first slot, keeps its id.
    pub(super) fn merge(&mut self, path: Path, patterns: Vec<Pattern>, slots: &[usize]) -> usize {
        let Some((&oldest, younger)) = slots.split_first() else {
            return self.insert(path, patterns);
        };
        let absorbed: Vec<Template> = younger.iter().filter_map(|&slot| self.slots.get_mut(slot)?.take()).collect();
        self.tree.retain(path, |slot| !younger.contains(&slot));
        self.vacant.extend(younger);
        if let Some(template) = self.slots.get_mut(oldest).and_then(Option::as_mut) {
            self.outcomes -= template.parts.len();
            for other in absorbed {
                self.outcomes -= other.parts.len();
                template.absorb(other);
            }
            self.outcomes += template.parts.len();
            template.patterns = patterns;
            if let Some(leaf) = self.tree.leaf_mut(path) {
                leaf.set(oldest, template.patterns.iter().map(Pattern::fingerprint));
            }
        }
        oldest
    }

    /// Gives up an eighth of a template's outcomes if they are too many, or an eighth of all if those are.
    fn make_room_for_outcome(&mut self, slot: usize) {
        if self.get(slot).is_some_and(|template| template.parts.len() >= MAX_OUTCOMES) {
            self.give_up_outcomes(|other| other == slot);
        }
        if self.outcomes >= self.max {
            self.give_up_outcomes(|_| true);
            self.remove_empty(slot);
        }
    }

    /// Gives up the eighth of outcomes that is worth least, of the templates in those slots that `is_meant` says.
    fn give_up_outcomes(&mut self, is_meant: impl Fn(usize) -> bool) {
        let templates = self.slots.iter().enumerate().filter(|(slot, _)| is_meant(*slot));
        let worths = templates.flat_map(|(_, template)| template).flat_map(|template| &template.parts).map(Part::worth);
        let Some(limit) = least_eighth(worths.collect()) else {
            return;
        };
        let meant = self.slots.iter_mut().enumerate().filter(|(slot, _)| is_meant(*slot));
        for template in meant.filter_map(|(_, template)| template.as_mut()) {
            for part in template.parts.extract_if(.., |part| part.worth() <= limit) {
                self.outcomes -= 1;
                self.other.merge(part.tallies);
            }
        }
    }

    /// Removes the templates that have lost their last outcome, but for the one at `kept`, which is about to have one.
    fn remove_empty(&mut self, kept: usize) {
        let mut paths = vec![];
        for (slot, place) in self.slots.iter_mut().enumerate() {
            if slot != kept
                && let Some(template) = place.take_if(|template| template.parts.is_empty())
            {
                paths.push(template.path);
                self.vacant.push(slot);
            }
        }
        paths.sort_unstable();
        paths.dedup();
        for path in paths {
            self.tree.retain(path, |slot| self.slots.get(slot).is_some_and(Option::is_some));
        }
    }

    /// Gives up the eighth of templates at a leaf that is worth least.
    fn give_up_at(&mut self, path: Path) {
        let slots = self.tree.leaf(path).map_or(&[][..], Leaf::slots);
        let worths = slots.iter().filter_map(|&slot| self.get(slot)).map(Template::worth);
        let Some(limit) = least_eighth(worths.collect()) else {
            return;
        };
        for &slot in slots {
            let place = self.slots.get_mut(slot);
            if let Some(template) = place.and_then(|place| place.take_if(|template| template.worth() <= limit)) {
                self.vacant.push(slot);
                self.outcomes -= template.parts.len();
                template.parts.into_iter().for_each(|part| self.other.merge(part.tallies));
            }
        }
        self.tree.retain(path, |slot| self.slots.get(slot).is_some_and(Option::is_some));
    }
}

/// The worth of the last who goes if the least of eight goes.
fn least_eighth(mut worths: Vec<(u64, u64)>) -> Option<(u64, u64)> {
    let last = (worths.len() / 8).saturating_sub(1);
    (last < worths.len()).then(|| *worths.select_nth_unstable(last).1)
}
