//! Phrases that more than one rendering says. Foreign words in them are raw: the rendering makes them visible.

use marple_case::{Trigger, Window, root_cause::Location};

use crate::{
    amounts,
    report::{Conclusion, Note, PLAYBOOK, Report},
    words::{Words, fill},
};

/// What was asked.
pub(crate) fn asked(trigger: &Trigger, words: &Words) -> String {
    match trigger {
        Trigger::Alarm { alarm } => format!("{} {alarm}", words.alarm),
        Trigger::LatestAlarm => words.latest_alarm.to_owned(),
        Trigger::Question { text } => text.clone(),
        Trigger::Account => words.account_questions.to_owned(),
    }
}

/// `index.js:4:29`.
pub(crate) fn location(location: &Location) -> String {
    let column = location.column.map_or_else(String::new, |column| format!(":{column}"));
    format!("{}:{}{column}", location.file, location.line)
}

/// `START – END`.
pub(crate) fn span(window: &Window) -> String {
    format!("{} – {}", window.start, window.end)
}

/// What is to be known of the way the report came about: how the scope was found, what happened, what was replaced.
pub(crate) fn course(report: &Report) -> Vec<String> {
    let words = report.words();
    let mut course: Vec<String> = report.scope.iter().flat_map(|scope| scope.notes.clone()).collect();
    course.extend(report.notes.iter().map(|note| noted(note, words)));
    course
}

/// `Version 1, 2025-12-16T06:10:05Z: TITLE (code_defect, high confidence, MODEL)`.
pub(crate) fn version(number: usize, conclusion: &Conclusion, words: &Words) -> String {
    let claim = &conclusion.root_cause;
    let (number, at) = (number.to_string(), conclusion.at.to_string());
    let confidence = words.level(conclusion.verification.confidence);
    fill(words.version, &[&number, &at, &claim.title, claim.category.name(), confidence, &conclusion.model])
}

fn noted(note: &Note, words: &Words) -> String {
    match note {
        Note::Degraded { at, from, to, reason } => format!("{at} {}", fill(words.degraded, &[from, to, reason])),
        Note::Compacted { at, evidence, reason } => {
            format!("{at} {}", fill(words.compacted, &[&evidence.to_string(), reason]))
        }
        Note::Interrupted { at } => format!("{at} {}", words.was_interrupted),
        Note::Resumed { at } => format!("{at} {}", words.was_resumed),
    }
}

/// What every rendering says where no language model was used, or where one began and did not conclude.
pub(crate) fn without_language_model(report: &Report) -> Option<&'static str> {
    let words = report.words();
    match (report.language_model, report.model == PLAYBOOK) {
        (false, true) => Some(words.no_language_model),
        (false, false) => Some(words.no_answer),
        (true, true) => Some(words.playbook_concluded).filter(|_| report.conclusion.is_some()),
        (true, false) => None,
    }
}

/// The models in the order of their first answer; the one that was chosen, if none answered.
pub(crate) fn models(report: &Report) -> String {
    match report.models.is_empty() {
        true => report.model.clone(),
        false => report.models.join(", "),
    }
}

/// What was spent, and of how much: `$0.0123`, `$0.0123 of $0.50`.
pub(crate) fn cost(report: &Report) -> String {
    let words = report.words();
    let spent = amounts::cost(report.spent.cost_usd, words.unknown_cost);
    of(spent, report.budget.cost_usd.map(|limit| amounts::cost(Some(limit), words.unknown_cost)), words)
}

/// How long it took, and of how long: `12.3 s of 5 min 00 s`.
pub(crate) fn time(report: &Report) -> String {
    of(amounts::duration(report.spent.elapsed_ms), report.budget.time_ms.map(amounts::duration), report.words())
}

fn of(spent: String, budget: Option<String>, words: &Words) -> String {
    budget.map_or_else(|| spent.clone(), |budget| fill(words.of_budget, &[&spent, &budget]))
}

/// `3 model turns of 12, 14 tool calls of 100, 1 refused`.
pub(crate) fn used(report: &Report) -> String {
    let (words, spent) = (report.words(), &report.spent);
    let number = |count: u32| usize::try_from(count).unwrap_or(usize::MAX);
    let turns = report.budget.turns.map(|limit| limit.to_string());
    let calls = report.budget.tool_calls.map(|limit| limit.to_string());
    let mut parts = vec![
        of(words.turns.of(number(spent.turns)), turns, words),
        of(words.tool_calls.of(number(spent.tool_calls)), calls, words),
    ];
    if report.refused_calls > 0 {
        parts.push(words.refused_calls.of(number(report.refused_calls)));
    }
    parts.join(", ")
}

/// Input and output tokens: `12,345 in, 678 out`, with what came from the cache where something did.
pub(crate) fn tokens(report: &Report) -> String {
    let spent = &report.spent;
    let (input, output) = (amounts::count(spent.all_input_tokens()), amounts::count(spent.usage.output_tokens));
    let both = fill(report.words().in_and_out, &[&input, &output]);
    let used = match spent.usage.cache_read_tokens {
        0 => both,
        cached => format!("{both} ({})", fill(report.words().from_cache, &[&amounts::count(cached)])),
    };
    of(used, report.budget.tokens.map(amounts::count), report.words())
}
