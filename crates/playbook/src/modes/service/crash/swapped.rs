//! A tag that names another image than before: tasks that start now run other code under the same revision.

use marple_case::{Citation, facts::Image};

use crate::{
    cite,
    reading::{Case, Seen, workload::ImageName},
};

/// A tag that was moved.
#[derive(Debug, Clone)]
pub(crate) struct Swapped<'a> {
    /// The image as the task definition names it: `…/name:tag`.
    pub(crate) reference: &'a str,
    /// The digest that tasks from before run.
    pub(crate) old: &'a str,
    /// The digest that tasks which fail were given.
    pub(crate) new: &'a str,
    /// The new image as the repository lists it.
    pub(crate) listed: Option<Seen<'a, Image>>,
    /// The old image as the repository lists it: it can be gone back to by its digest.
    pub(crate) kept: Option<Seen<'a, Image>>,
    citations: [Option<Citation>; 2],
}

/// Whether tasks that failed were given another image, under the name that tasks before them ran.
pub(super) fn swapped<'a>(case: &Case<'a>) -> Option<Swapped<'a>> {
    let pulled =
        || case.workload.container_states().filter_map(|(task, one)| Some((task, one, one.image_digest.as_deref()?)));
    let is_failed = |code: Option<i32>| code.is_some_and(|code| code != 0 && code != 143);
    let (failed, bad, new) = pulled().find(|(_, one, _)| is_failed(one.exit_code))?;
    let before =
        pulled().filter(|(_, one, digest)| one.image == bad.image && *digest != new && !is_failed(one.exit_code));
    let (well, good, old) = before.min_by_key(|(task, ..)| task.started)?;
    let earlier = well.started.zip(failed.started.or(failed.created)).is_some_and(|(well, failed)| well < failed);
    if ImageName::of(&bad.image).digest.is_some() || !earlier {
        return None;
    }
    let of_digest = |digest: &str| case.workload.all_images().find(|image| image.digest == digest);
    let cited = |digest: &str, id: &str, evidence| cite::any(evidence, &[&[digest], &["task:", id]]);
    Some(Swapped {
        reference: &good.image,
        citations: [cited(old, &well.id, well.evidence), cited(new, &failed.id, failed.evidence)],
        listed: of_digest(new),
        kept: of_digest(old),
        old,
        new,
    })
}

impl Swapped<'_> {
    /// When the new image was pushed.
    pub(crate) fn pushed(&self) -> Option<jiff::Timestamp> {
        self.listed?.pushed
    }

    /// What happened, as a sentence.
    pub(crate) fn statement(&self) -> String {
        let pushed = self.pushed().map(|at| format!(", pushed at {at}")).unwrap_or_default();
        format!(
            "{} names another image than before: tasks that run have {}, tasks that fail were given {}{pushed}.",
            self.reference,
            short(self.old),
            short(self.new)
        )
    }

    /// What shows it.
    pub(crate) fn citations(&self) -> Vec<Option<Citation>> {
        let listed = self.listed.and_then(|image| cite::any(image.evidence, &[&[&image.digest]]));
        self.citations.iter().cloned().chain([listed]).collect()
    }
}

/// `sha256:` and twelve characters.
pub(crate) fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}
