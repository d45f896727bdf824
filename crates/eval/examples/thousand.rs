//! Investigations at once, against a model that takes its time: `thousand [INVESTIGATIONS] [SECONDS] [--played]`.
//!
//! 1,000 investigations of all scenarios in turn, with a model that takes 5 s a turn and then answers as the playbook did in an investigation
//! before the count: a language model thinks elsewhere, too. As in a server, investigations of one account share its toolbox, and all share
//! one journal in SQLite. Prints, as JSON, the time by the clock and of the
//! processor, the model's own time (the turns of the longest investigation), what was added to it, and the peak of the memory.
//!
//! AWS is elsewhere in production, so what it answered is remembered: the first call of each kind goes through the SDK to the world,
//! later ones get the same answer. With `--played` each call goes to the world, which then takes most of the processor's time.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_macros
)]

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use jiff::Timestamp;
use marple_agent::{
    Investigator, Order, Prompts,
    ports::{Answer, Delta, Model, ModelError, PlannedCall, Refusal, ScopeError, Taken, Toolbox, Turn, Unwatched},
};
use marple_aws::AwsToolbox;
use marple_case::{
    Evidence, InvestigationId, Role, Scope, ToolSpec, Trigger,
    event::{Budget, Ending},
};
use marple_eval::{Played, ScenarioClock};
use marple_playbook::Playbook;
use marple_store::SqliteJournal;
use marple_world::{Files, Scenario, World};
use mimalloc::MiMalloc;
use serde_json::json;
use tokio::sync::OnceCell;

/// As in the binary.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The playbook, whose answers are kept.
#[derive(Default)]
struct Kept {
    answers: Mutex<Vec<Answer>>,
}

impl Model for Kept {
    fn id(&self) -> &str {
        "kept"
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        let keep = |delta: &Result<Delta, ModelError>| {
            if let Ok(Delta::Finished(answer)) = delta {
                self.answers.lock().unwrap().push(answer.clone());
            }
        };
        Playbook.answer(turn).inspect(keep).boxed()
    }
}

/// A model that takes its time for each turn, and then gives the answer that was kept for that turn.
struct Slow {
    turn: Duration,
    answers: Vec<Answer>,
}

impl Model for Slow {
    fn id(&self) -> &str {
        "slow"
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        let answered = turn.messages.iter().filter(|message| message.role == Role::Assistant).count();
        async move {
            tokio::time::sleep(self.turn).await;
            Ok(Delta::Finished(self.answers[answered].clone()))
        }
        .into_stream()
        .boxed()
    }
}

/// A toolbox whose answers are remembered.
struct Remembering {
    toolbox: AwsToolbox,
    scopes: OnceCell<Result<Scope, ScopeError>>,
    answers: Mutex<HashMap<String, Arc<OnceCell<Taken>>>>,
}

impl Toolbox for Remembering {
    fn tools(&self) -> &[ToolSpec] {
        self.toolbox.tools()
    }

    fn scope<'a>(&'a self, trigger: &'a Trigger, now: Timestamp) -> BoxFuture<'a, Result<Scope, ScopeError>> {
        async move { self.scopes.get_or_init(|| self.toolbox.scope(trigger, now)).await.clone() }.boxed()
    }

    fn redacted(&self, text: &str) -> String {
        self.toolbox.redacted(text)
    }

    fn opening(&self, scope: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
        self.toolbox.opening(scope, evidence)
    }

    fn normalise(&self, call: &PlannedCall, scope: &Scope) -> Result<PlannedCall, Refusal> {
        self.toolbox.normalise(call, scope)
    }

    fn run<'a>(&'a self, call: &'a PlannedCall, scope: &'a Scope) -> BoxFuture<'a, Taken> {
        async move {
            let key = format!("{} {}", call.tool, call.arguments);
            let answer = Arc::clone(self.answers.lock().unwrap().entry(key).or_default());
            answer.get_or_init(|| self.toolbox.run(call, scope)).await.clone()
        }
        .boxed()
    }
}

/// An account that is looked at: a scenario's world.
struct Account {
    toolbox: Arc<dyn Toolbox>,
    clock: Arc<ScenarioClock>,
    trigger: Trigger,
    model: Arc<dyn Model>,
}

