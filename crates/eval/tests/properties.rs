//! Scenarios with mistakes in them, of the sort that authors make and worse: what cannot be played is an error with its file, and what can be
//! played ends in a report. `PROPTEST_CASES` makes it longer.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use marple_agent::{Investigator, Order, Prompts, ports::Journal, ports::Unwatched};
use marple_case::{InvestigationId, event::Budget};
use marple_eval::{MemoryJournal, Played};
use marple_playbook::Playbook;
use marple_report::{Report, markdown};
use marple_world::{Files, Scenario, World};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};
use support::scenarios;

/// The longest that a world may keep an investigation busy; a sound one takes a fraction of a second.
const LIMIT: Duration = Duration::from_secs(60);

/// Small ones of different kinds.
static FILES: LazyLock<Vec<Files>> = LazyLock::new(|| {
    let names = ["lambda-type-error", "lambda-slow-dependency", "ecs-image-pull-failure", "no-fault-threshold"];
    scenarios(&[None])
        .into_iter()
        .filter(|source| names.contains(&source.id.as_str()))
        .map(|source| source.files)
        .collect()
});

/// One mistake.
#[derive(Debug, Clone)]
enum Mistake {
    /// A character is another one.
    Character(Index, Index, char),
    /// A file ends too early.
    Cut(Index, Index),
    /// A file is gone.
    Gone(Index),
    /// A line is gone, or stands twice.
    Line(Index, Index, bool),
    /// A value of a JSON or TOML file is something else.
    Value(Index, Index, Value),
}

fn mistake() -> impl Strategy<Value = Mistake> {
    let odd = prop::sample::select(vec![
        Value::Null,
        json!(""),
        json!(-1),
        json!(0),
        json!(99_999_999_999_u64),
        json!(1e300),
        json!(true),
        json!([]),
        json!({}),
        json!("9999-12-31T23:59:59Z"),
        json!("-9999-01-01T00:00:00Z"),
        json!("a\u{0}\u{202e}"),
        json!("../../etc/passwd"),
        json!([[[[]]]]),
    ]);
    let place = any::<Index>;
    prop_oneof![
        2 => (place(), place(), any::<char>()).prop_map(|(file, place, character)| Mistake::Character(file, place, character)),
        1 => (place(), place()).prop_map(|(file, place)| Mistake::Cut(file, place)),
        1 => place().prop_map(Mistake::Gone),
        2 => (place(), place(), any::<bool>()).prop_map(|(file, line, twice)| Mistake::Line(file, line, twice)),
        6 => (place(), place(), odd).prop_map(|(file, place, value)| Mistake::Value(file, place, value)),
    ]
}

fn make(files: &mut Files, mistake: &Mistake) {
    let paths: Vec<String> = files.iter().map(|(path, _)| path.to_owned()).collect();
    let (Mistake::Character(file, ..)
    | Mistake::Cut(file, _)
    | Mistake::Gone(file)
    | Mistake::Line(file, ..)
    | Mistake::Value(file, ..)) = mistake;
    let path = &paths[file.index(paths.len())];
    let text = String::from_utf8_lossy(files.get(path).unwrap()).into_owned();
    if text.is_empty() {
        return;
    }
    let changed = match mistake {
        Mistake::Character(_, place, character) => {
            let mut characters: Vec<char> = text.chars().collect();
            let place = place.index(characters.len());
            characters[place] = *character;
            characters.into_iter().collect()
        }
        Mistake::Cut(_, place) => text.chars().take(place.index(text.chars().count())).collect(),
        Mistake::Gone(_) => {
            files.remove(path);
            return;
        }
        Mistake::Line(_, line, is_twice) => {
            let mut lines: Vec<&str> = text.lines().collect();
            let line = line.index(lines.len());
            if *is_twice {
                lines.insert(line, lines[line]);
            } else {
                lines.remove(line);
            }
            lines.join("\n")
        }
        Mistake::Value(_, place, value) => with_value(&text, *place, value),
    };
    files.insert(path.clone(), changed);
}

