//! Lambda functions: configuration, versions, event sources, code.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Happening, HappeningKind};
use crate::resource::{Edge, Relation, ResourceKind, ResourceRef};

/// The value of an environment variable, or the marker that stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "shown", content = "value", rename_all = "snake_case")]
pub enum ShownValue {
    /// A harmless value.
    Plain(String),
    /// Looks like a credential. The marker is equal where the values are equal.
    Hidden(String),
}

impl std::fmt::Display for ShownValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Plain(value) => f.write_str(value),
            Self::Hidden(marker) => f.write_str(marker),
        }
    }
}

/// An environment variable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EnvironmentVariable {
    /// Its name; always shown.
    pub name: String,
    /// Its value, or a marker.
    pub value: ShownValue,
}

/// A published version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionVersion {
    /// `$LATEST` or a number.
    pub version: String,
    /// When it was made or changed.
    pub last_modified: Option<Timestamp>,
    /// Base-64 SHA-256 of the package.
    pub code_sha256: String,
    /// Description.
    pub description: String,
    /// Its environment variables, by name: a version keeps those that it was published with.
    #[serde(default)]
    pub environment: Vec<EnvironmentVariable>,
}

/// What invokes a function through a mapping.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EventSource {
    /// The source's ARN.
    pub arn: String,
    /// Enabled, Disabled, …
    pub state: String,
    /// The result of the last batch, where there is one.
    pub last_result: Option<String>,
    /// Records a batch.
    pub batch_size: Option<u32>,
}

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Function {
    /// Name.
    pub name: String,
    /// ARN.
    pub arn: String,
    /// `nodejs20.x`; `None` for container images.
    pub runtime: Option<String>,
    /// `index.handler`.
    pub handler: Option<String>,
    /// MB.
    pub memory_mb: u32,
    /// Seconds.
    pub timeout_s: u32,
    /// When code or configuration changed last.
    pub last_modified: Option<Timestamp>,
    /// Base-64 SHA-256 of the package.
    pub code_sha256: String,
    /// Bytes, zipped.
    pub code_size: u64,
    /// Zip or Image.
    pub package_type: String,
    /// The image's URI, for container images.
    pub image_uri: Option<String>,
    /// arm64 or x86_64.
    pub architectures: Vec<String>,
    /// Active, Pending, Inactive, Failed.
    pub state: Option<String>,
    /// Why the state is what it is, where AWS says.
    pub state_reason: Option<String>,
    /// Successful, Failed, InProgress.
    pub last_update_status: Option<String>,
    /// Environment variables, by name.
    pub environment: Vec<EnvironmentVariable>,
    /// The VPC's id.
    pub vpc_id: Option<String>,
    /// Subnets' ids.
    pub subnet_ids: Vec<String>,
    /// Security groups' ids.
    pub security_group_ids: Vec<String>,
    /// The execution role's ARN.
    pub role: String,
    /// The log group.
    pub log_group: String,
    /// Layers' ARNs.
    pub layers: Vec<String>,
    /// Reserved concurrency; `None`: unreserved.
    pub reserved_concurrency: Option<u32>,
    /// Versions, newest first. Empty if they were not asked for.
    pub versions: Vec<FunctionVersion>,
    /// Alias → version.
    pub aliases: Vec<(String, String)>,
    /// Event source mappings.
    pub event_sources: Vec<EventSource>,
    /// The stack that owns it, by the tag `aws:cloudformation:stack-name`.
    pub stack: Option<String>,
    /// Description, as its owner wrote it.
    pub description: Option<String>,
}

impl Function {
    /// This function as a resource.
    pub fn resource(&self) -> ResourceRef {
        ResourceRef::with_arn(ResourceKind::LambdaFunction, &self.name, &self.arn)
    }

