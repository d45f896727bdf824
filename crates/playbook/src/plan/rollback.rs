//! Going back to an earlier version: only to one that the evidence shows to exist and to predate the fault; otherwise the action is
//! marked unverified and names none.

use marple_case::{
    Action, ActionKind,
    facts::{Change, FunctionVersion},
    mitigation::Phases,
};

use super::step::{action, alarm_quiet, by_hand, lambda, log_quiet, note_settings, quoted, run, updated};
use crate::{
    modes::import_error::version_before,
    reading::{Case, Seen},
};

/// Back to before a change that lies between a clean baseline and the onset.
pub(crate) fn before(case: &Case<'_>, change: Seen<'_, Change>, phrase: &str) -> Action {
    let version = case.function.and_then(|function| version_before(function.fact, change.at));
    match version {
        Some(version) => to_version(case, version, phrase),
        None => without_version(case, change, phrase),
    }
}

fn to_version(case: &Case<'_>, version: &FunctionVersion, phrase: &str) -> Action {
    let number = &version.version;
    let alias =
        case.function.and_then(|function| function.fact.aliases.iter().find(|(_, points_to)| points_to != number));
    let mut check = vec![updated(case)];
    check.extend(log_quiet(case, phrase));
    check.extend(alarm_quiet(case));
    let exists = run(
        format!("See that version {number} is there and holds the earlier code."),
        lambda(
            case,
            "get-function-configuration",
            &format!(
                "--qualifier {number} --query '{{Version: Version, CodeSha256: CodeSha256, LastModified: LastModified}}'"
            ),
        ),
        format!("version {number} with CodeSha256 {}", version.code_sha256),
    );
    let mut phases = Phases { pre_validate: vec![exists], post_validate: check, ..Phases::default() };
    match alias {
        Some((name, present)) => {
            let point = |to: &str| {
                lambda(case, "update-alias", &format!("--name {} --function-version {}", quoted(name), quoted(to)))
            };
            phases.prepare = vec![note_settings(case)];
            phases.apply = vec![run(
                format!("Point the alias {name} to version {number}."),
                point(number),
                format!("FunctionVersion {number}"),
            )];
            phases.rollback = vec![run(
                format!("Point the alias {name} to version {present} again."),
                point(present),
                format!("FunctionVersion {present}"),
            )];
        }
        None => {
            let package =
                |file: &str| lambda(case, "update-function-code", &format!("--zip-file fileb://{}", quoted(file)));
            let location = |qualifier: &str| {
                lambda(case, "get-function", &format!("{qualifier}--query Code.Location --output text"))
            };
            let (earlier, present) = (format!("{}-{number}.zip", case.name()), format!("{}-present.zip", case.name()));
            phases.prepare = vec![
                note_settings(case),
                run(
                    format!("Download the present package as {present}, from the address that this prints."),
                    location(""),
                    "an address that is valid for 10 minutes",
                ),
                run(
                    format!(
                        "Download the package of version {number} as {earlier}, from the address that this prints."
                    ),
                    location(&format!("--qualifier {number} ")),
                    "an address that is valid for 10 minutes",
                ),
            ];
            phases.apply = vec![run(
                format!("Deploy the code of version {number}."),
                package(&earlier),
                format!("CodeSha256 {}", version.code_sha256),
            )];
            phases.rollback =
                vec![run("Deploy the present package again.", package(&present), "the present CodeSha256")];
        }
    }
    let mut rollback = action(
        format!("Go back to the code of version {number}, from before the change"),
        ActionKind::Rollback,
        true,
        phases,
        "What the newer code added is gone until it is deployed again; data that it wrote in a new form may not be readable.",
    );
    rollback.rollback_to = Some(number.clone());
    rollback
}

fn without_version(case: &Case<'_>, change: Seen<'_, Change>, phrase: &str) -> Action {
    let mut check = vec![updated(case)];
    check.extend(log_quiet(case, phrase));
    check.extend(alarm_quiet(case));
    let phases = Phases {
        prepare: vec![note_settings(case)],
        apply: vec![by_hand(
            format!("Deploy the revision from before {} again, with the pipeline that made that change.", change.at),
            "the deployment succeeds, and CodeSha256 differs from the present one",
        )],
        post_validate: check,
        rollback: vec![by_hand("Deploy the present revision again.", "the present CodeSha256")],
        ..Phases::default()
    };
    let mut rollback = action(
        format!("Undo the change of {}", change.at),
        ActionKind::Rollback,
        true,
        phases,
        "What the change brought is gone until it is deployed again.",
    );
    rollback.unverified = Some("No earlier published version of the function is among the evidence: the revision to go back to is known to the pipeline only.".to_owned());
    rollback
}
