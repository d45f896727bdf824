//! Whether an image is in a registry, or which are.

use std::collections::BTreeSet;
use std::sync::Arc;

use marple_agent::ports::PlannedCall;
use marple_case::{Evidence, Facts, Outcome, facts::TaskDefinition};
use serde_json::json;

use super::{
    inventory,
    services::services,
    talk::{Answer, Reply, Talk},
};
use crate::{cite, wants::call};

/// Most revisions that are read for one question; half as many repositories.
const SERVICES: usize = 8;

/// Whether an image is in the registry, or which images are.
pub(super) fn images(talk: &Talk<'_>) -> Reply {
    let tag = tag(&talk.asked.text);
    let images = talk.taken_by("list_images");
    if !images.is_empty() {
        return Reply::Say(images_found(talk, tag.as_deref(), &images));
    }
    let repositories = repositories(talk);
    if !repositories.is_empty() {
        let one = |repository: &String| match &tag {
            Some(tag) => vec![
                call("list_images", json!({"repository": repository, "tag": tag})),
                call("list_images", json!({"repository": repository, "limit": 5})),
            ],
            None => vec![call("list_images", json!({"repository": repository, "limit": 10}))],
        };
        return Reply::Look(repositories.iter().take(SERVICES / 2).flat_map(one).collect());
    }
    let revisions = revisions_of(talk);
    if let (true, Some(repository)) = (revisions.is_empty(), said_repository(&talk.asked.text)) {
        let arguments = match &tag {
            Some(tag) => json!({"repository": repository, "tag": tag}),
            None => json!({"repository": repository, "limit": 10}),
        };
        // A service of that name would say which repository it pulls from.
        let known = talk.called("describe_service");
        return Reply::Look(if known { vec![call("list_images", arguments)] } else { inventory() });
    }
    if talk.called("describe_service") && revisions.is_empty() {
        let text = talk.say(
            "No service of this region names an image, and a registry's repositories cannot be listed without one: name the repository.",
            "この地域のサービスはイメージを参照していません。リポジトリ名を指定してください。",
        );
        return Reply::Say(Answer::plain(text));
    }
    if revisions.is_empty() { Reply::Look(inventory()) } else { Reply::Look(revisions) }
}

fn images_found(talk: &Talk<'_>, tag: Option<&str>, images: &[&Evidence]) -> Answer {
    let mut lines = Vec::new();
    let mut citations = Vec::new();
    for evidence in images {
        let repository = evidence.arguments.get("repository").and_then(|name| name.as_str()).unwrap_or_default();
        let asked = evidence.arguments.get("tag").and_then(|tag| tag.as_str());
        match (&evidence.facts, &evidence.outcome, asked) {
            (Facts::Images(found), Outcome::Found, Some(tag)) => {
                for image in &found.images {
                    let pushed = image
                        .pushed
                        .map_or_else(String::new, |at| format!(", {} {at}", talk.say("pushed", "プッシュ")));
                    lines.push(talk.say(
                        format!("**Yes**: {repository} holds {tag}{pushed} (`{}`) [{}].", image.digest, evidence.id),
                        format!("**あります**: {repository} に {tag}{pushed}(`{}`)[{}]。", image.digest, evidence.id),
                    ));
                    citations.push(cite::any(evidence, &[&[tag, &image.digest], &[tag]]));
                }
            }
            (_, Outcome::NoData, Some(tag)) => {
                lines.push(talk.say(
                    format!("**No**: {repository} holds no image {tag} [{}].", evidence.id),
                    format!("**ありません**: {repository} に {tag} はありません [{}]。", evidence.id),
                ));
                citations.push(cite::any(evidence, &[&[tag], &["no"]]));
            }
            (Facts::Images(found), Outcome::Found, None) => {
                let tags: Vec<&str> =
                    found.images.iter().flat_map(|image| image.tags.iter().map(String::as_str)).collect();
                let newest = tags.iter().take(5).copied().collect::<Vec<_>>().join(", ");
                lines.push(talk.say(
                    format!("The newest tags of {repository}: {newest} [{}].", evidence.id),
                    format!("{repository} の新しいタグ: {newest} [{}]。", evidence.id),
                ));
                citations
                    .push(cite::any(evidence, &[&[tags.first().copied().unwrap_or("repository")], &["repository"]]));
            }
            _ => lines.push(format!("{repository}: {}", cite::folded(&evidence.text))),
        }
    }
    if tag.is_none() {
        lines.insert(0, talk.say("The question names no tag; what there is:", "質問にタグがないため、一覧を示します:"));
    }
    Answer::new(lines.join("\n\n"), citations)
}

