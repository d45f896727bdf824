//! The ports, filled for tests: a journal in memory, a toolbox of two tools, a clock that stands still unless it is told to run, and a
//! model that answers from a script and checks the rules of the conversation at every turn.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::VecDeque;
use std::sync::{
    Arc, Mutex,
    atomic::{AtomicI64, AtomicUsize, Ordering},
};
use std::time::Duration;

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::BoxStream};
use jiff::{SignedDuration, Timestamp};
use marple_agent::{
    Investigator, Order, Prompts,
    ports::{
        Answer, Clock, Delta, Estimate, Journal, JournalError, Model, ModelError, PlannedCall, Refusal, ScopeError,
        Taken, Toolbox, Turn, Unwatched,
    },
};
use marple_case::{
    Block, Entry, Evidence, Facts, InvestigationId, Message, Outcome, Role, Scope, StopReason, ToolCall, ToolSpec,
    Trigger, Usage, Window, event::Budget,
};
use serde_json::{Value, json};

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A clock that only tests move.
#[derive(Default)]
pub struct TestClock(AtomicI64);

impl TestClock {
    pub fn run(&self, by: Duration) {
        self.0.fetch_add(i64::try_from(by.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        at("2026-01-02T11:00:00Z") + SignedDuration::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Default)]
pub struct MemoryJournal(pub Mutex<Vec<Entry>>);

impl MemoryJournal {
    pub fn all(&self) -> Vec<Entry> {
        self.0.lock().unwrap().clone()
    }
}

impl Journal for MemoryJournal {
    fn append<'a>(&'a self, _: &'a InvestigationId, entry: &'a Entry) -> BoxFuture<'a, Result<(), JournalError>> {
        let mut entries = self.0.lock().unwrap();
        assert_eq!(entry.number, entries.len() as u64 + 1, "entries come in order, without holes");
        entries.push(entry.clone());
        async { Ok(()) }.boxed()
    }

    fn entries<'a>(&'a self, _: &'a InvestigationId) -> BoxFuture<'a, Result<Vec<Entry>, JournalError>> {
        async { Ok(self.all()) }.boxed()
    }
}

/// Two tools: `look {at}` finds "ITEM is broken", later the earlier the item stands in the alphabet, and a hundred lines more if the
/// item is a capital; `fail` is denied.
pub struct TestToolbox {
    specs: Vec<ToolSpec>,
    /// The opening's waves, as items to look at.
    pub waves: Vec<Vec<&'static str>>,
    /// How often a tool ran.
    pub runs: AtomicUsize,
}

impl TestToolbox {
    pub fn new(waves: Vec<Vec<&'static str>>) -> Self {
        let spec = |name: &str| ToolSpec {
            name: name.to_owned(),
            description: "For tests.".to_owned(),
            schema: json!({"type": "object"}),
        };
        Self { specs: vec![spec("look"), spec("fail")], waves, runs: AtomicUsize::new(0) }
    }
}

impl Toolbox for TestToolbox {
    fn tools(&self) -> &[ToolSpec] {
        &self.specs
    }

    fn scope<'a>(&'a self, trigger: &'a Trigger, now: Timestamp) -> BoxFuture<'a, Result<Scope, ScopeError>> {
        let scope = match trigger {
            Trigger::Alarm { alarm } if alarm == "unknown" => Err(ScopeError::UnknownAlarm {
                alarm: alarm.clone(),
                region: "us-east-1".to_owned(),
                nearest: Vec::new(),
            }),
            _ => Ok(Scope {
                account: None,
                region: "us-east-1".to_owned(),
                now,
                alarm: None,
                subjects: Vec::new(),
                window: Window { start: at("2026-01-02T10:00:00Z"), end: now },
                baseline: Window { start: at("2026-01-01T10:00:00Z"), end: at("2026-01-01T11:00:00Z") },
                period_s: 60,
                first_breach: None,
                recovered_at: None,
                notes: Vec::new(),
            }),
        };
        async { scope }.boxed()
    }

    fn redacted(&self, text: &str) -> String {
        text.to_owned()
    }

    fn opening(&self, _: &Scope, evidence: &[Arc<Evidence>]) -> Vec<PlannedCall> {
        let asked = |item: &str| evidence.iter().any(|taken| taken.arguments["at"] == item);
        let open = self.waves.iter().find(|wave| !wave.iter().all(|item| asked(item)));
        open.into_iter().flatten().filter(|item| !asked(item)).map(|item| look(item)).collect()
    }

