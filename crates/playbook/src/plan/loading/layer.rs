//! Back to a layer's earlier version. Which version that was is in no evidence: the layer's own list tells it.

use marple_case::{Action, ActionKind, mitigation::Phases};

use crate::{
    modes::import_error::layer::Layer,
    plan::step::{action, alarm_quiet, by_hand, lambda, log_quiet, note_settings, quoted, run, updated},
    reading::Case,
};

/// The action.
pub(super) fn earlier(case: &Case<'_>, layer: &Layer<'_>, phrase: &str) -> Action {
    let layers = case.function.map_or(&[][..], |function| function.fact.layers.as_slice());
    let present: Vec<String> = layers.iter().map(|arn| quoted(arn)).collect();
    let versions = format!(
        "aws lambda list-layer-versions --layer-name {} --query 'LayerVersions[].[Version, CreatedDate, CompatibleArchitectures]' --output text --region {}",
        quoted(layer.name),
        quoted(&case.scope.region)
    );
    let mut check = vec![updated(case)];
    check.extend(log_quiet(case, phrase));
    check.extend(alarm_quiet(case));
    let others =
        if layers.len() > 1 { ", and all its other layers as they are: the list is replaced as a whole" } else { "" };
    let phases = Phases {
        prepare: vec![
            note_settings(case),
            run(
                "Note the present layers.",
                lambda(case, "get-function-configuration", "--query 'Layers[].Arn' --output text"),
                format!("{} among them", layer.arn),
            ),
        ],
        pre_validate: vec![run(
            format!("Find the version of {} before {}.", layer.name, layer.version),
            versions,
            format!(
                "versions with their dates and architectures; the previous one is the highest below {}",
                layer.version
            ),
        )],
        apply: vec![by_hand(
            format!(
                "Set the function's layers to that previous version of {} (aws lambda update-function-configuration --layers){others}.",
                layer.name
            ),
            "LastUpdateStatus InProgress, then Successful",
        )],
        post_validate: check,
        rollback: vec![run(
            "Set the present layers again.",
            lambda(case, "update-function-configuration", &format!("--layers {}", present.join(" "))),
            "LastUpdateStatus Successful",
        )],
    };
    action(
        format!(
            "Give {} the previous version of the layer {} again, in place of {}",
            case.name(),
            layer.name,
            layer.version
        ),
        ActionKind::Configuration,
        true,
        phases,
        "What the newer version of the layer added is gone until it is built again.",
    )
}
