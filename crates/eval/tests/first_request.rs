//! What a model is told first, scenario by scenario: the whole of it for one, so that a change of a prompt, a tool or a text shows in
//! review; and its size for all, since every token is paid for in every turn.
//!
//! A changed snapshot is accepted with `INSTA_UPDATE=always cargo test -p marple-eval --test first_request`.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use futures::{StreamExt, stream::BoxStream};
use marple_agent::{
    Investigator, Order, Prompts,
    ports::{Delta, Model, ModelError, Turn, Unwatched},
};
use marple_case::{InvestigationId, event::Budget};
use marple_eval::{MemoryJournal, Played};
use marple_world::{Files, Scenario, World};

/// Tokens that a first request may have. Four bytes a token is a cautious estimate for English and JSON.
const TOKENS: usize = 25_000;

/// Keeps the first request, and gives out.
#[derive(Default)]
struct Listener(Mutex<String>);

impl Model for Listener {
    fn id(&self) -> &str {
        "listener"
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        let mut said = format!("=== system\n{}\n", turn.system);
        for tool in turn.tools {
            write!(said, "=== tool {}\n{}\n{}\n", tool.name, tool.description, tool.schema).unwrap();
        }
        for message in turn.messages {
            write!(said, "=== {:?}\n{}\n", message.role, message.text()).unwrap();
        }
        *self.0.lock().unwrap() = said;
        futures::stream::iter([Err(ModelError::Unavailable { message: "it only listens".to_owned() })]).boxed()
    }
}

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut scenarios: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("scenario.toml").is_file())
        .collect();
    scenarios.sort();
    scenarios
}

async fn first_request(folder: &Path) -> String {
    let scenario = Scenario::load(Files::read(folder).unwrap()).unwrap();
    let played = Played::new(&World::new(Arc::new(scenario)));
    let listener = Arc::new(Listener::default());
    let investigator = Investigator {
        models: vec![listener.clone()],
        toolbox: Arc::new(played.toolbox),
        journal: Arc::new(MemoryJournal::default()),
        clock: Arc::new(played.clock),
        prompts: Arc::new(Prompts::embedded().unwrap()),
        observer: Arc::new(Unwatched),
    };
    let id = InvestigationId("0000".to_owned());
    let budget = Budget { turns: Some(12), ..Budget::default() };
    let order = Order {
        trigger: played.trigger,
        budget,
        language: "en".to_owned(),
        scenario: None,
        environment: None,
        program: "test".to_owned(),
    };
    investigator.open(&id, order).await.unwrap();
    investigator.run(&id, std::future::pending()).await.unwrap();
    listener.0.lock().unwrap().clone()
}

#[tokio::test]
async fn the_first_request_of_a_scenario_is_what_it_was() {
    let folder = scenarios().into_iter().find(|path| path.ends_with("lambda-timeout")).unwrap();
    insta::assert_snapshot!("lambda_timeout", first_request(&folder).await);
}

#[tokio::test]
async fn no_first_request_is_larger_than_25_000_tokens() {
    for folder in scenarios() {
        let tokens = first_request(&folder).await.len() / 4;
        assert!(tokens <= TOKENS, "{}: {tokens} tokens", folder.display());
    }
}
