//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use marple_eval::{Variant, variants::UnknownVariant};
use marple_settings::Role;

/// The model that needs no language model.
pub(crate) const PLAYBOOK: &str = "playbook";

/// Investigates incidents on AWS: an alarm goes in; a root cause and a mitigation plan come out, every statement tied to evidence
/// that the program has checked. It only reads.
#[derive(Debug, Parser)]
#[command(name = "marple", version, propagate_version = true, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Only errors and the result; no progress.
    #[arg(long, short, global = true)]
    pub(crate) quiet: bool,
    /// More of the program's own log on standard error (-vv, -vvv: more still).
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

const EXIT_CODES: &str = "Exit codes: 0 a report with a verdict; 1 `eval` found failures; 2 usage; 3 credentials or permissions; 4 the report is partial \
                          (budget, time or model gave out, or interrupted); 5 bad scenario or configuration; 70 a bug.";

/// The verbs.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Investigate an alarm, a notification or a question.
    Investigate(Box<Investigate>),
    /// Take an investigation up again that was interrupted, cut off or ended partially. Nothing is paid for twice.
    Resume(Box<Resume>),
    /// Ask about a stored investigation, or about the account. Ends with Ctrl-D.
    Chat(Box<Chat>),
    /// Show a stored investigation again.
    Show(Show),
    /// List the stored investigations, newest first.
    List(List),
    /// Make a scenario of a stored investigation: the account is read again, with a margin, and written down without credentials.
    Capture(Box<Capture>),
    /// Play scenarios and grade the reports. The model may be baseline:latest-deployment or baseline:no-fault, too.
    Eval(Box<Eval>),
    /// Find out whether an investigation would get what it needs: credentials, permissions, models, journal, configuration.
    Doctor(Box<Doctor>),
    /// Print the minimal IAM policy.
    IamPolicy(Box<IamPolicy>),
    /// Look around in the scenarios' worlds.
    #[command(subcommand)]
    World(World),
}

/// `marple investigate`
#[derive(Debug, Args)]
pub(crate) struct Investigate {
    /// A question in words, such as "why does orders-api fail since 14:00 UTC?".
    #[arg(value_name = "QUESTION", conflicts_with_all = ["alarm", "latest", "event"])]
    pub(crate) question: Option<String>,
    /// A CloudWatch alarm, by name or ARN.
    #[arg(long, value_name = "NAME|ARN", conflicts_with_all = ["latest", "event"])]
    pub(crate) alarm: Option<String>,
    /// The alarm that changed to ALARM last.
    #[arg(long, conflicts_with = "event")]
    pub(crate) latest: bool,
    /// An alarm's notification as JSON (EventBridge, SNS, SQS, Lambda); - reads standard input.
    #[arg(long, value_name = "FILE|-")]
    pub(crate) event: Option<PathBuf>,
    /// Play a scenario instead of a real account: a name from `marple world list`, or a folder.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) scenario: Option<String>,
    /// Investigate as if it were this time (RFC 3339), for an incident that is long over. Default: now.
    #[arg(long, value_name = "TIME", conflicts_with = "scenario")]
    pub(crate) as_of: Option<Timestamp>,
    /// The language of the report, as a BCP 47 tag: en, ja, … Default: en.
    #[arg(long, value_name = "TAG", env = "MARPLE_LANG", value_parser = language)]
    pub(crate) lang: Option<String>,
    #[command(flatten)]
    pub(crate) account: AccountArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

/// `marple resume`
#[derive(Debug, Args)]
pub(crate) struct Resume {
    /// The investigation: its id, or the beginning or end of one. Default: the newest.
    pub(crate) id: Option<String>,
    #[command(flatten)]
    pub(crate) account: AccountArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

/// `marple chat`
#[derive(Debug, Args)]
pub(crate) struct Chat {
    /// The investigation: its id, or the beginning or end of one. Without one: questions about the account.
    pub(crate) id: Option<String>,
    /// One question; its answer goes to standard output.
    #[arg(long, short, value_name = "TEXT")]
    pub(crate) message: Option<String>,
    /// Ask about a scenario instead of a real account: a name from `marple world list`, or a folder.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) scenario: Option<String>,
    /// The language of the answers, as a BCP 47 tag. Default: the investigation's, or en.
    #[arg(long, value_name = "TAG", env = "MARPLE_LANG", value_parser = language)]
    pub(crate) lang: Option<String>,
    /// How the answer of -m looks.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
    #[command(flatten)]
    pub(crate) account: AccountArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

/// Which account is read. What is not given here comes from marple.toml: see [`crate::environment`].
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct AccountArguments {
    /// An environment of marple.toml. Default: the one that the alarm's name or the question belongs to.
    #[arg(long, value_name = "NAME", env = "MARPLE_ENV")]
    pub(crate) env: Option<String>,
    /// The AWS profile.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The AWS region.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
    /// The role that is assumed: marple.toml's.
    #[arg(skip)]
    pub(crate) role: Option<Role>,
    /// The account's number: marple.toml's.
    #[arg(skip)]
    pub(crate) account: Option<String>,
}

/// Who investigates, and what it is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct ModelArguments {
    /// The model: playbook, a Bedrock model id or inference profile, or replay: and a file that --record wrote. Default: marple.toml's
    /// models, or playbook.
    #[arg(long, value_name = "playbook|BEDROCK-ID|replay:FILE", env = "MARPLE_MODEL")]
    pub(crate) model: Option<String>,
    /// Record the conversation with the model to a new file, which --model replay:FILE plays back. It holds all that the model was shown.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
    /// The models of marple.toml, which count where none is given.
    #[arg(skip)]
    pub(crate) configured: Vec<String>,
    /// What Bedrock's models are asked with: marple.toml's.
    #[arg(skip)]
    pub(crate) bedrock: marple_settings::Bedrock,
    /// How long to wait for a language model's first word before the turn is asked again.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = time)]
    pub(crate) model_timeout: Duration,
    /// Templates of one's own for what the model is told; files that are missing there are taken from the embedded ones.
    #[arg(long, value_name = "DIR")]
    pub(crate) prompts: Option<PathBuf>,
}

impl ModelArguments {
    /// The models in the order in which they are tried; the playbook where nothing says anything.
    pub(crate) fn chain(&self) -> Vec<&str> {
        match &self.model {
            Some(model) => vec![model],
            None if self.configured.is_empty() => vec![PLAYBOOK],
            None => self.configured.iter().map(String::as_str).collect(),
        }
    }

