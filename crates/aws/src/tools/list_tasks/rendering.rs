//! The text of `list_tasks`.

use std::fmt::Write as _;

use marple_case::{
    Scope,
    facts::{ContainerState, Task},
};

use super::{Args, Status};

/// What a reader has to know of any list of tasks.
const KEPT: &str = "note: ECS keeps stopped tasks for about one hour";

/// The whole text.
pub(super) fn rendered(tasks: &[Task], args: &Args, cut: bool, scope: &Scope) -> String {
    let of = whose(args);
    let (stopped, running): (Vec<&Task>, Vec<&Task>) = tasks.iter().partition(|task| is_stopped(task));
    let place = args.cluster.as_ref().map_or_else(|| scope.region.clone(), |cluster| format!("cluster {cluster}"));
    let mut text = format!("tasks of {of} in {place}: {} running, {} stopped", running.len(), stopped.len());
    match args.status {
        Some(Status::Running) => text = format!("running tasks of {of} in {place}: {}", running.len()),
        Some(Status::Stopped) => text = format!("stopped tasks of {of} in {place}: {}", stopped.len()),
        None => {}
    }
    text.push('\n');
    if args.status != Some(Status::Stopped) && running.is_empty() {
        let _ = writeln!(text, "no task of {of} is running");
    }
    running.iter().for_each(|task| text.push_str(&lines(task)));
    if args.status != Some(Status::Running) {
        if stopped.is_empty() {
            let _ = writeln!(text, "no stopped task of {of} is kept");
        }
        stopped.iter().for_each(|task| text.push_str(&lines(task)));
        let _ = writeln!(text, "{KEPT}; now is {}", scope.now);
    }
    if cut {
        text.push_str("[there are more tasks]\n");
    }
    text
}

fn whose(args: &Args) -> String {
    match (&args.service, &args.family) {
        (Some(service), _) => service.clone(),
        (None, Some(family)) => family.clone(),
        (None, None) => "all services".to_owned(),
    }
}

fn is_stopped(task: &Task) -> bool {
    task.desired_status == "STOPPED" || task.status == "STOPPED"
}

fn lines(task: &Task) -> String {
    let mut text = format!("task: {} {}", task.id, task.status);
    if task.desired_status != task.status {
        let _ = write!(text, " desired {}", task.desired_status);
    }
    match task.started {
        Some(started) => {
            let _ = write!(text, " started {started}");
        }
        None => text.push_str(" never started"),
    }
    if let Some(stopped) = task.stopped {
        let _ = write!(text, " stopped {stopped}");
        if let Some(started) = task.started {
            let _ = write!(text, " ran {} s", stopped.duration_since(started).as_secs());
        }
    }
    if let Some(code) = &task.stop_code {
        let _ = write!(text, " stop code {code}");
    }
    if let Some(reason) = &task.stopped_reason {
        let _ = write!(text, " reason {reason}");
    }
    if let Some(health) = task.health.as_deref().filter(|health| *health != "UNKNOWN") {
        let _ = write!(text, " health {health}");
    }
    text.push('\n');
    let size = |value: &Option<String>| value.clone().unwrap_or_else(|| "?".to_owned());
    let _ = writeln!(
        text,
        "  task definition: {}, cpu {} units, memory {} MiB",
        task.task_definition,
        size(&task.cpu),
        size(&task.memory)
    );
    task.containers.iter().for_each(|container| text.push_str(&container_lines(container)));
    text
}

fn container_lines(container: &ContainerState) -> String {
    let mut text = format!("  container: {}", container.name);
    match container.exit_code {
        Some(code) => {
            let _ = write!(text, " exit code {code}");
        }
        None => {
            let _ = write!(text, " {}", container.status);
        }
    }
    if let Some(reason) = &container.reason {
        let _ = write!(text, " reason {reason}");
    }
    if let Some(health) = container.health.as_deref().filter(|health| *health != "UNKNOWN") {
        let _ = write!(text, " health {health}");
    }
    let _ = write!(text, "\n    image: {}", container.image);
    if let Some(digest) = &container.image_digest {
        let _ = write!(text, " {digest}");
    }
    text.push('\n');
    text
}
