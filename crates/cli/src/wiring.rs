//! Models, toolbox, journal and clock, put together. The one place that knows all crates.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_config::{BehaviorVersion, Region, SdkConfig, sts::AssumeRoleProvider};
use aws_credential_types::provider::SharedCredentialsProvider;
use marple_agent::{
    Prompts,
    ports::{Clock, Model},
    prompts::FILES,
};
use marple_aws::AwsToolbox;
use marple_bedrock::{Bedrock, Patience, Table};
use marple_case::Trigger;
use marple_eval::{Pace, Played, ScenarioClock};
use marple_playbook::Playbook;
use marple_redact::Redactor;
use marple_settings::Role;
use marple_store::SqliteJournal;
use marple_world::World;

use crate::{
    arguments::{AccountArguments, DataArguments, ModelArguments, PLAYBOOK},
    clock::SystemClock,
    failure::Failure,
    scenarios, transcripts,
};

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
pub(crate) async fn subject(
    scenario: Option<&str>,
    account: &AccountArguments,
    redactor: Redactor,
) -> Result<Subject, Failure> {
    match scenario {
        Some(named) => played(named, redactor),
        None => real(account, redactor).await,
    }
}

fn played(named: &str, redactor: Redactor) -> Result<Subject, Failure> {
    let (_, scenario) = scenarios::load(named)?;
    let Played { toolbox, clock, trigger } = Played::new(&World::new(Arc::new(scenario)));
    Ok(Subject { toolbox: toolbox.with_redactor(redactor), clock: Arc::new(clock), scenario: Some(trigger) })
}

async fn real(account: &AccountArguments, redactor: Redactor) -> Result<Subject, Failure> {
    let config = sdk_config(account).await;
    if config.region().is_none() {
        let hint = "give --region us-east-1 (or yours), set AWS_REGION, or put a region into the profile";
        return Err(Failure::usage("no AWS region is set").hint(hint));
    }
    let toolbox = AwsToolbox::new(&config).with_redactor(redactor);
    Ok(Subject { toolbox, clock: Arc::new(SystemClock), scenario: None })
}

/// An account as it is configured, and its clock.
pub(crate) async fn account(account: &AccountArguments) -> (SdkConfig, Arc<dyn Clock>) {
    (sdk_config(account).await, Arc::new(SystemClock))
}

/// A world in place of an account, and its clock.
pub(crate) fn world(world: &World) -> (SdkConfig, Arc<dyn Clock>) {
    (marple_eval::play::sdk_config(world, Pace::default()), Arc::new(ScenarioClock::starting_at(world.now())))
}

/// The region that an ARN names: `arn:aws:cloudwatch:REGION:…`.
pub(crate) fn region_of(alarm: &str) -> Option<String> {
    let region = alarm.strip_prefix("arn:")?.split(':').nth(2)?;
    (!region.is_empty()).then(|| region.to_owned())
}

/// The SDK's configuration by its own rules: profile, environment, SSO, container and instance roles; and the role that marple.toml
/// names, assumed from there.
pub(crate) async fn sdk_config(account: &AccountArguments) -> SdkConfig {
    let mut loader = aws_config::defaults(BehaviorVersion::v2026_01_12());
    if let Some(profile) = &account.profile {
        loader = loader.profile_name(profile);
    }
    if let Some(region) = &account.region {
        loader = loader.region(Region::new(region.clone()));
    }
    let config = loader.load().await;
    match &account.role {
        Some(role) => assuming(role, &config).await,
        None => config,
    }
}

/// The same configuration with the credentials of a role. It is assumed at the first request, and again when its session ends.
async fn assuming(role: &Role, config: &SdkConfig) -> SdkConfig {
    let mut provider = AssumeRoleProvider::builder(&role.arn).session_name("marple").configure(config);
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    let provider = SharedCredentialsProvider::new(provider.build().await);
    config.to_builder().credentials_provider(provider).build()
}

/// The models, the chosen ones first and the playbook behind them.
pub(crate) async fn models(
    chosen: &ModelArguments,
    account: &AccountArguments,
) -> Result<Vec<Arc<dyn Model>>, Failure> {
    let mut models = Vec::new();
    for id in chosen.chain().into_iter().filter(|id| *id != PLAYBOOK) {
        match transcripts::named_by(id) {
            // A transcript holds the playbook's turns, too.
            Some(file) => return transcripts::replayed(file),
            None => models.push(named(id, chosen, account).await?),
        }
    }
    models.push(Arc::new(Playbook));
    match &chosen.record {
        Some(file) => transcripts::recorded(file, models),
        None => Ok(models),
    }
}

/// The first of the chosen models: the playbook, or one of Bedrock's.
pub(crate) async fn model(chosen: &ModelArguments, account: &AccountArguments) -> Result<Arc<dyn Model>, Failure> {
    let first = match transcripts::named_by(chosen.first()) {
        Some(file) => transcripts::replayed(file)?,
        None => vec![named(chosen.first(), chosen, account).await?],
    };
    let first = match &chosen.record {
        Some(file) => transcripts::recorded(file, first)?,
        None => first,
    };
    first.into_iter().next().ok_or_else(|| Failure::configuration("the transcript names no model"))
}

async fn named(id: &str, chosen: &ModelArguments, account: &AccountArguments) -> Result<Arc<dyn Model>, Failure> {
    if id == PLAYBOOK {
        return Ok(Arc::new(Playbook));
    }
    Ok(Arc::new(bedrock(id, chosen, account).await?))
}

/// One of Bedrock's models, as marple.toml wants it asked.
pub(crate) async fn bedrock(id: &str, chosen: &ModelArguments, account: &AccountArguments) -> Result<Bedrock, Failure> {
    let config = sdk_config(account).await;
    if config.region().is_none() {
        let hint = "give --region, set AWS_REGION, or put a region into the profile; `--model playbook` needs none";
        return Err(Failure::usage("no AWS region is set for Bedrock").hint(hint));
    }
    let table = model_table(chosen.bedrock.table.as_deref())?;
    let wrong = |error| Failure::configuration(format!("the options of {id} cannot be used: {error}"));
    let model = Bedrock::configured(&config, id, chosen.bedrock.options(id).clone(), &table).map_err(wrong)?;
    Ok(model.with_patience(Patience { first_event: chosen.model_timeout, ..Patience::default() }))
}

/// What is known of models: the program's table, and the user's over it.
fn model_table(file: Option<&Path>) -> Result<Table, Failure> {
    let Some(file) = file else { return Ok(Table::embedded()) };
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::configuration(format!("the table of models {name} cannot be read: {error}")))?;
    Table::embedded().with(&name, &text).map_err(|error| Failure::configuration(error.to_string()))
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
    let folder = data_folder(data).ok_or_else(|| {
        Failure::configuration("this platform has no data directory")
            .hint("give one with --data-dir DIR or MARPLE_DATA_DIR")
    })?;
    Ok(SqliteJournal::open(&folder).await?)
}

/// The folder of the journal: `--data-dir`, or the platform's data directory. `None`: there is none.
pub(crate) fn data_folder(data: &DataArguments) -> Option<PathBuf> {
    let platform = || directories::ProjectDirs::from("", "", "marple").map(|platform| platform.data_dir().to_owned());
    data.data_dir.clone().or_else(platform)
}
