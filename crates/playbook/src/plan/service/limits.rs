//! Plans for exhausted memory and a saturated processor.

use marple_case::{Action, ActionKind, MitigationPlan, mitigation::Phases};

use super::{access_logs, back_to_present, code_change, guards, new_revision, note, rollback, settled, update};
use crate::{
    modes::service::{
        cpu::{Pinned, held::Held},
        memory::{Exhaustion, Growth},
        minutes,
    },
    plan::{
        empty, spec,
        step::{action, by_hand, run},
    },
    reading::Case,
};

/// Memory: back to a revision that stood flat, more memory for a time, and the code.
pub(crate) fn memory(case: &Case<'_>, exhaustion: &Exhaustion<'_>) -> MitigationPlan {
    let mut plan = empty();
    if let Some(before) =
        exhaustion.introduced.as_ref().filter(|one| one.has_target()).and_then(|one| one.before.as_ref())
    {
        let seen = exhaustion.clean_before && before.image_exists != Some(false);
        let unverified = (!seen).then(|| "Nothing shows how memory fared under that revision.".to_owned());
        plan.immediate.push(rollback(case, before, unverified));
    }
    plan.immediate.extend(exhaustion.limit_mb.map(|limit| more_memory(case, exhaustion, limit)));
    if plan.immediate.is_empty() {
        plan.no_immediate_action = Some(
            "Neither the tasks' memory nor a revision before is shown, so no size and no target can be named."
                .to_owned(),
        );
    }
    let unknown = match exhaustion.gauges.first() {
        Some(gauge) => format!("Bound what the program counts as {}", gauge.name),
        None => "Find what fills the memory, and bound it".to_owned(),
    };
    plan.follow_up.push(code_change(
        case,
        match exhaustion.growth {
            Growth::Requests => "Free what each request leaves in memory, or bound it",
            Growth::Time => "Free what grows with time, or bound it",
            Growth::Unknown => &unknown,
        },
    ));
    plan.follow_up.extend(access_logs(case));
    let limit = exhaustion.limit_mb.unwrap_or_default();
    plan.spec = Some(spec(
        format!(
            "Tasks of the ECS service {} run out of {limit} MiB. {}. The source is not among the evidence: look for globals, caches, slices and maps that grow and are never emptied, and for goroutines, timers or listeners that are never ended.",
            case.name(),
            exhaustion.each_mb(case).map_or_else(|| sentence(&exhaustion.growth_in_words()), |each| format!("Each request leaves about {each:.1} MiB behind"))
        ),
        Vec::new(),
        &[
            "WHEN a request has been answered, THE SYSTEM SHALL keep no reference to data that only this request needed.".to_owned(),
            "WHERE data is kept between requests, THE SYSTEM SHALL bound it by size or age, and drop the oldest.".to_owned(),
            format!("WHILE requests come at twice the present rate for one hour, THE SYSTEM SHALL use at most {} MiB.", limit / 2),
        ],
        &["A load test of one hour ends with the memory in use that it had after the first minute, within 10 %.".to_owned(), "A heap profile before and after the test shows no type that grew with the number of requests.".to_owned()],
    ));
    plan.prevention = vec![
        "Alarm on MemoryUtilization above 80 %, and on its climb over an hour.".to_owned(),
        "Run a load test with a memory profile before a deployment.".to_owned(),
    ];
    plan.prevention.extend(guards(case));
    plan
}

/// A clause with a capital letter.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// The next size that Fargate offers for so many CPU units, MiB.
fn larger(limit: u32) -> u32 {
    [512, 1024, 2048, 3072, 4096, 5120, 6144, 7168, 8192, 16_384, 30_720]
        .into_iter()
        .find(|size| *size >= limit.saturating_mul(2))
        .unwrap_or(limit.saturating_mul(2))
}