    /// The first of them.
    pub(crate) fn first(&self) -> &str {
        self.chain().first().copied().unwrap_or(PLAYBOOK)
    }
}

/// What an investigation may use. What is not given here comes from marple.toml, or from `investigate::budget`.
#[derive(Debug, Args)]
pub(crate) struct BudgetArguments {
    /// Model turns at most. Default: 12.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_turns: Option<u32>,
    /// Tool calls at most, those of the opening included. Default: 80.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tool_calls: Option<u32>,
    /// Tokens of all kinds at most.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u64>,
    /// US dollars at most; counts where the model's price is known.
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub(crate) max_cost: Option<f64>,
    /// Wall time at most: 90s, 5m, 1h. Default: 10m.
    #[arg(long, value_name = "TIME", value_parser = time)]
    pub(crate) max_time: Option<Duration>,
}

/// Where a report goes, and how it looks.
#[derive(Debug, Args)]
pub(crate) struct OutputArguments {
    /// How the report looks.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub(crate) format: Format,
    /// Write the report to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

impl OutputArguments {
    /// To standard output, as a terminal shows it.
    pub(crate) fn for_terminal() -> Self {
        Self { format: Format::Terminal, output: None }
    }
}

/// Where investigations are kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct DataArguments {
    /// The folder of the journal. Default: the platform's data directory.
    #[arg(long, value_name = "DIR", env = "MARPLE_DATA_DIR")]
    pub(crate) data_dir: Option<PathBuf>,
}

/// The renderings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Terminal,
    Markdown,
    Html,
    Json,
}

/// `marple show`
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// The investigation: its id, or the beginning or end of one. Default: the newest.
    pub(crate) id: Option<String>,
    /// The time line before the report, as it was live.
    #[arg(long)]
    pub(crate) timeline: bool,
    /// One piece of evidence, whole: E7.
    #[arg(long, value_name = "ID", conflicts_with = "timeline")]
    pub(crate) evidence: Option<String>,
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

/// `marple list`
#[derive(Debug, Args)]
pub(crate) struct List {
    /// A table, or JSON.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

/// How a list looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ListFormat {
    Terminal,
    Json,
}

/// `marple eval`
#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// Names from `marple world list`, or folders. Default: all embedded scenarios.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// Runs of each scenario and variant.
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(crate) runs: u32,
    /// Runs at once. Default: one a processor.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
    /// Variants beside each scenario as it is: all, none, or some of rename, shift, mute, decoy, second-alarm, inject, deny.
    #[arg(long, value_name = "all|none|NAME,…", default_value = "none", value_parser = variants)]
    pub(crate) variants: Variants,
    /// How the result looks.
    #[arg(long, value_enum, default_value_t = EvalFormat::Terminal)]
    pub(crate) format: EvalFormat,
    /// Write the result to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// An earlier result (`--format json`): say what got better or worse.
    #[arg(long, value_name = "FILE")]
    pub(crate) compare: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) account: AccountArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
}

