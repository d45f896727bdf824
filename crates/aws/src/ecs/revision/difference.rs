//! How two revisions of a task definition differ: one difference a line, old before new. Pure.
//!
//! Hidden values are compared by their markers, which are equal where the values are.

use std::fmt::{self, Display};

use marple_case::facts::{ContainerDefinition, TaskDefinition};

/// One difference. Displayed, it says all that is known; the fact is its `line`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// `environment DB_HOST: a -> b`, `secrets: - DB_USER`.
    pub line: String,
    /// What a variable held, or where a secret came from, that is no more: the new revision tells nothing of it.
    pub former: Option<String>,
}

impl Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line)?;
        self.former.as_ref().map_or(Ok(()), |former| write!(f, " (was {former})"))
    }
}

/// What differs in `new`, seen from `old`. Lines about a container begin with its name where there are several.
pub(crate) fn differences(old: &TaskDefinition, new: &TaskDefinition) -> Vec<Difference> {
    let mut lines = Lines::default();
    lines.option("cpu", old.cpu.as_ref(), new.cpu.as_ref());
    lines.option("memory", old.memory.as_ref(), new.memory.as_ref());
    lines.option("architecture", old.architecture.as_ref(), new.architecture.as_ref());
    lines.option("execution role", old.execution_role.as_ref(), new.execution_role.as_ref());
    lines.option("task role", old.task_role.as_ref(), new.task_role.as_ref());
    let several = old.containers.len().max(new.containers.len()) > 1;
    for container in &new.containers {
        match old.containers.iter().find(|one| one.name == container.name) {
            Some(before) => {
                lines.container = several.then(|| container.name.clone());
                lines.containers(before, container);
                lines.container = None;
            }
            None => lines.push(format!("containers: + {}", container.name)),
        }
    }
    let gone = old.containers.iter().filter(|one| !new.containers.iter().any(|other| other.name == one.name));
    gone.for_each(|container| lines.push(format!("containers: - {}", container.name)));
    lines.lines
}

/// The lines, as they are found.
#[derive(Default)]
struct Lines {
    container: Option<String>,
    lines: Vec<Difference>,
}

impl Lines {
    fn push(&mut self, line: String) {
        self.gone(line, None);
    }

    fn gone(&mut self, line: String, former: Option<&str>) {
        let line = match &self.container {
            Some(container) => format!("{container}: {line}"),
            None => line,
        };
        self.lines.push(Difference { line, former: former.map(str::to_owned) });
    }

    fn value<T: PartialEq + Display>(&mut self, what: &str, old: &T, new: &T) {
        if old != new {
            self.push(format!("{what}: {old} -> {new}"));
        }
    }

    fn option<T: PartialEq + Display>(&mut self, what: &str, old: Option<T>, new: Option<T>) {
        let shown = |value: Option<T>| value.map_or("none".to_owned(), |value| value.to_string());
        if old != new {
            self.push(format!("{what}: {} -> {}", shown(old), shown(new)));
        }
    }

    /// What has a name and a value: `environment DB_HOST: a -> b`, `secrets: + DB_USER`.
    fn named<'a>(&mut self, what: (&str, &str), old: &Pairs<'a>, new: &Pairs<'a>) {
        let (one, many) = what;
        for (name, value) in new {
            match old.iter().find(|(known, _)| known == name) {
                Some((_, before)) => self.value(&format!("{one} {name}"), before, value),
                None => self.push(format!("{many}: + {name}")),
            }
        }
        let gone = old.iter().filter(|(name, _)| !new.iter().any(|(kept, _)| kept == name));
        gone.for_each(|(name, before)| self.gone(format!("{many}: - {name}"), Some(before)));
    }

    fn containers(&mut self, old: &ContainerDefinition, new: &ContainerDefinition) {
        self.value("image", &old.image, &new.image);
        self.value("essential", &old.essential, &new.essential);
        self.value("container cpu", &old.cpu, &new.cpu);
        self.option("container memory", old.memory, new.memory);
        self.named(("environment", "environment"), &environment(old), &environment(new));
        self.named(("secret", "secrets"), &secrets(old), &secrets(new));
        self.value("ports", &listed(&old.ports), &listed(&new.ports));
        self.option("health check", old.health_check.as_ref(), new.health_check.as_ref());
        self.option("log group", old.log_group.as_ref(), new.log_group.as_ref());
        self.value("command", &listed(&old.command), &listed(&new.command));
    }
}

type Pairs<'a> = Vec<(&'a str, String)>;

fn environment(container: &ContainerDefinition) -> Pairs<'_> {
    container.environment.iter().map(|one| (one.name.as_str(), one.value.to_string())).collect()
}

fn secrets(container: &ContainerDefinition) -> Pairs<'_> {
    container.secrets.iter().map(|one| (one.name.as_str(), one.value_from.clone())).collect()
}

fn listed<T: Display>(items: &[T]) -> String {
    let words: Vec<String> = items.iter().map(T::to_string).collect();
    if words.is_empty() { "none".to_owned() } else { words.join(" ") }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

    use serde_json::json;

    use super::*;

    fn revision(number: u32, containers: serde_json::Value) -> TaskDefinition {
        serde_json::from_value(json!({
            "family": "shop", "revision": number, "arn": "", "status": "ACTIVE", "cpu": "256", "memory": "512", "architecture": null,
            "execution_role": null, "task_role": null, "registered": null, "registered_by": null, "containers": containers,
            "differences": [], "compared_with": null
        }))
        .unwrap()
    }

    fn container(name: &str, image: &str, environment: &[(&str, &str)], secrets: &[&str]) -> serde_json::Value {
        let variable =
            |(name, value): &(&str, &str)| json!({"name": name, "value": {"shown": "plain", "value": value}});
        let secret = |name: &&str| json!({"name": name, "value_from": "arn:x"});
        json!({
            "name": name, "image": image, "essential": true, "cpu": 0, "memory": null, "ports": [8080], "health_check": null,
            "environment": environment.iter().map(variable).collect::<Vec<_>>(),
            "secrets": secrets.iter().map(secret).collect::<Vec<_>>(), "log_group": null, "command": []
        })
    }

    fn shown(differences: &[Difference]) -> String {
        differences.iter().map(|one| format!("{one}\n")).collect()
    }

    #[test]
    fn each_difference_is_a_line_with_the_old_value_before_the_new_one() {
        let old = revision(1, json!([container("app", "shop:1", &[("DB_HOST", "a"), ("MODE", "x")], &["DB_USER"])]));
        let mut new =
            revision(2, json!([container("app", "shop:2", &[("DB_HOST", "b"), ("LEVEL", "1")], &["DB_PASSWORD"])]));
        new.memory = Some("1024".to_owned());
        insta::assert_snapshot!(shown(&differences(&old, &new)), @r"
        memory: 512 -> 1024
        image: shop:1 -> shop:2
        environment DB_HOST: a -> b
        environment: + LEVEL
        environment: - MODE (was x)
        secrets: + DB_PASSWORD
        secrets: - DB_USER (was arn:x)
        ");
        assert!(differences(&old, &old).is_empty());
    }

    #[test]
    fn among_several_containers_a_line_says_which() {
        let app = |image: &str| container("app", image, &[], &[]);
        let old = revision(1, json!([app("shop:1"), container("proxy", "envoy:1", &[], &[])]));
        let new = revision(2, json!([app("shop:2"), container("agent", "agent:1", &[], &[])]));
        insta::assert_snapshot!(shown(&differences(&old, &new)), @r"
        app: image: shop:1 -> shop:2
        containers: + agent
        containers: - proxy
        ");
    }
}