fn more_memory(case: &Case<'_>, exhaustion: &Exhaustion<'_>, limit: u32) -> Action {
    let size = if exhaustion.container.is_some() { limit.saturating_mul(2) } else { larger(limit) };
    let factor = f64::from(size) / f64::from(limit.max(1));
    let longer = match (
        exhaustion.lives,
        exhaustion.requests_to_full(case, limit),
        exhaustion.requests_to_full(case, size),
    ) {
        (Some((short, long)), Some(now), Some(then)) => format!(
            "With {size} MiB a task lasts for about {then:.0} requests in place of {now:.0}: at the present load {} to {} in place of {} to {}; then it is killed as before.",
            minutes((short as f64 * factor) as i64),
            minutes((long as f64 * factor) as i64),
            minutes(short),
            minutes(long)
        ),
        (Some((short, long)), ..) => format!(
            "At the present load a task then lasts about {} to {} in place of {} to {}, if memory goes on growing as it does; then it is killed as before.",
            minutes((short as f64 * factor) as i64),
            minutes((long as f64 * factor) as i64),
            minutes(short),
            minutes(long)
        ),
        (None, Some(now), Some(then)) => {
            format!("A task then lasts for about {then:.0} requests in place of {now:.0}, and is killed as before.")
        }
        _ => format!("It lasts about {factor:.0} times as long until it is full again."),
    };
    let whole = case.workload.memory_mb();
    let change = match exhaustion.container {
        Some(one) => format!(
            "set memory of the container {} to {size} (the task has {}; leave that as it is)",
            one.name,
            whole.map_or_else(|| "its own limit".to_owned(), |whole| format!("{whole} MiB"))
        ),
        None => format!(
            "set memory to \"{size}\" (and raise cpu where Fargate does not offer that memory with the present CPU units; a container's own memory limit goes with it)"
        ),
    };
    let (prepare, apply) = new_revision(case, &change);
    let phases = Phases {
        prepare,
        pre_validate: Vec::new(),
        apply,
        post_validate: settled(case),
        rollback: back_to_present(case),
    };
    let of = exhaustion.container.map(|one| format!(" of the container {}", one.name)).unwrap_or_default();
    action(
        format!("Temporary relief only: raise the memory{of} from {limit} to {size} MiB. {longer}"),
        ActionKind::Scale,
        true,
        phases,
        "It removes nothing: memory keeps growing. It costs in proportion, and each deployment replaces all tasks.",
    )
}

/// Processor: back to a revision that answered the same requests; else more of it, or fewer requests, and back only unverified.
pub(crate) fn cpu(case: &Case<'_>, pinned: &Pinned<'_>) -> MitigationPlan {
    let mut plan = empty();
    let before = pinned.introduced.as_ref().filter(|one| one.has_target()).and_then(|one| one.before.as_ref());
    if let Some(before) = before.filter(|_| pinned.by_deployment) {
        plan.immediate.push(rollback(case, before, None));
    }
    plan.immediate.push(scale_out(case));
    plan.immediate.push(limit_traffic(case, pinned.held.as_ref().and_then(|held| held.path.as_deref())));
    plan.follow_up.push(scale_up(case, pinned));
    // Not at once: nothing shows that it would help, and each deployment costs the tasks that still answer.
    if let Some(before) = before.filter(|_| !pinned.by_deployment) {
        plan.follow_up.push(rollback(
            case,
            before,
            Some(
                "Nothing shows that the revision before is free of it: whether such requests came then is not known."
                    .to_owned(),
            ),
        ));
    }
    plan.follow_up.extend(access_logs(case));
    let place = pinned.held.as_ref().and_then(Held::clause);
    plan.follow_up.push(code_change(
        case,
        match &place {
            Some(place) => format!("Bound the work {place}, for any input"),
            None => "Bound the work that one request may start".to_owned(),
        },
    ));
    plan.spec = Some(spec(
        format!("Requests to the ECS service {} use all CPU of a task ({} units) for as long as they run. The source is not among the evidence: {}.", case.name(), pinned.units.map_or_else(|| "unknown".to_owned(), |units| units.to_string()), place.map_or_else(|| "look for handlers that start workers or loops in proportion to the input, or without a bound".to_owned(), |place| format!("the program's log says that it is held {place}; compare that code with what ran before, and look for work that grows with the input faster than the input (nested quantifiers of a regular expression, nested loops)"))),
        pinned.held.as_ref().and_then(|held| held.location.as_ref()).map(|location| location.file.clone()).into_iter().collect(),
        &[
            "WHEN a request asks for heavy work, THE SYSTEM SHALL run at most as many workers as the task has processors, and SHALL end them when the request ends or its deadline passes.".to_owned(),
            "WHEN the work would take longer than 5 s, THE SYSTEM SHALL hand it to a queue and answer with HTTP status 202.".to_owned(),
            "WHILE heavy requests run, THE SYSTEM SHALL answer health checks within 1 s.".to_owned(),
        ],
        &["With two of the heaviest requests at once, the health check answers within 1 s.".to_owned(), "No worker runs on after its request was cancelled.".to_owned()],
    ));
    plan.prevention = vec!["Alarm on CPUUtilization Maximum above 90 % for three periods, and scale on CPU or requests a target (target tracking).".to_owned()];
    plan.prevention.extend(guards(case));
    plan
}

