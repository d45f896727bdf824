//! `marple.toml`: finding, reading and checking it, and choosing one of its environments.
//!
//! ```text
//! find(working directory, configuration directory) ─▶ path ─▶ Settings::read ─▶ Settings
//!                                                                                  │ choice(subject)
//!                                                            Values of the ◀───────┘ layers(environment)
//!                                                            environment and, beneath it, of the file's top
//! ```
//!
//! - [`Settings`] is a file that has been checked: what it says can be used, whatever AWS may think of it.
//! - [`Values`] are the keys that may stand at the top and in an environment alike; each is optional.
//! - [`Choice`] says which environment a subject belongs to, or between which ones a person has to choose.
//! - [`SettingsError`] names the file, the line and the column, and what is allowed there.
//!
//! What must not be here: the environment, home directories and the working directory (paths are passed in), defaults of the program, AWS.

mod choice;
mod error;
mod find;
mod pattern;
mod values;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use marple_bedrock::Options;
use serde::Deserialize;
use toml::Spanned;

pub use choice::{Choice, Subject};
pub use error::{Position, SettingsError};
pub use find::{FILE, find};
pub use pattern::Pattern;
pub use values::{Budget, Dollars, Role, Span, Values, is_language};

/// A checked `marple.toml`.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Settings {
    /// The environment where nothing names another one.
    default: Option<String>,
    /// What holds where the environment says nothing.
    top: Values,
    /// Options of single models, by id, which count instead of `bedrock`.
    options: BTreeMap<String, Options>,
    /// The user's own table of models.
    table: Option<PathBuf>,
    /// Regular expressions of what is hidden beside credentials.
    redact: Vec<String>,
    /// By name.
    environments: BTreeMap<String, Environment>,
}

/// A named environment.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Environment {
    /// Names of resources and alarms that belong to it.
    pub names: Vec<Pattern>,
    /// Its values.
    pub values: Values,
}

/// What Bedrock's models are asked with.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Bedrock {
    options: Options,
    by_model: BTreeMap<String, Options>,
    /// The user's own table of models, over the program's.
    pub table: Option<PathBuf>,
}

impl Bedrock {
    /// The options of a model: its own, else those of all.
    pub fn options(&self, model: &str) -> &Options {
        self.by_model.get(model).unwrap_or(&self.options)
    }
}

/// The file as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table of settings")]
struct File {
    environment: Option<Spanned<String>>,
    profile: Option<values::Name>,
    region: Option<values::Region>,
    account: Option<values::Account>,
    role: Option<values::RoleArn>,
    external_id: Option<Spanned<values::Name>>,
    models: Option<values::Models>,
    language: Option<values::Language>,
    budget: Budget,
    bedrock: Option<Options>,
    bedrock_for: BTreeMap<String, Options>,
    model_table: Option<values::Name>,
    redact: Vec<String>,
    environments: BTreeMap<String, EnvironmentTable>,
}

/// One `[environments.NAME]` as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a table of settings")]
struct EnvironmentTable {
    names: Vec<Pattern>,
    profile: Option<values::Name>,
    region: Option<values::Region>,
    account: Option<values::Account>,
    role: Option<values::RoleArn>,
    external_id: Option<Spanned<values::Name>>,
    models: Option<values::Models>,
    language: Option<values::Language>,
    budget: Budget,
    bedrock: Option<Options>,
}

/// The values of a table as it is written: both kinds of tables have these keys, and serde's `flatten` would let unknown ones pass.
macro_rules! values_of {
    ($table:ident) => {
        Values {
            profile: $table.profile.map(|name| name.0),
            region: $table.region.map(|region| region.0),
            account: $table.account.map(|account| account.0),
            role: Role::of($table.role, $table.external_id.map(Spanned::into_inner)),
            models: $table.models.map(|models| models.0),
            language: $table.language.map(|language| language.0),
            budget: $table.budget,
            bedrock: $table.bedrock,
        }
    };
}

impl Settings {
    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, or what it says is not allowed.
    pub fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| SettingsError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
        Self::parse(&text, path)
    }

    /// Reads a file's text; the path is for messages.
    ///
    /// # Errors
    /// What it says is not allowed.
    pub fn parse(text: &str, path: &Path) -> Result<Self, SettingsError> {
        let file: File = toml::from_str(text).map_err(|error| SettingsError::of_toml(&error, text, path))?;
        if let Some(default) = &file.environment
            && !file.environments.contains_key(default.get_ref())
        {
            let what = format!("there is no environment {:?}", default.get_ref());
            let known: Vec<&str> = file.environments.keys().map(String::as_str).collect();
            return Err(SettingsError::at(default.span().start, text, path, what, default.get_ref(), &known));
        }
        let lonely =
            |role: bool, id: &Option<Spanned<values::Name>>| id.as_ref().filter(|_| !role).map(|id| id.span().start);
        let mut tables = file.environments.values().map(|table| lonely(table.role.is_some(), &table.external_id));
        if let Some(byte) = lonely(file.role.is_some(), &file.external_id).or_else(|| tables.find_map(|byte| byte)) {
            let what = "an external_id belongs to a role; write role = \"arn:aws:iam::…\" beside it".to_owned();
            return Err(SettingsError::invalid(byte, text, path, what));
        }
        let top = values_of!(file);
        let environments = file.environments.into_iter().map(|(name, table)| (name, table.into())).collect();
        // A path in the file is meant from the file's folder.
        let table = file.model_table.map(|name| path.parent().unwrap_or(Path::new("")).join(name.0));
        let default = file.environment.map(Spanned::into_inner);
        Ok(Self { default, top, options: file.bedrock_for, table, redact: file.redact, environments })
    }

    /// What Bedrock's models are asked with in an environment.
    pub fn bedrock(&self, environment: Option<&str>) -> Bedrock {
        let options = self.values(environment).bedrock.unwrap_or_default();
        Bedrock { options, by_model: self.options.clone(), table: self.table.clone() }
    }

    /// Regular expressions of what is hidden in all environments, beside what looks like a credential.
    pub fn redact(&self) -> &[String] {
        &self.redact
    }

    /// The environments' names, sorted.
    pub fn names(&self) -> Vec<&str> {
        self.environments.keys().map(String::as_str).collect()
    }

    /// An environment by its name.
    pub fn environment(&self, name: &str) -> Option<&Environment> {
        self.environments.get(name)
    }

    /// The names nearest to one that does not exist, best first.
    pub fn nearest(&self, name: &str) -> Vec<String> {
        error::nearest(name, &self.names())
    }

    /// The values that count, strongest first: the environment's, the top's. Names where each stands in the file.
    pub fn layers(&self, environment: Option<&str>) -> Vec<(String, &Values)> {
        let named =
            environment.and_then(|name| Some((format!("[environments.{name}]"), &self.environment(name)?.values)));
        named.into_iter().chain([("top level".to_owned(), &self.top)]).collect()
    }

    /// The values that count in an environment, the top's filled in.
    pub fn values(&self, environment: Option<&str>) -> Values {
        self.layers(environment).into_iter().fold(Values::default(), |values, (_, weaker)| values.or(weaker))
    }
}

impl From<EnvironmentTable> for Environment {
    fn from(table: EnvironmentTable) -> Self {
        let values = values_of!(table);
        Self { names: table.names, values }
    }
}
