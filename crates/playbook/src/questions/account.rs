//! Questions about the account: images, errors, changes, alarms, what runs and in which version.

use std::collections::BTreeSet;

use marple_agent::ports::PlannedCall;
use marple_case::{
    Citation, Evidence, Facts, Outcome,
    facts::{Alarm, AlarmState, Change, LogSummary, Service, TaskDefinition},
};
use serde_json::json;

use super::{
    inventory,
    talk::{Answer, Reply, Talk},
    unable,
};
use crate::{cite, wants::call};

/// Most log groups that are read for one question.
const LOG_GROUPS: usize = 8;
/// Most repositories, services or definitions that are read for one question.
const SERVICES: usize = 8;
/// Most lines of a list in an answer.
const LINES: usize = 12;

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
    let of = |evidence: &'a Evidence| match &evidence.facts {
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

/// The services that the calls of this question showed.
fn services<'a>(talk: &Talk<'a>) -> Vec<(&'a Service, &'a Evidence)> {
    let of = |evidence: &'a Evidence| match &evidence.facts {
        Facts::Services(services) => services.iter().map(|service| (service, evidence)).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    talk.taken().into_iter().flat_map(of).collect()
}

/// What changed in the span.
pub(super) fn changes(talk: &Talk<'_>) -> Reply {
    let span = talk.span();
    let Some(evidence) = talk.taken_by("list_changes").into_iter().next_back() else {
        let mut arguments = json!({"start": span.window.start, "end": span.window.end});
        if let (Some(name), Some(object)) = (talk.named().first(), arguments.as_object_mut()) {
            object.insert("resource".to_owned(), json!(name));
        }
        return Reply::Look(vec![call("list_changes", arguments)]);
    };
    let when = talk.span_said(&span);
    let Facts::Changes(changes) = &evidence.facts else {
        return Reply::Say(nothing(talk, evidence, &when));
    };
    let of_span: Vec<&Change> = changes.changes.iter().filter(|change| span.window.contains(change.at)).collect();
    if of_span.is_empty() {
        return Reply::Say(nothing(talk, evidence, &when));
    }
    let mut text = talk.say(
        format!("{} change(s) between {when} [{}]:\n\n", of_span.len(), evidence.id),
        format!("{when} の変更 {} 件 [{}]:\n\n", of_span.len(), evidence.id),
    );
    let mut citations = Vec::new();
    let earlier = of_span.len().saturating_sub(LINES);
    if earlier > 0 {
        text.push_str(&talk.say(format!("- … {earlier} earlier\n"), format!("- … それ以前に {earlier} 件\n")));
    }
    for change in of_span.iter().skip(earlier) {
        let name = change.resource.as_ref().map_or("", |resource| resource.name.as_str());
        let actor = change
            .actor
            .as_deref()
            .map_or_else(String::new, |actor| talk.say(format!(" by {actor}"), format!("({actor})")));
        text.push_str(&format!("- {} {} `{}` {name}{actor}\n", change.at, change.source.word(), change.action));
        citations.push(cite::any(evidence, &[&[&change.at.to_string(), &change.action], &[&change.action, name]]));
    }
    for (source, why) in &changes.unread {
        text.push_str(&talk.say(
            format!("\n{} could not be read: {why}\n", source.word()),
            format!("\n{} は読めませんでした: {why}\n", source.word()),
        ));
    }
    Reply::Say(Answer::new(text, citations))
}

/// That a call showed nothing, or was not answered; in the evidence's own words.
fn nothing(talk: &Talk<'_>, evidence: &Evidence, when: &str) -> Answer {
    let first = evidence.text.lines().map(str::trim).find(|line| line.len() > 3).unwrap_or_default();
    let text = match evidence.outcome.is_answered() {
        true => talk.say(
            format!("Nothing between {when}: {first} [{}].", evidence.id),
            format!("{when} には何もありません: {first} [{}]。", evidence.id),
        ),
        false => talk.say(
            format!("It could not be looked at [{}]: {first}", evidence.id),
            format!("確認できませんでした [{}]: {first}", evidence.id),
        ),
    };
    Answer::new(text, [cite::line(evidence, &[first])])
}

