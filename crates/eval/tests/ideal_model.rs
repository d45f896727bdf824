//! What each scenario costs with an ideal model: one that asks and concludes as the playbook does, and is sent the conversation as a language
//! model would be. A change that makes it take a tenth more turns or tokens shows here, before anybody pays for it.
//!
//! The figures stand in `ideal_model.json`. After a change that is worth its cost, or that lowers it:
//! `cargo test -p marple-eval --test ideal_model write_the_figures -- --ignored`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures::{StreamExt, stream::BoxStream};
use marple_agent::{
    Investigator, Order, Prompts,
    ports::{Delta, Model, ModelError, Turn, Unwatched},
};
use marple_case::{
    Block, InvestigationId, Message,
    event::{Budget, Ending},
};
use marple_eval::{MemoryJournal, Played};
use marple_playbook::Playbook;
use marple_world::{Files, Scenario, World};
use serde::{Deserialize, Serialize};

/// Bytes of a token: a cautious estimate for English and JSON.
const BYTES_PER_TOKEN: usize = 4;

/// What an investigation cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Cost {
    /// Answers of the model.
    turns: usize,
    /// System prompt, tools and conversation of all turns, as if nothing were cached.
    input_tokens: usize,
    /// What the model wrote.
    output_tokens: usize,
}

/// The playbook, counted as a language model.
#[derive(Default)]
struct Ideal(Mutex<Cost>);

impl Model for Ideal {
    fn id(&self) -> &str {
        "ideal"
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        let tools: usize = turn
            .tools
            .iter()
            .map(|tool| tool.name.len() + tool.description.len() + tool.schema.to_string().len())
            .sum();
        let said: usize = turn.messages.iter().map(bytes).sum();
        {
            let mut cost = self.0.lock().unwrap();
            cost.turns += 1;
            cost.input_tokens += (turn.system.len() + tools + said) / BYTES_PER_TOKEN;
        }
        let answer = Playbook.answer(turn).collect::<Vec<_>>();
        let count = |delta: &Result<Delta, ModelError>| {
            if let Ok(Delta::Finished(answer)) = delta {
                self.0.lock().unwrap().output_tokens += bytes(&answer.message) / BYTES_PER_TOKEN;
            }
        };
        futures::stream::once(answer).flat_map(futures::stream::iter).inspect(count).boxed()
    }
}

fn bytes(message: &Message) -> usize {
    let of = |block: &Block| match block {
        Block::Text { text } | Block::ToolResult { text, .. } => text.len(),
        Block::ToolCall(call) => call.tool.len() + call.arguments.to_string().len(),
        Block::Reasoning { opaque } => opaque.to_string().len(),
    };
    message.blocks.iter().map(of).sum()
}

async fn cost(folder: &Path) -> Cost {
    let played = Played::new(&World::new(Arc::new(Scenario::load(Files::read(folder).unwrap()).unwrap())));
    let model = Arc::new(Ideal::default());
    let investigator = Investigator {
        models: vec![model.clone()],
        toolbox: Arc::new(played.toolbox),
        journal: Arc::new(MemoryJournal::default()),
        clock: Arc::new(played.clock),
        prompts: Arc::new(Prompts::embedded().unwrap()),
        observer: Arc::new(Unwatched),
    };
    let id = InvestigationId("0000".to_owned());
    let order = Order {
        trigger: played.trigger,
        budget: Budget { turns: Some(12), ..Budget::default() },
        language: "en".to_owned(),
        scenario: None,
        environment: None,
        program: "test".to_owned(),
    };
    investigator.open(&id, order).await.unwrap();
    let ended = investigator.run(&id, std::future::pending()).await.unwrap();
    assert_eq!(ended.ending(), Some(&Ending::Complete), "{}", folder.display());
    *model.0.lock().unwrap()
}

async fn costs() -> BTreeMap<String, Cost> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut costs = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let folder = entry.unwrap().path();
        if folder.join("scenario.toml").is_file() {
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            costs.insert(name, cost(&folder).await);
        }
    }
    costs
}

fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ideal_model.json")
}

/// Whether a figure is more than a tenth above the one on record.
fn has_risen(now: usize, recorded: usize) -> bool {
    now * 10 > recorded * 11
}

#[tokio::test]
async fn no_scenario_takes_a_tenth_more_turns_or_tokens_than_on_record() {
    let recorded: BTreeMap<String, Cost> = serde_json::from_str(&std::fs::read_to_string(file()).unwrap()).unwrap();
    let now = costs().await;
    let names = |costs: &BTreeMap<String, Cost>| costs.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&now), names(&recorded), "write the figures again: scenarios came or went");
    let risen = now.iter().filter(|(name, now)| {
        let before = recorded[*name];
        has_risen(now.turns, before.turns)
            || has_risen(now.input_tokens, before.input_tokens)
            || has_risen(now.output_tokens, before.output_tokens)
    });
    let risen: Vec<String> = risen.map(|(name, now)| format!("{name}: {now:?}, before {:?}", recorded[name])).collect();
    assert!(risen.is_empty(), "{}", risen.join("\n"));
}

#[tokio::test]
#[ignore = "writes the file"]
async fn write_the_figures() {
    std::fs::write(file(), serde_json::to_string_pretty(&costs().await).unwrap() + "\n").unwrap();
}
