//! Models, toolbox, journal and clock, put together. The one place that knows all crates.

use std::path::PathBuf;
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use marple_agent::{
    Prompts,
    ports::{Clock, Model},
    prompts::FILES,
};
use marple_aws::AwsToolbox;
use marple_bedrock::{Bedrock, Patience};
use marple_case::Trigger;
use marple_eval::Played;
use marple_playbook::Playbook;
use marple_store::SqliteJournal;
use marple_world::World;

use crate::{
    arguments::{AccountArguments, DataArguments, ModelArguments},
    clock::SystemClock,
    failure::Failure,
    scenarios,
};

/// The model that needs no language model.
const PLAYBOOK: &str = "playbook";

/// What is investigated: an account, or a scenario's world. Both are read through the same toolbox.
pub(crate) struct Subject {
    /// The tools over it.
    pub(crate) toolbox: AwsToolbox,
    /// Its clock.
    pub(crate) clock: Arc<dyn Clock>,
    /// What starts a scenario's investigation, if it is one.
    pub(crate) scenario: Option<Trigger>,
}

/// The scenario, if one is named; else the account that the arguments and the environment name.
pub(crate) async fn subject(scenario: Option<&str>, account: &AccountArguments) -> Result<Subject, Failure> {
    match scenario {
        Some(named) => played(named),
        None => real(account).await,
    }
}

fn played(named: &str) -> Result<Subject, Failure> {
    let (_, scenario) = scenarios::load(named)?;
    let Played { toolbox, clock, trigger } = Played::new(&World::new(Arc::new(scenario)));
    Ok(Subject { toolbox, clock: Arc::new(clock), scenario: Some(trigger) })
}

async fn real(account: &AccountArguments) -> Result<Subject, Failure> {
    let config = sdk_config(account).await;
    if config.region().is_none() {
        let hint = "give --region us-east-1 (or yours), set AWS_REGION, or put a region into the profile";
        return Err(Failure::usage("no AWS region is set").hint(hint));
    }
    Ok(Subject { toolbox: AwsToolbox::new(&config), clock: Arc::new(SystemClock), scenario: None })
}

/// The region that an ARN names: `arn:aws:cloudwatch:REGION:…`.
pub(crate) fn region_of(alarm: &str) -> Option<String> {
    let region = alarm.strip_prefix("arn:")?.split(':').nth(2)?;
    (!region.is_empty()).then(|| region.to_owned())
}

/// The SDK's configuration by its own rules: profile, environment, SSO, container and instance roles.
async fn sdk_config(account: &AccountArguments) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
    if let Some(profile) = &account.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &account.region {
        loader = loader.region(Region::new(region.clone()));
    }
    loader.load().await
}

/// The models, the chosen one first and the playbook behind it.
pub(crate) async fn models(
    chosen: &ModelArguments,
    account: &AccountArguments,
) -> Result<Vec<Arc<dyn Model>>, Failure> {
    let first = model(chosen, account).await?;
    Ok(if chosen.model == PLAYBOOK { vec![first] } else { vec![first, Arc::new(Playbook)] })
}

/// The chosen model: the playbook, or one of Bedrock's.
pub(crate) async fn model(chosen: &ModelArguments, account: &AccountArguments) -> Result<Arc<dyn Model>, Failure> {
    if chosen.model == PLAYBOOK {
        return Ok(Arc::new(Playbook));
    }
    let config = sdk_config(account).await;
    if config.region().is_none() {
        let hint = "give --region, set AWS_REGION, or put a region into the profile; `--model playbook` needs none";
        return Err(Failure::usage("no AWS region is set for Bedrock").hint(hint));
    }
    let patience = Patience { first_event: chosen.model_timeout, ..Patience::default() };
    Ok(Arc::new(Bedrock::new(&config, &chosen.model).with_patience(patience)))
}

/// The prompts: embedded, or a folder's.
pub(crate) fn prompts(arguments: &ModelArguments) -> Result<Prompts, Failure> {
    let Some(folder) = &arguments.prompts else {
        return Ok(Prompts::embedded()?);
    };
    let mut replaced = Vec::new();
    for file in FILES {
        match std::fs::read_to_string(folder.join(file)) {
            Ok(source) => replaced.push((file, source)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => {
                return Err(Failure::configuration(format!("{} cannot be read: {error}", folder.join(file).display())));
            }
        }
    }
    if replaced.is_empty() {
        let what = format!("{} holds none of the prompts {}", folder.display(), FILES.join(", "));
        return Err(Failure::configuration(what).hint("copy the files of prompts/ there and change them"));
    }
    let replacement = |file: &str| replaced.iter().find(|(name, _)| *name == file).map(|(_, source)| source.clone());
    Ok(Prompts::new(replacement)?)
}

/// The journal, in `--data-dir` or the platform's data directory.
pub(crate) async fn journal(data: &DataArguments) -> Result<SqliteJournal, Failure> {
    let folder = data.data_dir.clone().or_else(default_folder).ok_or_else(|| {
        Failure::configuration("this platform has no data directory")
            .hint("give one with --data-dir DIR or MARPLE_DATA_DIR")
    })?;
    Ok(SqliteJournal::open(&folder).await?)
}

fn default_folder() -> Option<PathBuf> {
    directories::ProjectDirs::from("", "", "marple").map(|platform| platform.data_dir().to_owned())
}
