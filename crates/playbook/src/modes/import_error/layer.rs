//! A layer that a change of the function's settings brought: what the package lacks and imports comes from there.

use marple_case::{Citation, facts::Change};

use crate::{
    cite,
    reading::{Case, Seen},
};

/// A layer's version that came into use between a clean baseline and the onset.
#[derive(Debug, Clone)]
pub(crate) struct Layer<'a> {
    /// The whole ARN with its version.
    pub(crate) arn: &'a str,
    /// Its name.
    pub(crate) name: &'a str,
    /// Its version.
    pub(crate) version: u32,
    /// The change that put it in use.
    pub(crate) change: Seen<'a, Change>,
    /// How that version came to be, if the trail tells it.
    pub(crate) published: Option<Seen<'a, Change>>,
    /// The architectures that it was published for, where they do not hold the function's.
    pub(crate) foreign: Option<String>,
    /// The function's own listing of its layers.
    configured: Option<Citation>,
}

/// The layer that was changed before the first failure; of several the one that was published last.
pub(super) fn changed<'a>(case: &Case<'a>, onset: jiff::Timestamp, in_baseline: bool) -> Option<Layer<'a>> {
    let function = case.function?;
    case.linked_change(onset, in_baseline)?;
    let sets = |change: &Seen<'a, Change>| {
        change.action.starts_with("UpdateFunctionConfiguration")
            && change.detail.contains("layers=")
            && change.at > case.scope.baseline.start
            && change.at <= onset
    };
    let change = case.own_changes().into_iter().rev().find(sets)?;
    let named = function.fact.layers.iter().filter(|arn| change.fact.detail.contains(arn.as_str()));
    let layers = named.filter_map(|arn| {
        let (rest, version) = arn.rsplit_once(':')?;
        let (_, name) = rest.rsplit_once(":layer:")?;
        Some((arn.as_str(), name, version.parse::<u32>().ok()?))
    });
    let with_publication = layers.map(|(arn, name, version)| (arn, name, version, published(case, name, version)));
    let (arn, name, version, published) =
        with_publication.max_by_key(|(.., published)| published.map(|change| change.at))?;
    let own = function.fact.architectures.first();
    let made_for = published.and_then(|change| architectures(&change.fact.detail));
    Some(Layer {
        configured: cite::any(function.evidence, &[&["layers:", arn], &[arn]]),
        foreign: made_for.filter(|made_for| own.is_some_and(|own| !made_for.contains(own.as_str()))),
        arn,
        name,
        version,
        change,
        published,
    })
}

/// The publication of a layer's version.
fn published<'a>(case: &Case<'a>, name: &str, version: u32) -> Option<Seen<'a, Change>> {
    let version = version.to_string();
    let of = |change: &Seen<'a, Change>| {
        let named = change.resource.as_ref().map(|resource| resource.name.as_str()).unwrap_or_default();
        change.action.starts_with("PublishLayerVersion")
            && change.detail.split([',', ' ']).any(|part| part == format!("layerName={name}"))
            && (named == version || named.ends_with(&format!(":{version}")))
    };
    case.all_changes().filter(of).max_by_key(|change| change.at)
}

/// `compatibleArchitectures=["x86_64"]` in a change's detail, as its list's words.
fn architectures(detail: &str) -> Option<String> {
    let (_, rest) = detail.split_once("compatibleArchitectures=[")?;
    let (list, _) = rest.split_once(']')?;
    let words = list.replace(['"', ' '], "").replace(',', ", ");
    (!words.is_empty()).then_some(words)
}

impl Layer<'_> {
    /// `version 27 of the layer deps`.
    pub(crate) fn words(&self) -> String {
        format!("version {} of the layer {}", self.version, self.name)
    }

    /// What shows that it is in use since.
    pub(super) fn citations(&self) -> [Option<Citation>; 2] {
        let stamp = self.change.at.to_string();
        let change = cite::any(self.change.evidence, &[&[&stamp, "layers="], &[&stamp, &self.change.action]]);
        [change, self.configured.clone()]
    }

    /// What shows how it was published.
    pub(super) fn publication(&self) -> Option<(jiff::Timestamp, String, Option<Citation>)> {
        let change = self.published?;
        let by = change.actor.as_deref().map(|actor| format!(" by {actor}")).unwrap_or_default();
        let made_for =
            self.foreign.as_ref().map(|made_for| format!(" for {made_for}, which is not the function's architecture"));
        let statement = format!(
            "Version {} of the layer {} was published{by}{}.",
            self.version,
            self.name,
            made_for.unwrap_or_default()
        );
        let stamp = change.at.to_string();
        Some((change.at, statement, cite::any(change.evidence, &[&[&stamp, &change.action], &[&stamp]])))
    }
}
