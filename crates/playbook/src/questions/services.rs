//! Whether a service or function runs, and in which version.

use marple_agent::ports::PlannedCall;
use marple_case::{Evidence, Facts, Message, facts::Service};
use serde_json::json;

use super::{
    inventory,
    talk::{Answer, Reply, Talk},
    unable,
};
use crate::{cite, wants::call};

/// The services that the calls of this question showed.
pub(super) fn services<'a>(talk: &Talk<'a>) -> Vec<(&'a Service, &'a Evidence)> {
    let of = |evidence: &'a Evidence| match &evidence.facts {
        Facts::Services(services) => services.iter().map(|service| (service, evidence)).collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    talk.taken().into_iter().flat_map(of).collect()
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
        .flat_map(Message::calls)
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
        || talk.since.iter().flat_map(Message::calls).any(|call| call.arguments.get("function").is_some());
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