impl Account {
    fn of(folder: &Path, is_played: bool) -> Self {
        let world = World::new(Arc::new(Scenario::load(Files::read(folder).unwrap()).unwrap()));
        let Played { toolbox, clock, trigger } = Played::new(&world);
        let toolbox: Arc<dyn Toolbox> = match is_played {
            true => Arc::new(toolbox),
            false => Arc::new(Remembering { toolbox, scopes: OnceCell::new(), answers: Mutex::default() }),
        };
        Self { toolbox, clock: Arc::new(clock), trigger, model: Arc::new(Playbook) }
    }
}

/// What all investigations share.
struct Service {
    journal: Arc<SqliteJournal>,
    prompts: Arc<Prompts>,
}

impl Service {
    /// An investigation from end to end; gives its turns.
    fn investigate(&self, account: &Account, id: String) -> impl Future<Output = u32> + Send + use<> {
        let investigator = Investigator {
            models: vec![Arc::clone(&account.model)],
            toolbox: Arc::clone(&account.toolbox),
            journal: self.journal.clone(),
            clock: account.clock.clone(),
            prompts: Arc::clone(&self.prompts),
            observer: Arc::new(Unwatched),
        };
        let budget = Budget { turns: Some(12), tool_calls: Some(80), ..Budget::default() };
        let trigger = account.trigger.clone();
        let order = Order {
            trigger,
            budget,
            language: "en".to_owned(),
            scenario: None,
            environment: None,
            program: "bench".to_owned(),
        };
        let id = InvestigationId(id);
        async move {
            investigator.open(&id, order).await.unwrap();
            let ended = investigator.run(&id, std::future::pending()).await.unwrap();
            assert_eq!(ended.ending(), Some(&Ending::Complete));
            ended.turns()
        }
    }
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |place: usize| arguments.get(place).and_then(|text| text.parse::<u32>().ok());
    let (investigations, seconds) = (number(0).unwrap_or(1000), number(1).unwrap_or(5));
    let is_played = arguments.iter().any(|argument| argument == "--played");
    let mut accounts: Vec<Account> = scenarios().iter().map(|folder| Account::of(folder, is_played)).collect();
    let folder = tempfile::tempdir().unwrap();
    let journal = Arc::new(SqliteJournal::open(folder.path()).await.unwrap());
    let service = Service { journal, prompts: Arc::new(Prompts::embedded().unwrap()) };
    // Worlds are parsed, and the model's answers are made, before the count begins.
    let turn = Duration::from_secs(u64::from(seconds));
    for (place, account) in accounts.iter_mut().enumerate() {
        let kept = Arc::new(Kept::default());
        account.model = kept.clone();
        service.investigate(account, format!("first-{place}")).await;
        account.model = Arc::new(Slow { turn, answers: std::mem::take(&mut *kept.answers.lock().unwrap()) });
    }
    let (before, begun, cpu) = (memory_mib("VmRSS:"), Instant::now(), cpu_seconds());
    let mut running = tokio::task::JoinSet::new();
    for (place, account) in (0..investigations).zip(accounts.iter().cycle()) {
        running.spawn(service.investigate(account, format!("{place:05}")));
    }
    let turns = running.join_all().await;
    let (elapsed, longest) = (begun.elapsed().as_secs_f64(), turns.iter().max().copied().unwrap_or(0));
    let own = f64::from(longest) * f64::from(seconds);
    let figures = json!({
        "investigations": investigations,
        "turns": { "all": turns.iter().sum::<u32>(), "longest": longest },
        "seconds": { "elapsed": rounded(elapsed), "model": own, "processor": rounded(cpu_seconds() - cpu) },
        "added_percent": rounded((elapsed / own - 1.0) * 100.0),
        "memory_mib": { "before": before, "peak": memory_mib("VmHWM:") },
    });
    println!("{figures:#}");
}

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut folders: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|folder| folder.join("scenario.toml").is_file());
    folders.sort();
    folders
}

fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

/// A figure of /proc/self/status, MiB.
fn memory_mib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}

/// Processor time so far, of all threads: user and system in /proc/self/stat, in ticks of 10 ms.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}
