//! What is recorded is played back; what differs is said with its turn.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::io::Write;
use std::sync::{Arc, Mutex};

use futures::stream::{self, BoxStream, StreamExt};
use marple_agent::ports::{Answer, Delta, Model, ModelError, Turn, TurnOptions};
use marple_case::{
    Block, Evidence, EvidenceId, Facts, Message, Outcome, Role, Scope, StopReason, ToolCall, Usage, Window,
};
use marple_transcript::{record, replay};
use serde_json::{Value, json};

/// A model that says what it is told to, turn by turn.
struct Scripted(Mutex<Vec<Result<Answer, ModelError>>>);

impl Model for Scripted {
    fn id(&self) -> &str {
        "us.some.model-v1:0"
    }

    fn context_window(&self) -> Option<u64> {
        Some(200_000)
    }

    fn answer<'a>(&'a self, _: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        let next = self.0.lock().unwrap().remove(0);
        stream::iter([next.map(Delta::Finished)]).boxed()
    }
}

/// A file that stays readable.
#[derive(Clone, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl File {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// An investigation, as a model sees it.
#[derive(Clone)]
struct Conversation {
    id: &'static str,
    system: &'static str,
    messages: Vec<Message>,
    evidence: Vec<Arc<Evidence>>,
}

impl Conversation {
    fn new(id: &'static str) -> Self {
        let evidence = vec![evidence(1, "describe_alarms", json!({ "name": "orders" }))];
        Self { id, system: "You are Marple.", messages: vec![Message::user("Why?")], evidence }
    }

    /// The turn after this answer, whose calls found something.
    fn after(mut self, message: Message) -> Self {
        for call in message.calls() {
            let id = u32::try_from(self.evidence.len()).unwrap() + 1;
            self.evidence.push(evidence(id, &call.tool, call.arguments.clone()));
        }
        let results = message.calls().map(|call| Block::ToolResult {
            call: call.id.clone(),
            text: "3 events".to_owned(),
            is_error: false,
        });
        let results = Message { role: Role::User, blocks: results.collect() };
        self.messages.extend([message, results]);
        self
    }
}

fn evidence(id: u32, tool: &str, arguments: Value) -> Arc<Evidence> {
    Arc::new(Evidence {
        id: EvidenceId(id),
        tool: tool.to_owned(),
        arguments,
        outcome: Outcome::Found,
        facts: Facts::Nothing,
        text: "3 events".to_owned(),
        shown: None,
        command: String::new(),
        unread: Vec::new(),
        taken_at: "2026-01-01T10:00:00Z".parse().unwrap(),
        elapsed_ms: 5,
    })
}

fn looks(tool: &str, arguments: Value) -> Message {
    let call = ToolCall { id: "t1".to_owned(), tool: tool.to_owned(), arguments };
    Message { role: Role::Assistant, blocks: vec![Block::Text { text: "I look.".to_owned() }, Block::ToolCall(call)] }
}

fn answer(message: Message) -> Answer {
    let usage = Usage { input_tokens: 900, output_tokens: 20, ..Usage::default() };
    Answer { message, usage, stop_reason: StopReason::ToolUse, latency_ms: 1200, cost_usd: Some(0.01) }
}

/// What a model comes to in a turn.
async fn ask(model: &Arc<dyn Model>, conversation: &Conversation) -> Result<Answer, ModelError> {
    let window =
        Window { start: "2026-01-01T09:00:00Z".parse().unwrap(), end: "2026-01-01T10:00:00Z".parse().unwrap() };
    let scope = Scope {
        account: None,
        region: "us-east-1".to_owned(),
        now: window.end,
        alarm: None,
        subjects: Vec::new(),
        window,
        baseline: window,
        period_s: 60,
        first_breach: None,
        recovered_at: None,
        notes: Vec::new(),
    };
    let turn = Turn {
        system: conversation.system,
        messages: &conversation.messages,
        evidence: &conversation.evidence,
        scope: &scope,
        tools: &[],
        options: TurnOptions { investigation: conversation.id.to_owned(), ..TurnOptions::default() },
    };
    match model.answer(turn).collect::<Vec<_>>().await.pop() {
        Some(Ok(Delta::Finished(answer))) => Ok(answer),
        Some(Err(error)) => Err(error),
        other => panic!("{other:?}"),
    }
}

