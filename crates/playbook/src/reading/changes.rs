//! Whether a change of the function explains a failure: told by times and by the baseline, never by nearness alone.
//!
//! | change … | verdict |
//! |---|---|
//! | none touches the function | [`ChangeVerdict::None`] |
//! | after the onset | refuted: an effect does not precede its cause |
//! | before the baseline, which ran without the failure | refuted: the same code and settings worked |
//! | any, and the baseline holds the failure too while the change is later | refuted |
//! | between a baseline that ran clean and the onset | linked |
//! | otherwise (the baseline holds no invocation) | undecided |

use jiff::{SignedDuration, Timestamp};
use marple_case::{
    ResourceKind, ResourceRef,
    facts::{Change, ChangeSource},
};

use super::{Case, Seen, subject::SubjectKind};

/// What the changes say about a failure.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ChangeVerdict<'a> {
    /// Changes were read, and none touches the function.
    None,
    /// The latest change of the function, and why it is not the cause.
    Refuted(Seen<'a, Change>, &'static str),
    /// A change lies between a clean baseline and the onset.
    Linked(Seen<'a, Change>),
    /// A change precedes the onset, and nothing shows how the function fared without it.
    Undecided(Seen<'a, Change>),
    /// Changes could not be read.
    Unread,
}

impl<'a> Case<'a> {
    /// All changes, oldest first.
    pub(crate) fn all_changes(&self) -> impl Iterator<Item = Seen<'a, Change>> + '_ {
        let of = |seen: &Seen<'a, marple_case::facts::Changes>| {
            let (evidence, changes) = (seen.evidence, &seen.fact.changes);
            changes.iter().map(move |fact| Seen { evidence, fact })
        };
        self.changes.iter().flat_map(of)
    }

    /// The changes of the function itself or of the stack that owns it, oldest first.
    pub(crate) fn own_changes(&self) -> Vec<Seen<'a, Change>> {
        let own = |change: &Change| {
            let named = change.resource.as_ref().is_some_and(|resource| Some(&resource.name) == self.subject.as_ref());
            named || change.touches_subject
        };
        let own = |change: &Seen<'a, Change>| own(change.fact) && !self.is_unused_image(change.fact);
        let mut changes: Vec<_> = self.all_changes().filter(own).collect();
        changes.sort_by_key(|change| change.at);
        changes
    }

    /// Whether a change is the push of an image that nothing of the service runs: a push alone changes no program.
    fn is_unused_image(&self, change: &Change) -> bool {
        let named = change.resource.as_ref().map(|resource| resource.name.as_str()).unwrap_or_default();
        let containers = self.workload.containers();
        let by_name = containers.iter().any(|one| {
            let reference = one.image.split_once('/').map_or(one.image.as_str(), |(_, path)| path);
            reference == named || one.image == named
        });
        let mut digests = self.workload.container_states().filter_map(|(_, one)| one.image_digest.as_deref());
        let by_digest = digests.any(|digest| change.detail.contains(digest) || named.contains(digest));
        change.source == ChangeSource::Ecr && !containers.is_empty() && !by_name && !by_digest
    }

    /// The last change of anything else that fits, between a clean baseline and the onset: of a role, a key, a table that the fault is about.
    pub(crate) fn linked_elsewhere(
        &self,
        onset: Timestamp,
        in_baseline: bool,
        fits: impl Fn(&Change) -> bool,
    ) -> Option<Seen<'a, Change>> {
        self.all_linked_elsewhere(onset, in_baseline, fits).pop()
    }

    /// All of these, oldest first, each once however often it was read.
    pub(crate) fn all_linked_elsewhere(
        &self,
        onset: Timestamp,
        in_baseline: bool,
        fits: impl Fn(&Change) -> bool,
    ) -> Vec<Seen<'a, Change>> {
        let clean = !in_baseline && self.baseline_count().is_some_and(|count| count > 0);
        let between = |change: &Change| change.at > self.scope.baseline.start && change.at <= onset;
        let mut fitting: Vec<Seen<'a, Change>> = Vec::new();
        for change in self.all_changes().filter(|change| clean && between(change.fact) && fits(change.fact)) {
            if !fitting.iter().any(|known| known.fact == change.fact) {
                fitting.push(change);
            }
        }
        fitting.sort_by_key(|change| change.at);
        fitting
    }

    /// The last change between a clean baseline and the onset.
    pub(crate) fn linked_change(&self, onset: Timestamp, in_baseline: bool) -> Option<Seen<'a, Change>> {
        match self.change_verdict(onset, in_baseline) {
            ChangeVerdict::Linked(change) => Some(change),
            _ => None,
        }
    }

    /// The last change that may have replaced the function's code between a clean baseline and the onset.
    pub(crate) fn linked_code_change(&self, onset: Timestamp, in_baseline: bool) -> Option<Seen<'a, Change>> {
        if !matches!(self.change_verdict(onset, in_baseline), ChangeVerdict::Linked(_)) {
            return None;
        }
        let between = |change: &Change| change.at > self.scope.baseline.start && change.at <= onset;
        let own = self.own_changes().into_iter().filter(|change| between(change.fact));
        own.rev().find(|change| self.touches_code(change.fact) && !self.same_code_before(change.at))
    }

    /// Whether a change may have replaced code. Lambda's time of the last modification says nothing where CloudTrail shows that
    /// it was the settings that were changed then.
    fn touches_code(&self, change: &Change) -> bool {
        const TOGETHER: SignedDuration = SignedDuration::from_secs(60);
        let settings = || {
            self.own_changes().iter().any(|other| {
                other.action.starts_with("UpdateFunctionConfiguration")
                    && other.at.duration_since(change.at).abs() <= TOGETHER
            })
        };
        match change.source {
            ChangeSource::CloudTrail => change.action.starts_with("UpdateFunctionCode"),
            ChangeSource::Lambda => !settings(),
            ChangeSource::CloudFormation => !self.is_of_others(change),
            ChangeSource::Ecs | ChangeSource::Ecr => true,
            ChangeSource::Rds => false,
        }
    }

    /// Whether an update of the owning stack changed other functions and not this one, as the events of its resources tell.
    fn is_of_others(&self, change: &Change) -> bool {
        const TOGETHER: SignedDuration = SignedDuration::from_mins(10);
        let own = |resource: &ResourceRef| Some(&resource.name) == self.subject.as_ref();
        let of_update = self.all_changes().filter(|other| {
            other.source == ChangeSource::CloudFormation && other.at.duration_since(change.at).abs() <= TOGETHER
        });
        let functions = of_update.filter_map(|other| other.fact.resource.as_ref());
        let functions: Vec<&ResourceRef> =
            functions.filter(|resource| resource.kind == ResourceKind::LambdaFunction).collect();
        self.kind == SubjectKind::Function && !functions.is_empty() && !functions.into_iter().any(own)
    }

    /// Whether a version that was published before a moment holds the very code that runs now.
    fn same_code_before(&self, at: Timestamp) -> bool {
        self.function.is_some_and(|function| {
            function.versions.iter().any(|version| {
                version.version != "$LATEST"
                    && version.code_sha256 == function.code_sha256
                    && version.last_modified.is_some_and(|made| made < at)
            })
        })
    }

    /// Judges the function's own changes against a failure that began at `onset`.
    pub(crate) fn change_verdict(&self, onset: Timestamp, in_baseline: bool) -> ChangeVerdict<'a> {
        let asked =
            self.evidence.iter().any(|evidence| evidence.tool == "list_changes" && evidence.outcome.is_answered());
        if !asked {
            return ChangeVerdict::Unread;
        }
        let own = self.own_changes();
        let Some(before) = own.iter().rfind(|change| change.at <= onset).copied() else {
            let later = own.first().copied();
            return later.map_or(ChangeVerdict::None, |change| {
                ChangeVerdict::Refuted(change, "it came after the first failure")
            });
        };
        let baseline = self.scope.baseline;
        if in_baseline {
            return match before.at >= baseline.end {
                true => ChangeVerdict::Refuted(before, "the same failure stands in the baseline, before the change"),
                false => ChangeVerdict::Undecided(before),
            };
        }
        match self.baseline_count() {
            Some(count) if count > 0 && before.at <= baseline.start => {
                ChangeVerdict::Refuted(before, "the baseline ran after it, with invocations and without this failure")
            }
            Some(count) if count > 0 => ChangeVerdict::Linked(before),
            _ => ChangeVerdict::Undecided(before),
        }
    }
}
