//! `marple list`: the stored investigations, newest first.

use comfy_table::{ContentArrangement, Table, presets};
use marple_case::{Trigger, event::Ending};
use marple_report::visible;
use marple_store::Listed;
use serde_json::{Value, json};

use crate::{
    arguments::{List, ListFormat},
    exit::Exit,
    failure::Failure,
    output, wiring,
};

/// Lists them.
pub(crate) async fn run(arguments: List) -> Result<Exit, Failure> {
    let journal = wiring::journal(&arguments.data).await?;
    let listed = journal.list().await?;
    match arguments.format {
        ListFormat::Json => output::print(&Value::from(listed.iter().map(as_json).collect::<Vec<_>>()).to_string()),
        ListFormat::Terminal if listed.is_empty() => output::print("no investigations yet"),
        ListFormat::Terminal => output::print(&as_table(&listed)),
    }
    Ok(Exit::Done)
}

fn as_table(listed: &[Listed]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(["id", "opened", "what", "model", "result"]);
    for one in listed {
        table.add_row([
            one.id.to_string(),
            one.opened_at.map_or_else(String::new, |at| format!("{at:.0}")),
            visible::line(&what(one)),
            visible::line(&one.model),
            visible::line(&result(one)),
        ]);
    }
    table.to_string()
}

fn what(one: &Listed) -> String {
    let trigger = one.trigger.as_ref().map_or_else(String::new, ToString::to_string);
    match &one.scenario {
        Some(scenario) => format!("{trigger} (scenario {scenario})"),
        None => trigger,
    }
}

fn result(one: &Listed) -> String {
    if let Some(damage) = &one.damage {
        return format!("damaged: {damage}");
    }
    let found = one.result.as_ref().map(|(_, category, confidence, title)| {
        format!("{} ({} confidence): {title}", category.name(), confidence.word())
    });
    if let (Some(Trigger::Account), None) = (&one.trigger, &found) {
        let last = one.questions.last().map_or_else(String::new, |last| format!("; the last: {last}"));
        return format!("{} asked{last}", one.questions.len());
    }
    match (&one.ending, found) {
        (Some(Ending::Complete), Some(found)) => found,
        (Some(Ending::Partial { reason }), Some(found)) => format!("partial ({reason}): {found}"),
        (Some(Ending::Partial { reason }), None) => format!("partial: {reason}"),
        (_, found) => format!("unfinished{}", found.map_or_else(String::new, |found| format!(": {found}"))),
    }
}

fn as_json(one: &Listed) -> Value {
    let ending = match &one.ending {
        Some(Ending::Complete) => "complete",
        Some(Ending::Partial { .. }) => "partial",
        None => "unfinished",
    };
    let result = one.result.as_ref().map(|(verdict, category, confidence, title)| {
        json!({ "verdict": verdict, "category": category, "confidence": confidence, "title": title })
    });
    json!({
        "id": one.id, "opened_at": one.opened_at, "trigger": one.trigger, "scenario": one.scenario, "model": one.model,
        "ending": ending, "result": result, "questions": one.questions, "damage": one.damage,
    })
}