    fn normalise(&self, call: &PlannedCall, _: &Scope) -> Result<PlannedCall, Refusal> {
        match call.tool.as_str() {
            "look" if call.arguments["at"].is_string() => Ok(look(call.arguments["at"].as_str().unwrap())),
            "look" => Err(Refusal::BadArguments { tool: "look".to_owned(), reason: "at is missing".to_owned() }),
            "fail" => Ok(call.clone()),
            other => Err(Refusal::UnknownTool { tool: other.to_owned(), known: "look, fail".to_owned() }),
        }
    }

    fn run<'a>(&'a self, call: &'a PlannedCall, _: &'a Scope) -> BoxFuture<'a, Taken> {
        self.runs.fetch_add(1, Ordering::SeqCst);
        async move {
            let item = call.arguments["at"].as_str().unwrap_or_default();
            // Later letters answer sooner, so that the order of answers is not the order of calls.
            let delay = u64::from(b'z'.saturating_sub(item.bytes().next().unwrap_or(b'z')));
            tokio::time::sleep(Duration::from_millis(delay)).await;
            let (outcome, text) = match call.tool.as_str() {
                "look" if item.chars().all(char::is_uppercase) => {
                    let more: String = (1..=100).map(|line| format!("\nline {line} of what {item} says")).collect();
                    (Outcome::Found, format!("{item} is broken{more}"))
                }
                "look" => (Outcome::Found, format!("{item} is broken")),
                _ => {
                    let message = "no permission".to_owned();
                    (Outcome::Denied { action: "x:Y".to_owned(), message: message.clone() }, message)
                }
            };
            Taken {
                arguments: call.arguments.clone(),
                outcome,
                facts: Facts::Nothing,
                text,
                shown: None,
                command: "aws x y".to_owned(),
                unread: Vec::new(),
            }
        }
        .boxed()
    }
}

pub fn look(item: &str) -> PlannedCall {
    PlannedCall { tool: "look".to_owned(), arguments: json!({ "at": item, "depth": 1 }) }
}