    pub(super) fn resources(&self) -> Vec<ResourceRef> {
        let mut resources = vec![self.resource(), ResourceRef::new(ResourceKind::LogGroup, &self.log_group)];
        resources.extend(self.vpc_id.iter().map(|id| ResourceRef::new(ResourceKind::Vpc, id)));
        resources.extend(self.security_group_ids.iter().map(|id| ResourceRef::new(ResourceKind::SecurityGroup, id)));
        resources.push(ResourceRef::new(ResourceKind::IamRole, self.role_name()));
        resources
    }

    /// The execution role's name, the last part of its ARN.
    pub fn role_name(&self) -> &str {
        self.role.rsplit('/').next().unwrap_or(&self.role)
    }

    pub(super) fn edges(&self) -> Vec<Edge> {
        let edge = |relation, to| Edge { from: self.resource(), relation, to };
        let mut edges = vec![
            edge(Relation::LogsTo, ResourceRef::new(ResourceKind::LogGroup, &self.log_group)),
            edge(Relation::RunsAs, ResourceRef::new(ResourceKind::IamRole, self.role_name())),
        ];
        edges.extend(self.vpc_id.iter().map(|id| edge(Relation::PlacedIn, ResourceRef::new(ResourceKind::Vpc, id))));
        if let Some(stack) = &self.stack {
            let from = ResourceRef::new(ResourceKind::Stack, stack);
            edges.push(Edge { from, relation: Relation::Owns, to: self.resource() });
        }
        edges
    }

    pub(super) fn happenings(&self) -> Vec<Happening> {
        let at = self.last_modified.into_iter();
        at.map(|at| Happening {
            at,
            kind: HappeningKind::Change,
            resource: Some(self.resource()),
            text: format!("{}: code or configuration last changed", self.name),
        })
        .collect()
    }
}

/// A file of a deployment package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodeFile {
    /// Path inside the package.
    pub path: String,
    /// Bytes, unpacked.
    pub size: u64,
    /// The lines, for a text file of the function's own that was read. `None`: binary, a library's, or too large.
    pub lines: Option<Vec<String>>,
}

/// A function's code as deployed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FunctionCode {
    /// The function.
    pub function: String,
    /// The version that was read.
    pub version: String,
    /// Base-64 SHA-256 of the package.
    pub code_sha256: String,
    /// Bytes, zipped.
    pub package_size: u64,
    /// The files; the function's own first, libraries after. In a comparison: those that are new or changed.
    pub files: Vec<CodeFile>,
    /// How it differs from another version's, where the two were compared.
    #[serde(default)]
    pub difference: Option<CodeDifference>,
}

/// How a package differs from another version's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CodeDifference {
    /// The other version: the one from before.
    pub from_version: String,
    /// Base-64 SHA-256 of the other version's package.
    pub from_sha256: String,
    /// The function's own files that differ, by path.
    pub files: Vec<FileDifference>,
    /// Folders and archives of libraries that differ.
    pub libraries: Vec<String>,
}

/// What became of a file from one package to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileChange {
    /// Only the newer package has it.
    Added,
    /// Only the older package has it.
    Removed,
    /// Both have it, with other content.
    Changed,
}

impl FileChange {
    /// The one word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// A file that differs between two packages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileDifference {
    /// Path inside the package.
    pub path: String,
    /// What became of it.
    pub change: FileChange,
    /// The lines of the newer file that the older one lacks, counted from 1. Empty where the file was not compared by lines.
    pub new_lines: Vec<u32>,
    /// How many lines of the older file are gone.
    pub gone_lines: u32,
}

impl FunctionCode {
    pub(super) fn resource(&self) -> ResourceRef {
        ResourceRef::new(ResourceKind::LambdaFunction, &self.function)
    }

    /// The file that a stack trace or handler names: by its path, or by the path's end (`/var/task/index.js` is `index.js`).
    pub fn file(&self, named: &str) -> Option<&CodeFile> {
        let named = named.strip_prefix("/var/task/").unwrap_or(named);
        let same = |file: &&CodeFile| {
            file.path == named || named.strip_suffix(file.path.as_str()).is_some_and(|rest| rest.ends_with('/'))
        };
        self.files.iter().find(same)
    }
}