/// The state of the alarms.
pub(super) fn alarms(talk: &Talk<'_>) -> Reply {
    let Some(evidence) = talk.taken_by("describe_alarms").into_iter().next_back() else {
        return Reply::Look(vec![call("describe_alarms", json!({"history": false}))]);
    };
    let now = talk.asked.at.to_string();
    let Facts::Alarms(alarms) = &evidence.facts else {
        return Reply::Say(nothing(talk, evidence, &now));
    };
    let asked = talk.asked.text.to_lowercase();
    let named: Vec<&Alarm> = alarms.iter().filter(|alarm| asked.contains(&alarm.name.to_lowercase())).collect();
    let firing: Vec<&Alarm> = alarms.iter().filter(|alarm| alarm.state == AlarmState::Alarm).collect();
    let shown = if named.is_empty() { firing.clone() } else { named };
    let mut text = talk.say(
        format!("{} of {} alarm(s) are in ALARM [{}].\n\n", firing.len(), alarms.len(), evidence.id),
        format!("アラーム {} 件中 {} 件が ALARM です [{}]。\n\n", alarms.len(), firing.len(), evidence.id),
    );
    let mut citations = Vec::new();
    for alarm in shown.iter().take(LINES) {
        let since =
            alarm.state_since.map_or_else(String::new, |at| talk.say(format!(" since {at}"), format!("({at} から)")));
        text.push_str(&format!("- **{}**: {}{since}. {}\n", alarm.name, alarm.state.word(), alarm.state_reason));
        citations.push(cite::any(evidence, &[&["alarm:", &alarm.name], &[&alarm.name]]));
        citations.extend(alarm.state_since.map(|at| cite::line(evidence, &[alarm.state.word(), &at.to_string()])));
    }
    if shown.is_empty() {
        citations.extend(alarms.first().map(|alarm| cite::any(evidence, &[&["state:", "OK"], &[&alarm.name]])));
    }
    Reply::Say(Answer::new(text, citations))
}

/// Which errors were logged in the span.
pub(super) fn errors(talk: &Talk<'_>) -> Reply {
    let span = talk.span();
    let summaries: Vec<&Evidence> = talk.taken_by("summarize_logs");
    if !summaries.is_empty() {
        return Reply::Say(errors_found(talk, &summaries));
    }
    let Some(groups) = talk.taken_by("list_log_groups").into_iter().next_back() else {
        return Reply::Look(vec![
            call("list_log_groups", json!({})),
            call("describe_alarms", json!({"state": "alarm", "history": false})),
        ]);
    };
    let Facts::LogGroups(known) = &groups.facts else {
        return Reply::Say(nothing(talk, groups, &talk.span_said(&span)));
    };
    let asked = talk.asked.text.to_lowercase();
    let named = talk.named();
    let is_named = |group: &str| {
        let last = group.rsplit('/').next().unwrap_or(group);
        named.iter().any(|name| group.contains(name.as_str())) || asked.contains(&last.to_lowercase())
    };
    let mut meant: Vec<&str> = known.iter().map(|group| group.name.as_str()).filter(|group| is_named(group)).collect();
    if meant.is_empty() {
        meant = known.iter().map(|group| group.name.as_str()).collect();
    }
    let summary = |group: &&str| {
        call("summarize_logs", json!({"log_group": group, "start": span.window.start, "end": span.window.end}))
    };
    Reply::Look(meant.iter().take(LOG_GROUPS).map(summary).collect())
}

