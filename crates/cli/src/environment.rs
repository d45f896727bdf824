//! What `marple.toml` says where the command line says nothing.
//!
//! What counts, strongest first: the command line, `MARPLE_…` of the environment, the chosen environment of the file, its top, the
//! program's default. `AWS_PROFILE` and `AWS_REGION` are the SDK's: they count where the file names neither, so that `--env staging`
//! never reads another account because of what a shell has exported.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use marple_case::Trigger;
use marple_settings::{Choice, FILE, Settings, SettingsError, Subject, Values};

use crate::{
    arguments::{AccountArguments, BudgetArguments, ModelArguments},
    failure::{Failure, did_you_mean},
};

/// The language of reports, where nothing names one.
const LANGUAGE: &str = "en";

/// The file, if there is one, and what counts of it.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    /// Where the file is.
    pub(crate) file: Option<PathBuf>,
    /// All of it.
    pub(crate) settings: Settings,
    /// The chosen environment's name.
    pub(crate) name: Option<String>,
    values: Values,
}

impl Environment {
    /// The environment of a trigger. Asks, where it may be one of several and there is a terminal.
    ///
    /// With `--profile` the account is chosen already: then only `--env` chooses an environment.
    ///
    /// # Errors
    /// The file cannot be used; there is no environment of that name; there are several, and nobody to ask.
    pub(crate) fn of(trigger: Option<&Trigger>, given: &AccountArguments) -> Result<Self, Failure> {
        let found = Self::found()?;
        if let Some(name) = &given.env {
            return found.named(name);
        }
        if given.profile.is_some() {
            return Ok(found.settled(None));
        }
        match found.settings.choice(subject(trigger)) {
            Choice::NoneDefined => Ok(found.settled(None)),
            Choice::One(name) => Ok(found.settled(Some(name))),
            Choice::Several(names) => {
                let name = chosen(&names)?;
                Ok(found.settled(Some(name)))
            }
        }
    }

    /// The environment for scenarios: the one that is named, if any. A world's resources belong to none.
    ///
    /// # Errors
    /// The file cannot be used, or there is no environment of that name.
    pub(crate) fn of_scenarios(given: &AccountArguments) -> Result<Self, Failure> {
        let found = Self::found()?;
        match &given.env {
            Some(name) => found.named(name),
            None => Ok(found.settled(None)),
        }
    }

    fn found() -> Result<Self, Failure> {
        let working = std::env::current_dir()
            .map_err(|error| Failure::usage(format!("the working directory cannot be told: {error}")))?;
        let platform = directories::ProjectDirs::from("", "", "marple");
        let configuration = platform.as_ref().map(directories::ProjectDirs::config_dir);
        let Some(file) = marple_settings::find(&working, configuration) else { return Ok(Self::default()) };
        let settings = Settings::read(&file)?;
        Ok(Self { file: Some(file), settings, ..Self::default() })
    }

    fn named(self, name: &str) -> Result<Self, Failure> {
        if self.settings.environment(name).is_some() {
            return Ok(self.settled(Some(name.to_owned())));
        }
        let known = self.settings.names();
        let (what, otherwise) = match &self.file {
            None => (
                format!("there is no environment {name:?}: no {FILE} is found"),
                "docs/configuration.md describes the file".to_owned(),
            ),
            Some(file) if known.is_empty() => (
                format!("{} has no environment {name:?}", file.display()),
                format!("it defines none; [environments.{name}] begins one"),
            ),
            Some(file) => {
                (format!("{} has no environment {name:?}", file.display()), format!("it has {}", known.join(", ")))
            }
        };
        Err(Failure::usage(what).hint(did_you_mean(&self.settings.nearest(name)).unwrap_or(otherwise)))
    }

    fn settled(self, name: Option<String>) -> Self {
        let values = self.settings.values(name.as_deref());
        Self { name, values, ..self }
    }