fn scale_out(case: &Case<'_>) -> Action {
    let desired = case.workload.service.map_or(1, |service| service.fact.desired.max(1));
    let count = |count: u32| update(case, &format!("--desired-count {count}"));
    let more = desired.saturating_mul(2);
    let phases = Phases {
        prepare: vec![note(case)],
        pre_validate: vec![by_hand(
            "If Application Auto Scaling manages the service, raise its minimum in place of the count.",
            "the minimum, or no scalable target",
        )],
        apply: vec![run(
            format!("Run {more} tasks in place of {desired}."),
            count(more),
            format!("desiredCount {more}"),
        )],
        post_validate: settled(case),
        rollback: vec![run(format!("Run {desired} task(s) again."), count(desired), format!("desiredCount {desired}"))],
    };
    action(
        format!("Scale out to {more} tasks, so that others answer while one is busy"),
        ActionKind::Scale,
        true,
        phases,
        "It costs in proportion; a request that uses a whole task still does, and the database sees more connections.",
    )
}

fn limit_traffic(case: &Case<'_>, path: Option<&str>) -> Action {
    let find = match path {
        Some(path) => by_hand(
            format!(
                "The program's log names {path}: find whose requests to it are slow, or whether it may be refused as a whole."
            ),
            "one client, or the path",
        ),
        None => by_hand(
            "Find the path and the client of the slow requests (callers' logs, or access logs once they are on).",
            "one path or client",
        ),
    };
    let phases = Phases {
        pre_validate: vec![find],
        apply: vec![by_hand(
            "Limit it: a rate-based rule of AWS WAF at the load balancer, or a listener rule that answers that path with 503.",
            "CPU falls as the requests do",
        )],
        post_validate: settled(case),
        rollback: vec![by_hand("Take the rule away again.", "requests pass as before")],
        ..Phases::default()
    };
    let title = match path {
        Some(path) => format!("Limit the requests to {path}"),
        None => "Limit the requests that use the CPU, once they are known".to_owned(),
    };
    action(
        title,
        ActionKind::Traffic,
        true,
        phases,
        "Callers of that path are refused; choosing the wrong path refuses the innocent.",
    )
}

fn scale_up(case: &Case<'_>, pinned: &Pinned<'_>) -> Action {
    let units = pinned.units.unwrap_or(256);
    let size = units.saturating_mul(2);
    let (prepare, apply) =
        new_revision(case, &format!("set cpu to \"{size}\" (and memory to a size that Fargate offers with it)"));
    let phases = Phases {
        prepare,
        pre_validate: Vec::new(),
        apply,
        post_validate: settled(case),
        rollback: back_to_present(case),
    };
    action(
        format!("Scale up from {units} to {size} CPU units a task"),
        ActionKind::Scale,
        true,
        phases,
        "It costs in proportion, and work without a bound uses the larger task whole as well.",
    )
}
