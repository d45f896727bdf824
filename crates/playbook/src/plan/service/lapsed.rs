//! The plan for a key that has expired: a new one in its secret, and tasks that are given it.

use marple_case::{ActionKind, MitigationPlan, mitigation::Phases};

use super::{guards, note, settled, update};
use crate::{
    modes::service::lapsed::Lapsed,
    plan::{
        empty,
        step::{action, by_hand, quoted, run},
    },
    reading::Case,
};

/// The plan.
pub(crate) fn plan(case: &Case<'_>, lapsed: &Lapsed<'_>) -> MitigationPlan {
    let mut plan = empty();
    let region = quoted(&case.scope.region);
    let look = lapsed.secret_id().map(|secret| {
        run(
            "See when the secret was changed last; this shows no value.",
            format!(
                "aws secretsmanager describe-secret --secret-id {} --query '{{Name: Name, LastChangedDate: LastChangedDate, RotationEnabled: RotationEnabled}}' --region {region}",
                quoted(secret)
            ),
            "a date from before the first refusal",
        )
    });
    let again = by_hand(
        "See that calls are accepted, then send again what failed meanwhile: messages that were given up wait in their failure queue.",
        "no refusal that is later than the new tasks, and a failure queue that empties",
    );
    let phases = Phases {
        prepare: vec![
            note(case),
            by_hand(
                format!("Get a new key from whoever issues those of {}.", lapsed.called()),
                "a key, and until when it is valid",
            ),
        ],
        pre_validate: look.into_iter().collect(),
        apply: vec![
            by_hand(
                format!(
                    "Let the secret's owner store the new value in {} (aws secretsmanager put-secret-value, the value from a file or a prompt and never on the command line).",
                    lapsed.store()
                ),
                "a new version with the stage AWSCURRENT",
            ),
            run(
                "Start the tasks anew: ECS injects a secret's value at the start.",
                update(case, "--force-new-deployment"),
                "a new PRIMARY deployment of the same revision",
            ),
        ],
        post_validate: settled(case).into_iter().chain([again]).collect(),
        rollback: vec![by_hand(
            "Nothing to undo: the old key is refused. Should the new one be wrong, store another and start the tasks anew.",
            "a key that is accepted",
        )],
    };
    plan.immediate.push(action(
        format!("Store a new key in place of {}, and start the tasks anew", lapsed.key_in_words()),
        ActionKind::Configuration,
        false,
        phases,
        "Until the new key is stored, tasks that start fail as now.",
    ));
    plan.prevention = vec![
        "Keep the date until which each key is valid beside it (a tag of its secret), and alarm some weeks before."
            .to_owned(),
        "Alarm on answers of 401 and 403 from what is called, apart from other errors.".to_owned(),
    ];
    plan.prevention.extend(guards(case));
    plan
}
