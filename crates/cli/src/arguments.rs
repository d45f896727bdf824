//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;
use marple_eval::{Variant, variants::UnknownVariant};

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
    /// Show a stored investigation again.
    Show(Show),
    /// List the stored investigations, newest first.
    List(List),
    /// Play scenarios and grade the reports. The model may be baseline:latest-deployment or baseline:no-fault, too.
    Eval(Box<Eval>),
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
    /// The language of the report, as a BCP 47 tag: en, ja, …
    #[arg(long, value_name = "TAG", default_value = "en", env = "MARPLE_LANG")]
    pub(crate) lang: String,
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

/// Which account is read.
#[derive(Debug, Clone, Args)]
pub(crate) struct AccountArguments {
    /// The AWS profile.
    #[arg(long, value_name = "NAME")]
    pub(crate) profile: Option<String>,
    /// The AWS region.
    #[arg(long, value_name = "REGION")]
    pub(crate) region: Option<String>,
}

/// Who investigates, and what it is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct ModelArguments {
    /// The model: playbook, or a Bedrock model id or inference profile.
    #[arg(long, value_name = "playbook|BEDROCK-ID", env = "MARPLE_MODEL", default_value = "playbook")]
    pub(crate) model: String,
    /// How long to wait for a language model's first word before the turn is asked again.
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = time)]
    pub(crate) model_timeout: Duration,
    /// Templates of one's own for what the model is told; files that are missing there are taken from the embedded ones.
    #[arg(long, value_name = "DIR")]
    pub(crate) prompts: Option<PathBuf>,
}

/// What an investigation may use.
#[derive(Debug, Args)]
pub(crate) struct BudgetArguments {
    /// Model turns at most.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_turns: u32,
    /// Tool calls at most, those of the opening included.
    #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_tool_calls: u32,
    /// Tokens of all kinds at most.
    #[arg(long, value_name = "N")]
    pub(crate) max_tokens: Option<u64>,
    /// US dollars at most; counts where the model's price is known.
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub(crate) max_cost: Option<f64>,
    /// Wall time at most: 90s, 5m, 1h.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time)]
    pub(crate) max_time: Duration,
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

/// A sum of money.
fn dollars(text: &str) -> Result<f64, String> {
    let sum: f64 =
        text.trim_start_matches('$').parse().map_err(|_| "write a sum in US dollars, such as 0.50".to_owned())?;
    if sum.is_finite() && sum > 0.0 { Ok(sum) } else { Err("write a sum above 0, such as 0.50".to_owned()) }
}