fn with_value(text: &str, place: Index, value: &Value) -> String {
    if let Ok(mut whole) = serde_json::from_str::<Value>(text) {
        let mut all = Vec::new();
        pointers(&whole, String::new(), &mut all);
        *whole.pointer_mut(&all[place.index(all.len())]).unwrap() = value.clone();
        return whole.to_string();
    }
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let assigned: Vec<usize> = (0..lines.len()).filter(|line| lines[*line].contains(" = ")).collect();
    if let Some(line) = (!assigned.is_empty()).then(|| assigned[place.index(assigned.len())]) {
        let key = lines[line].split(" = ").next().unwrap().to_owned();
        lines[line] = format!("{key} = {value}");
    }
    lines.join("\n")
}

fn pointers(value: &Value, here: String, all: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, inner) in fields {
                pointers(inner, format!("{here}/{}", key.replace('~', "~0").replace('/', "~1")), all);
            }
        }
        Value::Array(items) => {
            for (place, inner) in items.iter().enumerate() {
                pointers(inner, format!("{here}/{place}"), all);
            }
        }
        _ => {}
    }
    all.push(here);
}

/// The world, and what its check says; `None`: it has no head that can be read.
fn world(files: Files) -> Option<World> {
    match Scenario::load(files) {
        Ok(scenario) => Some(World::new(Arc::new(scenario))),
        Err(error) => {
            assert_eq!(error.file(), "scenario.toml");
            assert!(error.to_string().len() > "scenario.toml: ".len(), "{error}");
            None
        }
    }
}

async fn investigated(world: &World) -> Option<Report> {
    let Played { toolbox, clock, trigger } = Played::new(world);
    let journal = Arc::new(MemoryJournal::default());
    let investigator = Investigator {
        models: vec![Arc::new(Playbook)],
        toolbox: Arc::new(toolbox),
        journal: journal.clone(),
        clock: Arc::new(clock),
        prompts: Arc::new(Prompts::embedded().unwrap()),
        observer: Arc::new(Unwatched),
    };
    let id = InvestigationId("mistaken".to_owned());
    let order = Order {
        trigger,
        budget: Budget { turns: Some(12), tool_calls: Some(80), ..Budget::default() },
        language: "en".to_owned(),
        scenario: None,
        environment: None,
        program: "test".to_owned(),
    };
    // The alarm itself may be what is broken: then there is nothing to investigate, and that is said.
    if let Err(error) = investigator.open(&id, order).await {
        assert!(error.to_string().len() > 10, "{error}");
        return None;
    }
    investigator.run(&id, std::future::pending()).await.unwrap();
    Some(Report::from_entries(id.clone(), &journal.entries(&id).await.unwrap()))
}

/// So many cases, unless `PROPTEST_CASES` asks for another number.
fn cases(few: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: if usual.cases == 256 { few } else { usual.cases }, ..usual }
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn the_check_of_a_scenario_with_mistakes_names_the_file_of_each(
        which in any::<Index>(),
        mistakes in prop::collection::vec(mistake(), 1..4),
    ) {
        let mut files = FILES[which.index(FILES.len())].clone();
        mistakes.iter().for_each(|mistake| make(&mut files, mistake));
        let Some(Err(errors)) = world(files).map(|world| world.check()) else { return Ok(()) };
        prop_assert!(!errors.is_empty());
        for error in &errors {
            let said = error.to_string();
            let stem = error.file().trim_end_matches('/');
            prop_assert!(said.contains(stem) && said.len() > stem.len() + 2, "{said}");
        }
    }
}

proptest! {
    #![proptest_config(cases(8))]

    /// A world is played even where the check finds fault with it: `marple investigate --scenario` does not insist on the check.
    #[test]
    fn a_scenario_with_mistakes_is_played_to_a_report(
        which in any::<Index>(),
        mistakes in prop::collection::vec(mistake(), 1..4),
    ) {
        let mut files = FILES[which.index(FILES.len())].clone();
        mistakes.iter().for_each(|mistake| make(&mut files, mistake));
        let Some(world) = world(files) else { return Ok(()) };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let report = runtime.block_on(async { tokio::time::timeout(LIMIT, investigated(&world)).await });
        let report = report.map_err(|_| TestCaseError::fail("the world does not end"))?;
        if let Some(report) = report {
            prop_assert!(!markdown::render(&report).is_empty());
        }
    }
}