/// A search, then its conclusion, recorded; and the conversation before each turn.
async fn recorded() -> (String, [Conversation; 2], [Answer; 2]) {
    let answers = [
        answer(looks("search_logs", json!({ "group": "/aws/lambda/orders" }))),
        answer(Message { role: Role::Assistant, blocks: vec![Block::Text { text: "It is the disk.".to_owned() }] }),
    ];
    let file = File::default();
    let scripted = Scripted(Mutex::new(answers.iter().cloned().map(Ok).collect()));
    let models = record(Box::new(file.clone()), vec![Arc::new(scripted)]).unwrap();
    let first = Conversation::new("A");
    let second = first.clone().after(answers[0].message.clone());
    for (conversation, expected) in [&first, &second].into_iter().zip(&answers) {
        assert_eq!(ask(&models[0], conversation).await.as_ref(), Ok(expected), "a recorder hands on what it hears");
    }
    (file.text(), [first, second], answers)
}

fn played(text: &str) -> Arc<dyn Model> {
    replay("run.jsonl", text).unwrap().remove(0)
}

async fn difference(model: &Arc<dyn Model>, conversation: &Conversation) -> String {
    match ask(model, conversation).await {
        Err(ModelError::ReplayDiffers { message }) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_recorded_conversation_plays_back_as_it_was_whatever_the_prompts_say() {
    let (text, turns, answers) = recorded().await;
    let model = played(&text);
    assert_eq!((model.id(), model.context_window()), ("replay:us.some.model-v1:0", Some(200_000)));
    for (conversation, expected) in turns.into_iter().zip(answers) {
        let mut reworded = Conversation { id: "B", system: "You are somebody else.", ..conversation };
        reworded.messages[0] = Message::user("Pourquoi ?");
        assert_eq!(ask(&model, &reworded).await, Ok(expected));
    }
}

#[tokio::test]
async fn the_file_says_each_thing_once() {
    let (text, ..) = recorded().await;
    insta::assert_snapshot!(text, @r#"
    {"line":"transcript","version":1,"models":[{"id":"us.some.model-v1:0","is_language_model":true,"context_window":200000}]}
    {"line":"turn","investigation":"A","turn":1,"model":"us.some.model-v1:0","asked":{"system":"You are Marple.","message":{"role":"user","blocks":[{"block":"text","text":"Why?"}]},"evidence":[{"id":"E1","tool":"describe_alarms","arguments":{"name":"orders"},"outcome":"found"}],"results":[]},"answered":{"message":{"role":"assistant","blocks":[{"block":"text","text":"I look."},{"block":"tool_call","id":"t1","tool":"search_logs","arguments":{"group":"/aws/lambda/orders"}}]},"usage":{"input_tokens":900,"output_tokens":20,"cache_read_tokens":0,"cache_write_tokens":0},"stop_reason":"tool_use","latency_ms":1200,"cost_usd":0.01}}
    {"line":"turn","investigation":"A","turn":2,"model":"us.some.model-v1:0","asked":{"message":{"role":"user","blocks":[{"block":"tool_result","call":"t1","text":"3 events","is_error":false}]},"evidence":[{"id":"E2","tool":"search_logs","arguments":{"group":"/aws/lambda/orders"},"outcome":"found"}],"results":[{"tool":"search_logs","arguments":{"group":"/aws/lambda/orders"},"is_error":false}]},"answered":{"message":{"role":"assistant","blocks":[{"block":"text","text":"It is the disk."}]},"usage":{"input_tokens":900,"output_tokens":20,"cache_read_tokens":0,"cache_write_tokens":0},"stop_reason":"tool_use","latency_ms":1200,"cost_usd":0.01}}
    "#);
}

#[tokio::test]
async fn what_differs_is_said_with_its_turn() {
    let (text, [first, second], _) = recorded().await;
    let other = Conversation { evidence: vec![evidence(1, "get_metrics", json!({}))], ..first.clone() };
    insta::assert_snapshot!(difference(&played(&text), &other).await, @r#"replay of run.jsonl: turn 1 differs: E1 is of describe_alarms {"name":"orders"} there, and E1 of get_metrics {} here"#);
    let more = Conversation {
        evidence: [first.evidence.clone(), vec![evidence(2, "get_metrics", json!({}))]].concat(),
        ..first.clone()
    };
    insta::assert_snapshot!(difference(&played(&text), &more).await, @"replay of run.jsonl: turn 1 differs: E2 of get_metrics {} is not there");

    let at_second = async |conversation: &Conversation| {
        let model = played(&text);
        ask(&model, &first).await.unwrap();
        difference(&model, conversation).await
    };
    let searched = first.clone().after(looks("search_logs", json!({ "group": "/aws/lambda/orders" })));
    let mut refused = searched.clone();
    refused.evidence.pop();
    insta::assert_snapshot!(at_second(&refused).await, @r#"replay of run.jsonl: turn 2 differs: E2 of search_logs {"group":"/aws/lambda/orders"} is missing here"#);
    let mut denied = searched.clone();
    Arc::make_mut(&mut denied.evidence[1]).outcome = Outcome::Failed { message: "no".to_owned() };
    insta::assert_snapshot!(at_second(&denied).await, @r#"replay of run.jsonl: turn 2 differs: E2 of search_logs {"group":"/aws/lambda/orders"} is found there, and failed here"#);
    let mut failed = searched;
    for block in &mut failed.messages[2].blocks {
        let Block::ToolResult { is_error, .. } = block else { continue };
        *is_error = true;
    }
    insta::assert_snapshot!(at_second(&failed).await, @r#"replay of run.jsonl: turn 2 differs: the call of search_logs {"group":"/aws/lambda/orders"} got a result there, and an error here"#);

    let model = played(&text);
    ask(&model, &first).await.unwrap();
    ask(&model, &second).await.unwrap();
    insta::assert_snapshot!(difference(&model, &second).await, @"replay of run.jsonl: the transcript ends with turn 2, and one more is asked for");
    insta::assert_snapshot!(difference(&model, &Conversation { id: "C", ..first }).await, @"replay of run.jsonl: all 1 investigations of the transcript have been played, and one more asks");
}

#[tokio::test]
async fn times_that_the_moment_of_asking_makes_are_no_difference() {
    let conversation = |start: &str| {
        let arguments = json!({ "metrics": [{ "name": "Errors" }], "start": start });
        Conversation { evidence: vec![evidence(1, "get_metrics", arguments)], ..Conversation::new("A") }
    };
    let file = File::default();
    let words = answer(Message { role: Role::Assistant, blocks: vec![Block::Text { text: "Disk.".to_owned() }] });
    let models = record(Box::new(file.clone()), vec![Arc::new(Scripted(Mutex::new(vec![Ok(words.clone())])))]).unwrap();
    ask(&models[0], &conversation("2026-01-01T10:00:00.026Z")).await.unwrap();
    assert_eq!(ask(&played(&file.text()), &conversation("2026-01-01T10:01:07.5Z")).await, Ok(words));
    insta::assert_snapshot!(difference(&played(&file.text()), &conversation("2026-01-01T11:00:00.026Z")).await, @r#"
replay of run.jsonl: turn 1 differs: E1 is of get_metrics {"metrics":[{"name":"Errors"}],"start":"2026-01-01T10:00:00.026Z"} there, and E1 of get_metrics {"metrics":[{"name":"Errors"}],"start":"2026-01-01T11:00:00.026Z"} here
"#);
}

#[tokio::test]
async fn a_resumed_investigation_goes_on_in_the_middle() {
    let (text, [_, second], [_, answer]) = recorded().await;
    assert_eq!(ask(&played(&text), &second).await, Ok(answer));
}

#[tokio::test]
async fn investigations_of_one_file_find_their_own_recording() {
    let file = File::default();
    let words =
        |text: &str| answer(Message { role: Role::Assistant, blocks: vec![Block::Text { text: text.to_owned() }] });
    let throttled = ModelError::Throttled { message: "Slow down.".to_owned() };
    let script = Mutex::new(vec![Ok(words("Disk.")), Err(throttled.clone()), Ok(words("Network."))]);
    let models = record(Box::new(file.clone()), vec![Arc::new(Scripted(script))]).unwrap();
    let disk = Conversation::new("A");
    let network = Conversation { id: "B", evidence: vec![evidence(1, "get_metrics", json!({}))], ..disk.clone() };
    for conversation in [&disk, &network, &network] {
        let _ = ask(&models[0], conversation).await;
    }
    let model = played(&file.text());
    assert_eq!(ask(&model, &network).await, Err(throttled));
    assert_eq!(ask(&model, &disk).await, Ok(words("Disk.")));
    assert_eq!(ask(&model, &network).await, Ok(words("Network.")));
}

#[test]
fn a_file_that_is_no_transcript_is_refused_with_its_line() {
    let said = |text: &str| replay("run.jsonl", text).err().unwrap().to_string();
    let header = r#"{"line":"transcript","version":1,"models":[]}"#;
    insta::assert_snapshot!(said(""), @"run.jsonl:1: the file is empty");
    insta::assert_snapshot!(said("{}"), @"run.jsonl:1: missing field `line`");
    insta::assert_snapshot!(said(&header.replace('1', "2")), @"run.jsonl:1: this is version 2 of the format; this program reads version 1");
    insta::assert_snapshot!(said(&format!("{header}\n\n{header}\n")), @"run.jsonl:3: a second transcript begins here");
}
