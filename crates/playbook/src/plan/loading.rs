//! The plan for code that cannot be loaded.

use marple_case::MitigationPlan;

mod layer;

use super::{empty, rollback, spec, step::code_change};
use crate::{modes::import_error::Unloadable, reading::Case};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, unloadable: &Unloadable<'_>) -> MitigationPlan {
    let mut plan = empty();
    let missing = unloadable.missing();
    let phrase = unloadable.logged.message;
    match (unloadable.change, &unloadable.layer) {
        (Some(change), _) => plan.immediate.push(rollback::before(case, change, phrase)),
        (None, Some(layer)) => plan.immediate.push(layer::earlier(case, layer, phrase)),
        (None, None) => {
            plan.no_immediate_action = Some(format!(
                "No change is shown to have introduced this, so no earlier revision is known to load; a package that holds {missing} has to be built and deployed."
            ));
        }
    }
    let handler = unloadable.handler.unwrap_or("the configured handler");
    let built = match &unloadable.layer {
        Some(layer) => format!(
            "Build the layer {} anew for the function's runtime and architecture, so that it holds {missing}",
            layer.name
        ),
        None => format!("Build and deploy a package that holds {missing}"),
    };
    plan.follow_up.push(code_change(built, case, phrase));
    plan.spec = Some(spec(
        format!(
            "The Lambda function {} fails at every start: {}. Its handler is {handler}.{}",
            case.name(),
            unloadable.logged.headline(),
            match unloadable.absent {
                _ if unloadable.alike.is_some() =>
                    " A file of that name in other letters is in the package; name and import have to agree to the letter.",
                Some(true) => " The deployed package does not hold what is missing.",
                Some(false) =>
                    " The deployed package holds a file of that name: its place, its exports or the search path do not fit.",
                None => "",
            }
        ),
        unloadable.importer.iter().map(|line| line.path().to_owned()).collect(),
        &[
            format!("WHEN the package is built, THE SYSTEM SHALL hold {missing} where the runtime looks for it."),
            format!(
                "WHEN the package is built, THE SYSTEM SHALL be checked by loading {handler} in the function's own runtime before it is deployed."
            ),
        ],
        &[
            format!("Loading {handler} from the unpacked archive, in the function's runtime, succeeds."),
            "The first invocation after the deployment succeeds.".to_owned(),
        ],
    ));
    plan.prevention = vec![
        "Load the handler from the built archive in the pipeline, in the same runtime and architecture.".to_owned(),
        "Deploy through an alias with traffic shifting, so that a package that does not load serves few requests."
            .to_owned(),
    ];
    if unloadable.layer.is_some() {
        plan.prevention.push(
            "Publish layers from the pipeline only, built for the architecture of the functions that use them."
                .to_owned(),
        );
    }
    plan
}
