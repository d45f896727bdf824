//! The minimal IAM policy, from the table of operations: what is read, narrowed to region, account and kind of resource where IAM can; the
//! configured models; and what is denied whatever else the caller may do.
//!
//! `*` is used where IAM knows no resource for an action, or where nothing says which region or account it is.

use marple_aws::{Caller, OPERATIONS, Operation, Reach};
use serde_json::{Value, json};

pub(crate) mod cloudformation;
pub(crate) mod terraform;

/// The grammar's version, which is not a date of ours:
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_version.html>.
const VERSION: &str = "2012-10-17";

/// Everything that gives the value of a secret or a parameter.
const REVEALING: [&str; 6] = [
    "secretsmanager:BatchGetSecretValue",
    "secretsmanager:GetSecretValue",
    "ssm:GetParameter",
    "ssm:GetParameterHistory",
    "ssm:GetParameters",
    "ssm:GetParametersByPath",
];

/// Services that decrypt for a caller what an investigation reads: functions' settings and packages, log groups. Elsewhere a key is of
/// no use to it. (ECR and CloudWatch decrypt by grants of their own, which this does not touch.)
const DECRYPTING: [&str; 2] = ["lambda.*", "logs.*"];

/// Which account and region a policy is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// `aws`, `aws-cn`, `aws-us-gov`; or a placeholder.
    pub(crate) partition: String,
    /// `None`: any region.
    pub(crate) region: Option<String>,
    /// The account's number, `*`, or a placeholder.
    pub(crate) account: String,
}

impl Place {
    /// Of a region and an account, either of which may be unknown.
    pub(crate) fn new(region: Option<&str>, account: Option<&str>) -> Self {
        // https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
        let partition = match region {
            Some(region) if region.starts_with("cn-") => "aws-cn",
            Some(region) if region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        Self {
            partition: partition.to_owned(),
            region: region.map(str::to_owned),
            account: account.unwrap_or("*").to_owned(),
        }
    }

    fn arn(&self, service: &str, resource: &str) -> String {
        let region = self.region.as_deref().unwrap_or("*");
        format!("arn:{}:{service}:{region}:{}:{resource}", self.partition, self.account)
    }
}

/// The whole policy.
pub(crate) fn document(place: &Place, models: &[&str], guardrails: &[&str]) -> Value {
    let read: Vec<&Operation> =
        OPERATIONS.iter().filter(|operation| operation.caller == Caller::Investigation).collect();
    let mut statements = reading(&read, place);
    statements.extend(invoking(models, place));
    statements.extend(guarding(guardrails, place));
    statements.push(json!({"Sid": "NeverReveal", "Effect": "Deny", "Action": REVEALING, "Resource": "*"}));
    // A negated operator holds where the key is missing: decryption that no service asks for is denied, too.
    statements.push(json!({
        "Sid": "NeverDecrypt", "Effect": "Deny", "Action": "kms:Decrypt", "Resource": "*",
        "Condition": {"StringNotLike": {"kms:ViaService": DECRYPTING.map(|service| format!("{service}.amazonaws.com*"))}},
    }));
    json!({"Version": VERSION, "Statement": statements})
}

/// Statements that allow these operations, those that can be narrowed to the same resources together.
pub(crate) fn reading(operations: &[&Operation], place: &Place) -> Vec<Value> {
    let mut groups: Vec<(String, String, Vec<&str>)> = Vec::new();
    for operation in operations {
        let (sid, resource) = match operation.reach {
            Reach::Each(resource) => {
                (format!("Read{}", title(operation.service, resource)), place.arn(operation.service, resource))
            }
            Reach::Everything | Reach::Models => ("Read".to_owned(), "*".to_owned()),
        };
        match groups.iter_mut().find(|(_, of, _)| *of == resource) {
            Some((_, _, actions)) => actions.push(operation.action),
            None => groups.push((sid, resource, vec![operation.action])),
        }
    }
    groups.sort_by(|a, b| a.0.cmp(&b.0));
    let statement = |(sid, resource, actions): (String, String, Vec<&str>)| {
        let mut statement = json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resource});
        // An ARN says its region itself.
        if let (Some(region), "*", Some(fields)) = (&place.region, resource.as_str(), statement.as_object_mut()) {
            fields.insert("Condition".to_owned(), json!({"StringEquals": {"aws:RequestedRegion": region}}));
        }
        statement
    };
    groups.into_iter().map(statement).collect()
}