fn errors_found(talk: &Talk<'_>, summaries: &[&Evidence]) -> Answer {
    let when = talk.span_said(&talk.span());
    let mut lines = Vec::new();
    let mut citations: Vec<Option<Citation>> = Vec::new();
    let mut quiet = Vec::new();
    for evidence in summaries {
        match &evidence.facts {
            Facts::LogSummary(summary) if has_errors(summary) => {
                lines.push(format!("- **{}** [{}]", summary.log_group, evidence.id));
                for exception in summary.exceptions.iter().take(3) {
                    lines.push(format!(
                        "  - {} × `{}: {}`, {} – {}",
                        exception.count, exception.class, exception.message, exception.first, exception.last
                    ));
                    citations
                        .push(cite::any(evidence, &[&[&exception.class, &exception.message], &[&exception.class]]));
                }
                let errors = summary.templates.iter().filter(|template| template.is_error && template.count > 0);
                for template in errors.take(if summary.exceptions.is_empty() { 3 } else { 1 }) {
                    let sample: String = cite::folded(&template.sample).chars().take(160).collect();
                    lines.push(format!("  - {} × `{sample}`", template.count));
                    citations.push(cite::line(evidence, &[&template.template]));
                }
            }
            Facts::LogSummary(summary) => quiet.push(format!("{} [{}]", summary.log_group, evidence.id)),
            _ if evidence.outcome.is_answered() => {
                let group = evidence.arguments.get("log_group").and_then(|name| name.as_str()).unwrap_or_default();
                quiet.push(format!("{group} [{}]", evidence.id));
            }
            _ => lines.push(format!("- {}: {}", evidence.id, cite::folded(&evidence.text))),
        }
    }
    let mut text = match lines.is_empty() {
        true => talk
            .say(format!("No errors were logged between {when}.\n"), format!("{when} にエラーの記録はありません。\n")),
        false => talk.say(
            format!("Errors logged between {when}:\n\n{}\n", lines.join("\n")),
            format!("{when} に記録されたエラー:\n\n{}\n", lines.join("\n")),
        ),
    };
    if !quiet.is_empty() {
        let quiet = quiet.join(", ");
        text.push_str(&talk.say(format!("\nWithout errors: {quiet}.\n"), format!("\nエラーなし: {quiet}。\n")));
    }
    if let Some(firing) = talk.taken_by("describe_alarms").into_iter().next_back()
        && let Facts::Alarms(alarms) = &firing.facts
    {
        let names: Vec<&str> = alarms.iter().map(|alarm| alarm.name.as_str()).collect();
        let joined = names.join(", ");
        text.push_str(&talk.say(
            format!("\nIn ALARM now: {joined} [{}].\n", firing.id),
            format!("\n現在 ALARM: {joined} [{}]。\n", firing.id),
        ));
        citations.extend(names.first().map(|name| cite::line(firing, &["alarm:", name])));
    }
    let left_out = left_out(talk, summaries.len());
    if left_out > 0 {
        text.push_str(&talk.say(
            format!("\n{left_out} more log group(s) were not looked at: name one to have it read.\n"),
            format!("\nほか {left_out} 件のロググループは見ていません。名前を指定してください。\n"),
        ));
    }
    if citations.is_empty() {
        let first =
            summaries.first().and_then(|evidence| Some((evidence, evidence.text.lines().find(|line| line.len() > 3)?)));
        citations.extend(first.map(|(evidence, line)| cite::line(evidence, &[line])));
    }
    Answer::new(text, citations)
}

fn has_errors(summary: &LogSummary) -> bool {
    !summary.exceptions.is_empty() || summary.templates.iter().any(|template| template.is_error && template.count > 0)
}

/// How many log groups there are beyond those that were read, where the question named none.
fn left_out(talk: &Talk<'_>, read: usize) -> usize {
    let groups = talk.taken_by("list_log_groups").into_iter().next_back();
    match groups.map(|evidence| &evidence.facts) {
        Some(Facts::LogGroups(groups)) if read == LOG_GROUPS => groups.len().saturating_sub(read),
        _ => 0,
    }
}

/// Whether what is named runs; without a name, what runs.
pub(super) fn running(talk: &Talk<'_>) -> Reply {
    if !talk.called("describe_service") {
        return Reply::Look(inventory());
    }
    let named = talk.named();
    let mut details: Vec<PlannedCall> = Vec::new();
    for name in named.iter().take(3) {
        let is_service = services(talk).iter().any(|(service, _)| service.name == *name);
        details.push(match is_service {
            true => call("describe_service", json!({"service": name})),
            false => call("get_function", json!({"function": name})),
        });
    }
    let has_details = talk
        .since
        .iter()
        .flat_map(marple_case::Message::calls)
        .any(|call| call.arguments.get("service").is_some() || call.arguments.get("function").is_some());
    if !details.is_empty() && !has_details {
        return Reply::Look(details);
    }
    let (mut lines, mut citations) = (Vec::new(), Vec::new());
    let mut told: Vec<&str> = Vec::new();
    // The last look at a thing is the detailed one.
    for evidence in talk.taken().into_iter().rev() {
        match &evidence.facts {
            Facts::Services(services) => {
                for service in services.iter().filter(|one| is_meant(&named, &one.name)) {
                    if told.contains(&service.name.as_str()) {
                        continue;
                    }
                    told.push(&service.name);
                    lines.push(service_line(talk, service, evidence));
                    citations.push(cite::any(evidence, &[&["tasks:", "running"], &[&service.name]]));
                    citations.push(cite::any(evidence, &[&["status:", &service.status], &[&service.name]]));
                }
            }
            Facts::Functions(functions) => {
                for function in functions.iter().filter(|one| is_meant(&named, &one.name)) {
                    if told.contains(&function.name.as_str()) {
                        continue;
                    }
                    told.push(&function.name);
                    lines.push(talk.say(
                        format!("- **{}** is a Lambda function in place [{}].", function.name, evidence.id),
                        format!("- **{}** は Lambda 関数として存在します [{}]。", function.name, evidence.id),
                    ));
                    citations
                        .push(cite::any(evidence, &[&["state:"], &["function:", &function.name], &[&function.name]]));
                }
            }
            _ => {}
        }
    }
    match lines.is_empty() {
        true => Reply::Say(unnamed(talk)),
        false => Reply::Say(Answer::new(lines.join("\n"), citations)),
    }
}

