//! `deny`: one service answers AccessDenied. The service is one that the cause can be found without; the gap must be named.

use marple_world::{Category, Scenario};

use super::{Made, edit, not_applicable, varied};

/// A service that an investigation asks and can do without, and what a gap has to call it.
struct Service {
    name: &'static str,
    gap: &'static str,
}

const SECRETS: Service = Service { name: "secretsmanager", gap: "(?i)secret" };
/// A world without it has no secret, and a service that nobody has a reason to ask is no test.
const SECRETS_FILE: &str = "world/secretsmanager/secrets.json";
const TRAIL: Service = Service { name: "cloudtrail", gap: "(?i)cloud ?trail|LookupEvents" };

pub(super) fn make(base: &Scenario) -> Made {
    let is_about_secrets = base.truth.categories.iter().any(|category| {
        matches!(category, Category::MissingCredentials | Category::ExpiredOrRotatedSecret | Category::PermissionDenied)
    });
    let order = if is_about_secrets { [TRAIL, SECRETS] } else { [SECRETS, TRAIL] };
    let has_secrets = !edit::list(base.files(), SECRETS_FILE, "SecretList")?.is_empty();
    let denied = |service: &Service| base.wire.deny.iter().any(|operation| operation.starts_with(service.name));
    let Some(service) = order
        .into_iter()
        .find(|service| !(denied(service) || service.name == SECRETS.name && (is_about_secrets || !has_secrets)))
    else {
        return not_applicable("the services that the cause can be found without are denied already");
    };
    let mut files = base.files().clone();
    let mut scenario = edit::table(&files, "scenario.toml")?;
    let wire = scenario.entry("wire").or_insert_with(|| toml::Table::new().into());
    if let Some(deny) =
        wire.as_table_mut().map(|wire| wire.entry("deny").or_insert_with(|| toml::value::Array::new().into()))
        && let Some(deny) = deny.as_array_mut()
    {
        deny.push(format!("{}:*", service.name).into());
    }
    edit::put_table(&mut files, "scenario.toml", &scenario)?;
    let mut truth = base.truth.clone();
    truth.plan.gaps.push(service.gap.to_owned());
    varied(files, truth, format!("{} is denied", service.name))
}
