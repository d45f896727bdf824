//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// Investigates incidents on AWS: an alarm goes in; a root cause and a mitigation plan come out, every statement tied to evidence
/// that the program has checked. It only reads.
#[derive(Debug, Parser)]
#[command(name = "marple", version, propagate_version = true, after_help = EXIT_CODES)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Only errors and the result; no progress.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// More of the program's own log on standard error (-vv, -vvv: more still).
    #[arg(long, short, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

const EXIT_CODES: &str = "Exit codes: 0 a report with a verdict; 2 usage; 3 credentials or permissions; 4 the report is partial \
                          (budget, time or model gave out, or interrupted); 5 bad scenario or configuration; 70 a bug.";

/// The verbs.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Investigate an alarm, a notification or a question.
    Investigate(Box<Investigate>),
    /// Show a stored investigation again.
    Show(Show),
    /// List the stored investigations, newest first.
    List(List),
    /// Look around in the scenarios' worlds.
    #[command(subcommand)]
    World(World),
}

/// `marple investigate`
#[derive(Debug, Args)]
pub struct Investigate {
    /// A question in words, such as "why does orders-api fail since 14:00 UTC?".
    #[arg(value_name = "QUESTION", conflicts_with_all = ["alarm", "latest", "event"])]
    pub question: Option<String>,
    /// A CloudWatch alarm, by name or ARN.
    #[arg(long, value_name = "NAME|ARN", conflicts_with_all = ["latest", "event"])]
    pub alarm: Option<String>,
    /// The alarm that changed to ALARM last.
    #[arg(long, conflicts_with = "event")]
    pub latest: bool,
    /// An alarm's notification as JSON (EventBridge, SNS, SQS, Lambda); - reads standard input.
    #[arg(long, value_name = "FILE|-")]
    pub event: Option<PathBuf>,
    /// Play a scenario instead of a real account: a name from `marple world list`, or a folder.
    #[arg(long, value_name = "NAME|DIR")]
    pub scenario: Option<String>,
    /// The model: playbook, or a Bedrock model id or inference profile.
    #[arg(long, value_name = "playbook|BEDROCK-ID", env = "MARPLE_MODEL", default_value = "playbook")]
    pub model: String,
    /// The AWS profile.
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// The AWS region.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The language of the report, as a BCP 47 tag: en, ja, …
    #[arg(long, value_name = "TAG", default_value = "en", env = "MARPLE_LANG")]
    pub lang: String,
    /// Templates of one's own for what the model is told; files that are missing there are taken from the embedded ones.
    #[arg(long, value_name = "DIR")]
    pub prompts: Option<PathBuf>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened: clap would show the comment as help")]
    pub budget: BudgetArguments,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened: clap would show the comment as help")]
    pub output: OutputArguments,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened: clap would show the comment as help")]
    pub data: DataArguments,
}

/// What an investigation may use.
#[derive(Debug, Args)]
pub struct BudgetArguments {
    /// Model turns at most.
    #[arg(long, value_name = "N", default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_turns: u32,
    /// Tool calls at most, those of the opening included.
    #[arg(long, value_name = "N", default_value_t = 80, value_parser = clap::value_parser!(u32).range(1..))]
    pub max_tool_calls: u32,
    /// Tokens of all kinds at most.
    #[arg(long, value_name = "N")]
    pub max_tokens: Option<u64>,
    /// US dollars at most; counts where the model's price is known.
    #[arg(long, value_name = "USD", value_parser = dollars)]
    pub max_cost: Option<f64>,
    /// Wall time at most: 90s, 5m, 1h.
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = time)]
    pub max_time: Duration,
}

/// Where a report goes, and how it looks.
#[derive(Debug, Args)]
pub struct OutputArguments {
    /// How the report looks.
    #[arg(long, value_enum, default_value_t = Format::Terminal)]
    pub format: Format,
    /// Write the report to a file instead of standard output.
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Where investigations are kept.
#[derive(Debug, Clone, Args)]
pub struct DataArguments {
    /// The folder of the journal. Default: the platform's data directory.
    #[arg(long, value_name = "DIR", env = "MARPLE_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// The renderings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "clap would show the comments as help")]
pub enum Format {
    Terminal,
    Markdown,
    Json,
}

/// `marple show`
#[derive(Debug, Args)]
pub struct Show {
    /// The investigation: its id, or the beginning or end of one. Default: the newest.
    pub id: Option<String>,
    /// The time line before the report, as it was live.
    #[arg(long)]
    pub timeline: bool,
    /// One piece of evidence, whole: E7.
    #[arg(long, value_name = "ID", conflicts_with = "timeline")]
    pub evidence: Option<String>,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened: clap would show the comment as help")]
    pub output: OutputArguments,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened: clap would show the comment as help")]
    pub data: DataArguments,
}

/// `marple list`
#[derive(Debug, Args)]
pub struct List {
    /// A table, or JSON.
    #[arg(long, value_enum, default_value_t = ListFormat::Terminal)]
    pub format: ListFormat,
    #[command(flatten)]
    #[expect(missing_docs, reason = "flattened: clap would show the comment as help")]
    pub data: DataArguments,
}

/// How a list looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[expect(missing_docs, reason = "clap would show the comments as help")]
pub enum ListFormat {
    Terminal,
    Json,
}

/// `marple world`
#[derive(Debug, Subcommand)]
pub enum World {
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