/// Letters for a statement's id, which takes no others: `log-group:*` of logs is `LogsLogGroup`.
fn title(service: &str, resource: &str) -> String {
    let words = resource.split(|letter: char| !letter.is_ascii_alphabetic()).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    };
    std::iter::once(service).chain(words).map(capital).collect()
}

/// Statements that allow invoking the models.
fn invoking(models: &[&str], place: &Place) -> Vec<Value> {
    let actions = OPERATIONS.iter().filter(|operation| operation.caller == Caller::Model);
    let action: Vec<&str> = actions.map(|operation| operation.action).collect();
    let allowed: Vec<Invoked> = models.iter().filter_map(|model| invoked(model, place)).collect();
    let mut own: Vec<&str> = allowed.iter().map(|invoked| invoked.own.as_str()).collect();
    own.sort_unstable();
    own.dedup();
    if own.is_empty() {
        return Vec::new();
    }
    let mut statements = vec![json!({"Sid": "InvokeModels", "Effect": "Allow", "Action": action, "Resource": own})];
    for (number, Invoked { own, behind }) in (1..).zip(allowed.iter().filter(|invoked| invoked.behind.is_some())) {
        // A profile sends the request to the model in a region that it chooses; the model itself is allowed through it only:
        // https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
        statements.push(json!({
            "Sid": format!("InvokeBehindProfile{number}"), "Effect": "Allow", "Action": action, "Resource": behind,
            "Condition": {"StringLike": {"bedrock:InferenceProfileArn": own}},
        }));
    }
    statements
}

/// What invoking a model takes.
struct Invoked {
    /// The model or profile that is named.
    own: String,
    /// The models behind a profile.
    behind: Option<String>,
}

/// Geographies of inference profiles: <https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html>.
const GEOGRAPHIES: [&str; 9] = ["apac", "au", "ca", "eu", "global", "jp", "sa", "us", "us-gov"];

/// `None`: no model of Bedrock's.
fn invoked(model: &str, place: &Place) -> Option<Invoked> {
    if model == crate::arguments::PLAYBOOK || model.starts_with("replay:") || model.starts_with("baseline:") {
        return None;
    }
    let behind = |id: &str| Some(format!("arn:{}:bedrock:*::foundation-model/{id}", place.partition));
    if model.starts_with("arn:") {
        let is_profile = model.contains("inference-profile/");
        let id = model.rsplit('/').next().and_then(of_geography);
        let behind = if is_profile { behind(id.unwrap_or("*")) } else { None };
        return Some(Invoked { own: model.to_owned(), behind });
    }
    Some(match of_geography(model) {
        Some(id) => Invoked { own: place.arn("bedrock", &format!("inference-profile/{model}")), behind: behind(id) },
        None => {
            let region = place.region.as_deref().unwrap_or("*");
            Invoked { own: format!("arn:{}:bedrock:{region}::foundation-model/{model}", place.partition), behind: None }
        }
    })
}

/// The model's id in a profile's: `us.anthropic.claude…` has `anthropic.claude…`.
fn of_geography(profile: &str) -> Option<&str> {
    let (geography, id) = profile.split_once('.')?;
    GEOGRAPHIES.contains(&geography).then_some(id)
}

/// The statement that allows applying guardrails, if there are any: <https://docs.aws.amazon.com/bedrock/latest/userguide/guardrails-permissions.html>.
fn guarding(guardrails: &[&str], place: &Place) -> Option<Value> {
    let arn = |id: &&str| {
        if id.starts_with("arn:") { (*id).to_owned() } else { place.arn("bedrock", &format!("guardrail/{id}")) }
    };
    let guardrails: Vec<String> = guardrails.iter().map(arn).collect();
    (!guardrails.is_empty())
        .then(|| json!({"Sid": "ApplyGuardrails", "Effect": "Allow", "Action": "bedrock:ApplyGuardrail", "Resource": guardrails}))
}

#[cfg(test)]
mod tests;
