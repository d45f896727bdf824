//! What the tests of whole runs share.

use std::path::Path;
use std::sync::Arc;

use marple_agent::Prompts;
use marple_case::event::Budget;
use marple_eval::{Examinee, Results, Settings, Variant, case::Source, run::run};
use marple_world::Files;

/// Every scenario of the repository, in these variants.
pub(crate) fn scenarios(variants: &[Option<Variant>]) -> Vec<Source> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let mut names: Vec<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("scenario.toml").is_file())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert!(!names.is_empty(), "no scenario in {}", folder.display());
    let read = |name: String| {
        let files = Files::read(&folder.join(&name)).unwrap();
        variants.iter().map(move |variant| Source { id: name.clone(), files: files.clone(), variant: *variant })
    };
    names.into_iter().flat_map(read).collect()
}

/// One run of each.
#[allow(dead_code, reason = "not every test of whole runs grades them")]
pub(crate) async fn evaluate(examinee: impl Examinee + 'static, sources: Vec<Source>) -> Results {
    run(sources, Arc::new(examinee), &settings(1), &|_| {}).await
}

/// So many runs, with the budget of `marple investigate`.
#[allow(dead_code, reason = "not every test of whole runs grades them")]
pub(crate) fn settings(runs: u32) -> Settings {
    let budget = Budget { turns: Some(12), tool_calls: Some(80), tokens: None, time_ms: Some(120_000), cost_usd: None };
    Settings { runs, jobs: 2, budget, prompts: Arc::new(Prompts::embedded().unwrap()), program: "test".to_owned() }
}