fn is_meant(named: &[String], name: &str) -> bool {
    named.is_empty() || named.iter().any(|one| one == name)
}

fn service_line(talk: &Talk<'_>, service: &Service, evidence: &Evidence) -> String {
    let word = match (service.running, service.desired) {
        (0, 0) => talk.say("is stopped: no task is wanted", "停止中(タスク数 0)"),
        (0, _) => talk.say("**does not run**", "**動いていません**"),
        (running, desired) if running < desired => talk.say("**runs in part**", "**一部だけ動いています**"),
        _ => talk.say("runs", "動いています"),
    };
    let (running, desired, pending) = (service.running, service.desired, service.pending);
    talk.say(
        format!(
            "- **{}** {word}: {running} of {desired} task(s) run, {pending} start; {} [{}].",
            service.name, service.task_definition, evidence.id
        ),
        format!(
            "- **{}** は{word}: {desired} 件中 {running} 件のタスクが実行中、{pending} 件が起動中。{} [{}]。",
            service.name, service.task_definition, evidence.id
        ),
    )
}

/// Which version of what is named is deployed.
pub(super) fn version(talk: &Talk<'_>) -> Reply {
    if !talk.called("describe_service") {
        return Reply::Look(inventory());
    }
    let named = talk.named();
    let details = |name: &String| {
        let service = services(talk).into_iter().find(|(service, _)| service.name == *name);
        match service {
            Some((service, _)) => call("describe_task_definition", json!({"task_definition": service.task_definition})),
            None => call("get_function", json!({"function": name})),
        }
    };
    if named.is_empty() {
        return Reply::Say(unnamed(talk));
    }
    let calls: Vec<PlannedCall> = named.iter().take(3).map(details).collect();
    let made = talk.called("describe_task_definition")
        || talk.since.iter().flat_map(marple_case::Message::calls).any(|call| call.arguments.get("function").is_some());
    if !made {
        return Reply::Look(calls);
    }
    let (mut lines, mut citations) = (Vec::new(), Vec::new());
    for evidence in talk.taken() {
        match &evidence.facts {
            Facts::TaskDefinitions(revisions) => {
                for (place, revision) in revisions.iter().enumerate() {
                    let before = if place == 0 { String::new() } else { talk.say("before: ", "以前: ") };
                    let images: Vec<&str> =
                        revision.containers.iter().map(|container| container.image.as_str()).collect();
                    let registered = revision
                        .registered
                        .map_or_else(String::new, |at| talk.say(format!(", registered {at}"), format!("、登録 {at}")));
                    lines.push(format!(
                        "- {before}**{}**: {}{registered} [{}]",
                        revision.name(),
                        images.join(", "),
                        evidence.id
                    ));
                    citations.extend(images.iter().map(|image| cite::line(evidence, &[image])));
                }
            }
            Facts::Functions(functions) if evidence.arguments.get("function").is_some() => {
                for function in functions {
                    lines.push(format!(
                        "- **{}**: {}, sha256 {} [{}]",
                        function.name,
                        talk.say(
                            format!("last modified {}", said(function.last_modified)),
                            format!("最終更新 {}", said(function.last_modified))
                        ),
                        function.code_sha256,
                        evidence.id
                    ));
                    citations.push(cite::line(evidence, &["last modified:"]));
                    citations.push(cite::line(evidence, &["code sha256:"]));
                }
            }
            _ => {}
        }
    }
    match lines.is_empty() {
        true => Reply::Say(unable(talk)),
        false => Reply::Say(Answer::new(lines.join("\n"), citations)),
    }
}

fn said<T: std::fmt::Display>(at: Option<T>) -> String {
    at.map_or_else(|| "?".to_owned(), |at| at.to_string())
}

/// That the question names nothing that is known, and what is.
fn unnamed(talk: &Talk<'_>) -> Answer {
    let names = talk.names();
    let known = if names.is_empty() { talk.say("none", "なし") } else { names.join(", ") };
    let unseen = talk.unseen();
    let mut text = talk.say(
        format!("The question names no service or function of this region. There are: {known}."),
        format!("質問にこのリージョンのサービス名や関数名がありません。あるもの: {known}。"),
    );
    if !unseen.is_empty() {
        text.push_str(&talk.say(" Not listed: ", " 一覧にできなかったもの: "));
        text.push_str(&unseen.join("; "));
    }
    let of_names =
        talk.taken().into_iter().find_map(|evidence| names.iter().find_map(|name| cite::line(evidence, &[name])));
    Answer::new(text, [of_names])
}