/// The tag that a question names: a word that begins like a version, or stands after a colon.
pub(super) fn tag(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '?' | '"') || !c.is_ascii());
    let words = words.map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric()));
    words.filter(|word| !word.is_empty()).find_map(|word| {
        let word = word.rsplit([':', '/']).next().unwrap_or(word);
        let digits = word.strip_prefix(['v', 'V']).unwrap_or(word);
        let is_version = digits.starts_with(|c: char| c.is_ascii_digit()) && digits.contains('.');
        is_version.then(|| word.to_owned())
    })
}

/// The word of a question that looks like a repository's name: `payments-api`, `team/payments`, or what stands before a tag's colon.
fn said_repository(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || !c.is_ascii() || matches!(c, ',' | '?' | '"'));
    words.map(|word| word.trim_matches(|c: char| !c.is_ascii_alphanumeric())).find_map(|word| {
        let name = word.split(':').next().unwrap_or(word);
        let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && tag(name).is_none();
        (is_name && (name.contains(['-', '/']) || name.len() < word.len())).then(|| name.to_owned())
    })
}

/// The repositories that are meant: of the named services' images; else one that the question names; else all that are known.
fn repositories(talk: &Talk<'_>) -> Vec<String> {
    let named = talk.named();
    let mut of_named = BTreeSet::new();
    let mut all = BTreeSet::new();
    for definition in definitions(talk) {
        for container in &definition.containers {
            let Some(repository) = repository(&container.image) else { continue };
            if named.iter().any(|name| *name == definition.family || repository.contains(name.as_str())) {
                of_named.insert(container.image.split(':').next().unwrap_or(&container.image).to_owned());
            }
            let said = talk.asked.text.contains(repository);
            if said {
                of_named.insert(repository.to_owned());
            }
            all.insert(repository.to_owned());
        }
    }
    match of_named.is_empty() {
        true => all.into_iter().collect(),
        false => of_named
            .into_iter()
            .filter_map(|image| repository(&image).map(str::to_owned))
            .collect::<BTreeSet<_>>()
            .into_iter()
            .collect(),
    }
}

/// The repository in an image's name, if a registry of ECR holds it; a bare name is one, too.
fn repository(image: &str) -> Option<&str> {
    let path = match image.split_once(".amazonaws.com/") {
        Some((_, path)) => path,
        None if image.contains('.') => return None,
        None => image,
    };
    path.split(['@', ':']).next().filter(|name| !name.is_empty())
}

fn definitions<'a>(talk: &Talk<'a>) -> Vec<&'a TaskDefinition> {
    let of = |evidence: &'a Arc<Evidence>| match &evidence.facts {
        Facts::TaskDefinitions(definitions) => definitions.iter().collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    talk.turn.evidence.iter().flat_map(of).collect()
}

/// Calls that show the revisions of the named services, or of all.
fn revisions_of(talk: &Talk<'_>) -> Vec<PlannedCall> {
    let named = talk.named();
    let services = services(talk);
    let meant = services.iter().filter(|(service, _)| named.is_empty() || named.contains(&service.name));
    meant
        .take(SERVICES)
        .map(|(service, _)| call("describe_task_definition", json!({"task_definition": service.task_definition})))
        .collect()
}