    /// Fills in what the command line leaves open of the account.
    pub(crate) fn fill_account(&self, given: &mut AccountArguments) {
        // Who names another profile on the command line means another account: the role and the number belong to the file's.
        let is_other = given.profile.is_some() && given.profile != self.values.profile;
        given.profile = given.profile.take().or_else(|| self.values.profile.clone());
        given.region = given.region.take().or_else(|| self.values.region.clone());
        if !is_other {
            given.role = self.values.role.clone();
            given.account = self.account().map(str::to_owned);
        }
    }

    /// The account's number: said, or in the role's ARN.
    fn account(&self) -> Option<&str> {
        self.values.account.as_deref().or_else(|| self.values.role.as_ref()?.account())
    }

    /// Fills in the chain of models, and what they are asked with.
    pub(crate) fn fill_model(&self, given: &mut ModelArguments) {
        given.configured = self.values.models.clone().unwrap_or_default();
        given.bedrock = self.settings.bedrock(self.name.as_deref());
    }

    /// Fills in what the command line leaves open of the budget.
    pub(crate) fn fill_budget(&self, given: &mut BudgetArguments) {
        let budget = self.values.budget;
        given.max_turns = given.max_turns.or(budget.turns.map(std::num::NonZero::get));
        given.max_tool_calls = given.max_tool_calls.or(budget.tool_calls.map(std::num::NonZero::get));
        given.max_tokens = given.max_tokens.or(budget.tokens.map(std::num::NonZero::get));
        given.max_cost = given.max_cost.or(budget.cost_usd.map(|sum| sum.0));
        given.max_time = given.max_time.or(budget.time.map(|span| span.0));
    }

    /// The language: the command line's, the file's, English.
    pub(crate) fn language(&self, given: Option<String>) -> String {
        given.or_else(|| self.values.language.clone()).unwrap_or_else(|| LANGUAGE.to_owned())
    }
}

fn subject(trigger: Option<&Trigger>) -> Subject<'_> {
    match trigger {
        Some(Trigger::Alarm { alarm }) => Subject::Alarm(alarm),
        Some(Trigger::Question { text }) => Subject::Question(text),
        Some(Trigger::LatestAlarm | Trigger::Account) | None => Subject::Unnamed,
    }
}

/// Which of several, as a person says.
fn chosen(names: &[String]) -> Result<String, Failure> {
    let several = || {
        let what = format!("this may belong to several environments: {}", names.join(", "));
        Failure::usage(what).hint("name one with --env NAME or MARPLE_ENV")
    };
    let (mut input, mut asked) = (std::io::stdin().lock(), std::io::stderr());
    if !input.is_terminal() || !asked.is_terminal() {
        return Err(several());
    }
    ask(names, &mut input, &mut asked).map_err(|_| several())?.ok_or_else(several)
}

/// Asks until a name or a number is said; `None` at the end of the input.
fn ask(names: &[String], input: &mut impl BufRead, asked: &mut impl Write) -> std::io::Result<Option<String>> {
    writeln!(asked, "Which environment?")?;
    for (number, name) in (1..).zip(names) {
        writeln!(asked, "  {number}. {name}")?;
    }
    loop {
        write!(asked, "> ")?;
        asked.flush()?;
        let mut line = String::new();
        if input.read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let said = line.trim();
        let numbered = said.parse::<usize>().ok().and_then(|number| names.get(number.checked_sub(1)?));
        if let Some(name) = names.iter().find(|name| *name == said).or(numbered) {
            return Ok(Some(name.clone()));
        }
        writeln!(asked, "Say a number from 1 to {}, or a name.", names.len())?;
    }
}

impl From<SettingsError> for Failure {
    fn from(error: SettingsError) -> Self {
        let hint = did_you_mean(error.near()).unwrap_or_else(|| "docs/configuration.md describes the file".to_owned());
        Self::configuration(error.to_string()).hint(hint)
    }
}

#[cfg(test)]
mod tests;