/// The variants that are run beside each scenario as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Variants(pub(crate) Vec<Variant>);

/// The renderings of an evaluation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EvalFormat {
    Terminal,
    Json,
    Junit,
    Html,
}

/// `marple capture`
#[derive(Debug, Args)]
pub(crate) struct Capture {
    /// The investigation: its id, or the beginning or end of one. Default: the newest.
    pub(crate) id: Option<String>,
    /// The folder of the scenario; it must not exist yet, or be empty.
    #[arg(long, short, value_name = "DIR")]
    pub(crate) output: PathBuf,
    /// How much is read around each span that the investigation looked at: logs, metrics, the trail.
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = time)]
    pub(crate) margin: Duration,
    /// Events of one log group that are read around those of the investigation, at most.
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    pub(crate) log_events: usize,
    /// Give resources and people other names, and the account another number, the same everywhere.
    #[arg(long)]
    pub(crate) pseudonymise: bool,
    #[command(flatten)]
    pub(crate) account: AccountArguments,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

/// `marple doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// Examine a scenario's account instead of a real one: a name from `marple world list`, or a folder.
    #[arg(long, value_name = "NAME|DIR")]
    pub(crate) scenario: Option<String>,
    /// A table for people, or JSON for programs.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub(crate) format: ListFormat,
    #[command(flatten)]
    pub(crate) account: AccountArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
    #[command(flatten)]
    pub(crate) budget: BudgetArguments,
    #[command(flatten)]
    pub(crate) data: DataArguments,
}

/// `marple iam-policy`
#[derive(Debug, Args)]
pub(crate) struct IamPolicy {
    /// How the policy is written.
    #[arg(long, value_enum, default_value_t = PolicyFormat::Json)]
    pub(crate) format: PolicyFormat,
    #[command(flatten)]
    pub(crate) account: AccountArguments,
    #[command(flatten)]
    pub(crate) model: ModelArguments,
}

/// How a policy is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum PolicyFormat {
    /// A policy document.
    Json,
    /// A template with a managed policy, in YAML.
    Cloudformation,
    /// A resource.
    Terraform,
}

/// `marple world`
#[derive(Debug, Subcommand)]
pub(crate) enum World {
    /// The scenarios.
    List,
    /// Read every file of a scenario and say what is wrong.
    Check {
        /// A name from `marple world list`, or a folder.
        scenario: String,
    },
    /// Answer the AWS CLI and boto3 on a loopback port.
    Serve {
        /// A name from `marple world list`, or a folder.
        scenario: String,
        /// The port; 0 picks a free one.
        #[arg(long, default_value_t = 4566)]
        port: u16,
    },
}

/// `all`, `none`, or names between commas, in the order in which they are given, each once.
fn variants(text: &str) -> Result<Variants, UnknownVariant> {
    match text {
        "all" => Ok(Variants(Variant::ALL.to_vec())),
        "none" => Ok(Variants(Vec::new())),
        names => {
            let mut variants = Vec::new();
            for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
                let variant = name.parse()?;
                if !variants.contains(&variant) {
                    variants.push(variant);
                }
            }
            Ok(Variants(variants))
        }
    }
}

/// A span of time as people write it: `90s`, `5m`, `1h30m`.
fn time(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text.parse().map_err(|error| format!("{error}; write 90s, 5m or 1h"))?;
    let time = Duration::try_from(span).map_err(|error| error.to_string())?;
    if time.is_zero() { Err("no time at all; write 90s, 5m or 1h".to_owned()) } else { Ok(time) }
}

/// A language's tag, by its form.
fn language(text: &str) -> Result<String, String> {
    match marple_settings::is_language(text) {
        true => Ok(text.to_owned()),
        false => Err("write a BCP 47 tag such as en, ja or pt-BR".to_owned()),
    }
}

/// A sum of money.
fn dollars(text: &str) -> Result<f64, String> {
    let sum: f64 =
        text.trim_start_matches('$').parse().map_err(|_| "write a sum in US dollars, such as 0.50".to_owned())?;
    if sum.is_finite() && sum > 0.0 { Ok(sum) } else { Err("write a sum above 0, such as 0.50".to_owned()) }
}
