//! The functions of a world, as `world/lambda/` holds them.

use jiff::Timestamp;
use jiff::tz::Offset;
use serde_json::{Value, json};

use super::SERVICE;
use super::package::Package;
use crate::scenario::read_json;
use crate::services::resource::{self, Resource, is, text};
use crate::world::Parsed;
use crate::{Scenario, ScenarioError};

/// All functions, in the order of `functions.json`.
pub(super) struct Functions(pub(super) Vec<Function>);

/// One function.
pub(super) struct Function {
    pub(super) name: String,
    pub(super) arn: String,
    /// `$LATEST` first, then published versions; configurations without the computed members of their code.
    versions: Vec<Version>,
    pub(super) aliases: Vec<Resource>,
    pub(super) event_source_mappings: Vec<Resource>,
    /// `ReservedConcurrentExecutions`, or nothing.
    pub(super) concurrency: Resource,
    pub(super) tags: Resource,
    /// `Policy` and `RevisionId`, if the function has a resource policy.
    pub(super) policy: Option<Resource>,
}

/// `$LATEST` or a published version.
pub(super) struct Version {
    pub(super) number: String,
    configuration: Resource,
    pub(super) package: Package,
}

impl Parsed for Functions {
    fn parse(scenario: &Scenario) -> Result<Self, ScenarioError> {
        let path = "world/lambda/functions.json";
        let listed = resource::read_list(scenario, &SERVICE, path, "Functions", &["FunctionName"])?;
        let functions = listed.into_iter().map(|configuration| Function::parse(scenario, path, configuration));
        let functions: Vec<_> = functions.collect::<Result<_, _>>()?;
        Ok(Self(functions.into_iter().filter(|function| !function.versions.is_empty()).collect()))
    }
}

impl Functions {
    pub(super) fn named(&self, name: &str) -> Option<&Function> {
        self.0.iter().find(|function| function.name == name)
    }
}

impl Function {
    fn parse(scenario: &Scenario, path: &str, configuration: Resource) -> Result<Self, ScenarioError> {
        let name = text(&configuration, "FunctionName").unwrap_or_default().to_owned();
        let arn = format!("arn:aws:lambda:{}:{}:function:{name}", scenario.region, scenario.account);
        let folder = format!("world/lambda/functions/{name}/");
        let list = |file: &str, key: &str, required: &[&str]| {
            resource::read_list(scenario, &SERVICE, &format!("{folder}{file}"), key, required)
        };
        let object = |file: &str| read_object(scenario, &format!("{folder}{file}"));
        let versions_path = format!("{folder}versions.json");
        let mut versions = Vec::from_iter(Version::parse(scenario, path, &folder, configuration)?);
        for published in list("versions.json", "Versions", &["Version"])? {
            if !is(&published, "Version", "$LATEST") {
                versions.extend(Version::parse(scenario, &versions_path, &folder, published)?);
            }
        }
        let tags = object("tags.json")?.and_then(|mut tags| tags.remove("Tags"));
        Ok(Self {
            versions,
            aliases: list("aliases.json", "Aliases", &["Name", "FunctionVersion"])?,
            event_source_mappings: list("event-source-mappings.json", "EventSourceMappings", &[])?,
            concurrency: object("concurrency.json")?.unwrap_or_default(),
            tags: tags.as_ref().and_then(Value::as_object).cloned().unwrap_or_default(),
            policy: object("policy.json")?.map(policy_as_text),
            name,
            arn,
        })
    }

    /// A version by `$LATEST`, its number or an alias.
    pub(super) fn version(&self, qualifier: &str) -> Option<&Version> {
        let alias = self.aliases.iter().find(|alias| is(alias, "Name", qualifier));
        let number = alias.and_then(|alias| text(alias, "FunctionVersion")).unwrap_or(qualifier);
        self.versions.iter().find(|version| version.number == number)
    }

    /// `$LATEST` first, then published versions.
    pub(super) fn versions(&self) -> impl Iterator<Item = &Version> {
        self.versions.iter()
    }

    /// A version's configuration as AWS answers it, with `CodeSize` and `CodeSha256` of its package where the scenario
    /// leaves them to be computed. The ARN bears the qualifier that was asked for.
    pub(super) fn configuration(&self, version: &Version, qualifier: Option<&str>) -> Resource {
        let mut configuration = version.configuration.clone();
        if let Some(zip) = version.package.zip() {
            if !configuration.get("CodeSize").is_some_and(Value::is_number) {
                configuration.insert("CodeSize".to_owned(), json!(zip.size()));
            }
            if text(&configuration, "CodeSha256").is_none_or(|sha| sha == "computed") {
                configuration.insert("CodeSha256".to_owned(), json!(zip.sha256()));
            }
        }
        let arn = qualifier.map_or_else(|| self.arn.clone(), |qualifier| format!("{}:{qualifier}", self.arn));
        configuration.insert("FunctionArn".to_owned(), json!(arn));
        configuration
    }
}

impl Version {
    /// A version that exists at the scenario's now.
    fn parse(
        scenario: &Scenario,
        path: &str,
        folder: &str,
        configuration: Resource,
    ) -> Result<Option<Self>, ScenarioError> {
        let mut configuration = configuration;
        if let Some(last_modified) = text(&configuration, "LastModified") {
            let time: Timestamp = last_modified.parse().map_err(|error| ScenarioError::Invalid {
                file: path.to_owned(),
                what: format!("LastModified = {last_modified:?} is not a time: {error}"),
            })?;
            if time > scenario.now {
                return Ok(None);
            }
            configuration.insert("LastModified".to_owned(), json!(as_lambda_writes(time)));
        }
        let number = text(&configuration, "Version").unwrap_or("$LATEST").to_owned();
        configuration.insert("Version".to_owned(), json!(number));
        // A published version has the code of $LATEST unless the scenario keeps its own.
        let own = format!("{folder}versions/{number}/code/");
        let latest = format!("{folder}code/");
        let code = if scenario.files().below(&own).next().is_some() { own } else { latest };
        Ok(Some(Self { package: Package::of(scenario, &code), number, configuration }))
    }

    /// Whether the version is a container image, whose code cannot be downloaded.
    pub(super) fn is_image(&self) -> bool {
        is(&self.configuration, "PackageType", "Image")
    }
}

/// `2025-12-10T08:12:44.000+0000`, Lambda's own way to write a time.
fn as_lambda_writes(time: Timestamp) -> String {
    Offset::UTC.to_datetime(time).strftime("%Y-%m-%dT%H:%M:%S.%3f+0000").to_string()
}

fn read_object(scenario: &Scenario, path: &str) -> Result<Option<Resource>, ScenarioError> {
    scenario.files().get(path).map(|content| read_json(path, content)).transpose()
}

/// The policy document is JSON inside a string; authors may write it as plain JSON.
fn policy_as_text(mut policy: Resource) -> Resource {
    if let Some(document @ Value::Object(_)) = policy.get_mut("Policy") {
        *document = Value::String(document.to_string());
    }
    policy
}