/// What the scripted model does in a turn.
#[derive(Clone)]
pub enum Act {
    Say(&'static str),
    Call(Vec<(&'static str, Value)>),
    Fail(ModelError),
    /// Stops early, or in a way that is no answer.
    Stop(StopReason, Vec<Block>),
    /// Takes for ever.
    Hang,
}

/// Answers from a script: the n-th turn of the conversation gets the n-th act, so that a resumed investigation goes on where it stood.
pub struct Scripted {
    pub id: &'static str,
    pub script: Vec<Act>,
    pub failures: Mutex<VecDeque<ModelError>>,
    pub seen: Mutex<Vec<Vec<Message>>>,
}

impl Scripted {
    pub fn new(script: Vec<Act>) -> Arc<Self> {
        Self::named("scripted", script)
    }

    pub fn named(id: &'static str, script: Vec<Act>) -> Arc<Self> {
        Arc::new(Self { id, script, failures: Mutex::default(), seen: Mutex::default() })
    }

    pub fn turns(&self) -> usize {
        self.seen.lock().unwrap().len()
    }

    /// The last request's last message.
    pub fn last_heard(&self) -> Message {
        self.seen.lock().unwrap().last().unwrap().last().unwrap().clone()
    }
}

impl Model for Scripted {
    fn id(&self) -> &str {
        self.id
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        keeps_the_rules(turn.messages);
        self.seen.lock().unwrap().push(turn.messages.to_vec());
        let answered = turn.messages.iter().filter(|message| message.role == Role::Assistant).count();
        let act = self.script.get(answered).cloned().unwrap_or(Act::Say("I have nothing to say."));
        let mut stop_reason = StopReason::ToolUse;
        let blocks = match act {
            Act::Stop(reason, blocks) => {
                stop_reason = reason;
                blocks
            }
            Act::Say(text) => vec![Block::Text { text: text.to_owned() }],
            Act::Fail(error) => return futures::stream::iter([Err(error)]).boxed(),
            Act::Hang => return futures::stream::pending().boxed(),
            Act::Call(calls) => (0..)
                .zip(calls)
                .map(|(number, (tool, arguments))| {
                    Block::ToolCall(ToolCall { id: format!("call_{number}"), tool: tool.to_owned(), arguments })
                })
                .collect(),
        };
        let answer = Answer {
            message: Message { role: Role::Assistant, blocks },
            usage: Usage { input_tokens: 100, output_tokens: 10, ..Usage::default() },
            stop_reason,
            latency_ms: 1,
            cost_usd: Some(0.25),
        };
        futures::stream::iter([Ok(Delta::Finished(answer))]).boxed()
    }
}

/// A model whose turns have a size and a price, and whose context is limited. It costs what it was estimated to.
pub struct Measured {
    pub model: Arc<Scripted>,
    pub window: Option<u64>,
    /// US dollars for 1,000 tokens.
    pub price: f64,
    /// The output limit of each turn that was asked.
    pub asked: Mutex<Vec<Option<u32>>>,
}

impl Measured {
    pub fn new(script: Vec<Act>, window: Option<u64>, price: f64) -> Arc<Self> {
        Arc::new(Self { model: Scripted::new(script), window, price, asked: Mutex::default() })
    }
}

impl Model for Measured {
    fn id(&self) -> &str {
        self.model.id()
    }

    fn context_window(&self) -> Option<u64> {
        self.window
    }

    fn estimate(&self, turn: &Turn<'_>) -> Option<Estimate> {
        let input_tokens = serde_json::to_string(turn.messages).unwrap().len() as u64 / 4;
        let output_tokens = u64::from(turn.options.max_output_tokens.unwrap_or(16_000));
        let cost = (input_tokens + output_tokens) as f64 * self.price / 1000.0;
        Some(Estimate { input_tokens, output_tokens, cost_usd: Some(cost) })
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        let estimate = self.estimate(&turn).unwrap();
        assert!(self.window.is_none_or(|window| estimate.input_tokens <= window), "the service would refuse it");
        self.asked.lock().unwrap().push(turn.options.max_output_tokens);
        let paid = move |delta| match delta {
            Ok(Delta::Finished(answer)) => Ok(Delta::Finished(Answer { cost_usd: estimate.cost_usd, ..answer })),
            other => other,
        };
        self.model.answer(turn).map(paid).boxed()
    }
}

/// The rules that Bedrock's Converse enforces.
pub fn keeps_the_rules(messages: &[Message]) {
    assert_eq!(messages.first().map(|message| message.role), Some(Role::User));
    assert_eq!(messages.last().map(|message| message.role), Some(Role::User));
    let mut pending: Vec<String> = Vec::new();
    for pair in messages.windows(2) {
        assert_ne!(pair[0].role, pair[1].role, "roles alternate");
    }
    for message in messages {
        assert!(!message.blocks.is_empty());
        let mut results = Vec::new();
        let mut words_began = false;
        for block in &message.blocks {
            match block {
                Block::Text { text } => {
                    assert!(!text.trim().is_empty());
                    words_began = true;
                }
                Block::ToolResult { call, text, .. } => {
                    assert!(!words_began, "results come before words");
                    assert!(!text.trim().is_empty());
                    results.push(call.clone());
                }
                Block::ToolCall(_) => assert_eq!(message.role, Role::Assistant),
                Block::Reasoning { .. } => {}
            }
        }
        if message.role == Role::User {
            assert_eq!(results, pending, "every call is answered in the next message, in order");
        }
        pending = message.calls().map(|call| call.id.clone()).collect();
    }
}

pub struct Bench {
    pub journal: Arc<MemoryJournal>,
    pub toolbox: Arc<TestToolbox>,
    pub clock: Arc<TestClock>,
    pub id: InvestigationId,
}

impl Bench {
    pub fn new(waves: Vec<Vec<&'static str>>) -> Self {
        Self {
            journal: Arc::default(),
            toolbox: Arc::new(TestToolbox::new(waves)),
            clock: Arc::default(),
            id: InvestigationId("test".to_owned()),
        }
    }

    pub fn investigator(&self, models: Vec<Arc<dyn Model>>) -> Investigator {
        Investigator {
            models,
            toolbox: self.toolbox.clone(),
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            prompts: Arc::new(Prompts::embedded().unwrap()),
            observer: Arc::new(Unwatched),
        }
    }
}

pub fn no_limits() -> Budget {
    Budget { turns: None, tool_calls: None, tokens: None, time_ms: None, cost_usd: None }
}

pub fn order(budget: Budget) -> Order {
    Order {
        trigger: Trigger::LatestAlarm,
        budget,
        language: "en".to_owned(),
        scenario: None,
        environment: None,
        program: "0".to_owned(),
    }
}

/// A root cause that quotes E1.
pub fn cause(quote: &str) -> Value {
    json!({
        "verdict": "fault", "category": "code_defect", "title": "a is broken", "summary": "It is.",
        "components": [{"kind": "other", "name": "a"}], "onset": "2026-01-02T10:30:00Z",
        "chain": [{"statement": "a broke.", "citations": [{"evidence": "E1", "quote": quote}]}],
    })
}

pub fn plan() -> Value {
    json!({"no_immediate_action": "Nothing helps at once."})
}
