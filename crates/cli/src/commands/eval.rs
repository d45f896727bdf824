//! `marple eval`: plays scenarios, grades the reports, and says how sure that makes one.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::Arc;

use marple_agent::ports::Model;
use marple_eval::{
    Examinee, Results, Settings, baselines,
    case::Source,
    compare::Comparison,
    render::{html, junit, terminal},
    results::CaseResult,
};
use marple_report::visible;

use crate::{
    arguments::{Eval, EvalFormat},
    environment::Environment,
    exit::Exit,
    failure::Failure,
    output, scenarios, wiring,
};

/// Runs the evaluation. Ends in [`Exit::Failures`] where a report fails or, with `--compare`, a case got worse.
pub(crate) async fn run(mut arguments: Eval, quiet: bool) -> Result<Exit, Failure> {
    let environment = Environment::of_scenarios(&arguments.account)?;
    environment.fill_account(&mut arguments.account);
    environment.fill_model(&mut arguments.model);
    environment.fill_budget(&mut arguments.budget);
    let sources = sources(&arguments)?;
    let before = arguments.compare.as_deref().map(read).transpose()?;
    let model = examined(&arguments).await?;
    let settings = Settings {
        runs: arguments.runs,
        jobs: arguments.jobs.map_or_else(processors, usize::from),
        budget: super::investigate::budget(&arguments.budget),
        prompts: Arc::new(wiring::prompts(&arguments.model)?),
        program: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let total = sources.len();
    let done = std::sync::atomic::AtomicUsize::new(0);
    let watch = |case: &CaseResult| {
        let number = done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
        if !quiet {
            let word = if case.is_green() { "ok  " } else { "FAIL" };
            anstream::eprintln!(
                "{word} {number}/{total} {} {}/{}",
                visible::line(&case.name()),
                case.passed,
                case.runs
            );
        }
    };
    let examinee: Arc<dyn Examinee> = Arc::new(move || Arc::clone(&model));
    let results = marple_eval::run(sources, examinee, &settings, &watch).await;
    write(&results, &arguments)?;
    let regressed = before.is_some_and(|before| {
        let comparison = Comparison::of(&before, &results, arguments.scenarios.is_empty());
        anstream::eprintln!("{comparison}");
        comparison.is_regression()
    });
    Ok(if results.is_green() && !regressed { Exit::Done } else { Exit::Failures })
}

/// Each scenario as it is, and its variants behind it. One that cannot be played is its author's to mend before anything is measured.
fn sources(arguments: &Eval) -> Result<Vec<Source>, Failure> {
    let named = if arguments.scenarios.is_empty() { scenarios::names() } else { arguments.scenarios.clone() };
    let mut sources = Vec::new();
    for name in named {
        let (id, world) = scenarios::checked(&name)?;
        let files = world.scenario().files();
        let variants = std::iter::once(None).chain(arguments.variants.0.iter().copied().map(Some));
        sources.extend(variants.map(|variant| Source { id: id.clone(), files: files.clone(), variant }));
    }
    Ok(sources)
}

async fn examined(arguments: &Eval) -> Result<Arc<dyn Model>, Failure> {
    let named = arguments.model.first();
    if let Some(baseline) = baselines::named(named) {
        return Ok(baseline);
    }
    if named.starts_with("baseline:") {
        let hint = format!("the baselines are {}", baselines::ALL.join(" and "));
        return Err(Failure::usage(format!("there is no {named}")).hint(hint));
    }
    wiring::model(&arguments.model, &arguments.account).await
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn read(file: &Path) -> Result<Results, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::usage(format!("{} is no result of an evaluation: {error}", file.display()))
            .hint("`marple eval --format json --output FILE` writes one")
    })
}

/// The table's width, columns.
fn width(arguments: &Eval) -> u16 {
    let to_terminal = arguments.output.is_none() && std::io::stdout().is_terminal();
    u16::try_from(output::width(to_terminal)).unwrap_or(u16::MAX)
}

fn write(results: &Results, arguments: &Eval) -> Result<(), Failure> {
    let text = match arguments.format {
        EvalFormat::Terminal => terminal::render(results, width(arguments)),
        EvalFormat::Json => serde_json::to_string_pretty(results)
            .map_err(|error| Failure::bug(format!("the result cannot be written as JSON: {error}")))?,
        EvalFormat::Junit => junit::render(results),
        EvalFormat::Html => html::render(results),
    };
    match &arguments.output {
        Some(file) => std::fs::write(file, text.trim_end().to_owned() + "\n")
            .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", file.display()))),
        None => {
            output::print(&text);
            Ok(())
        }
    }
}
