//! Worlds that are larger or stranger than most: an alarm over a hundred metrics, and a name with every Unicode category in it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

mod support;

use std::sync::Arc;

use marple_agent::{Investigator, Order, Prompts, ports::Journal, ports::Unwatched};
use marple_case::{Facts, InvestigationId, Outcome, event::Budget, facts::Metrics};
use marple_eval::{MemoryJournal, Played};
use marple_playbook::Playbook;
use marple_report::{Report, html, markdown, report::Status, terminal};
use marple_world::{Files, Scenario, World};
use serde_json::{Value, json};
use support::scenarios;

/// What the first request to a language model may hold of evidence, bytes.
const SHOWN: usize = 100_000;

fn files(name: &str) -> Files {
    scenarios(&[None]).into_iter().find(|source| source.id == name).unwrap().files
}

fn text(files: &Files, path: &str) -> String {
    String::from_utf8(files.get(path).unwrap().to_vec()).unwrap()
}

/// The world after a change of the alarm that triggers, and of its metrics.
fn with_alarm(name: &str, change: impl Fn(&mut Value), series: &str) -> Files {
    let mut files = files("no-fault-threshold");
    let mut alarms: Value = serde_json::from_str(&text(&files, "world/cloudwatch/alarms.json")).unwrap();
    let all = alarms["MetricAlarms"].as_array_mut().unwrap();
    let alarm = all.iter_mut().find(|alarm| alarm["AlarmName"] == "timesheet-intake-volume").unwrap();
    alarm["AlarmName"] = name.into();
    change(alarm);
    files.insert("world/cloudwatch/alarms.json", alarms.to_string());
    let history = text(&files, "world/cloudwatch/alarm-history.json");
    let quoted = serde_json::to_string(name).unwrap();
    files.insert("world/cloudwatch/alarm-history.json", history.replace("\"timesheet-intake-volume\"", &quoted));
    let head = text(&files, "scenario.toml").replace("\"timesheet-intake-volume\"", &quoted);
    files.insert("scenario.toml", head);
    let old = text(&files, "world/cloudwatch/series.toml");
    files.insert("world/cloudwatch/series.toml", format!("{old}\n{series}"));
    files
}

async fn investigated(files: Files) -> Report {
    let world = World::new(Arc::new(Scenario::load(files).unwrap()));
    assert_eq!(world.check(), Ok(()));
    let Played { toolbox, clock, trigger } = Played::new(&world);
    let journal = Arc::new(MemoryJournal::default());
    let investigator = Investigator {
        models: vec![Arc::new(Playbook)],
        toolbox: Arc::new(toolbox),
        journal: journal.clone(),
        clock: Arc::new(clock),
        prompts: Arc::new(Prompts::embedded().unwrap()),
        observer: Arc::new(Unwatched),
    };
    let id = InvestigationId("unusual".to_owned());
    let budget = Budget { turns: Some(12), tool_calls: Some(80), tokens: None, time_ms: Some(120_000), cost_usd: None };
    let order = Order {
        trigger,
        budget,
        language: "en".to_owned(),
        scenario: None,
        environment: None,
        program: "test".to_owned(),
    };
    investigator.open(&id, order).await.unwrap();
    investigator.run(&id, std::future::pending()).await.unwrap();
    Report::from_entries(id.clone(), &journal.entries(&id).await.unwrap())
}

#[tokio::test]
async fn an_alarm_over_a_hundred_metrics_is_read_within_the_budgets() {
    let metric = |number: usize| {
        let stat = json!({
            "Metric": {"Namespace": "Shop", "MetricName": "Depth", "Dimensions": [{"Name": "Queue", "Value": format!("queue-{number}")}]},
            "Period": 300, "Stat": "Sum"
        });
        json!({"Id": format!("m{number}"), "MetricStat": stat, "ReturnData": false})
    };
    let change = |alarm: &mut Value| {
        let members = alarm.as_object_mut().unwrap();
        for name in ["MetricName", "Namespace", "Statistic", "Dimensions", "Period"] {
            members.remove(name);
        }
        let sum = json!({"Id": "total", "Expression": "SUM(METRICS())", "Label": "all queues", "ReturnData": true});
        members.insert("Metrics".to_owned(), (0..100).map(metric).chain([sum]).collect());
    };
    let series = |number: usize| {
        format!(
            "[[series]]\nnamespace = \"Shop\"\nmetric = \"Depth\"\ndimensions = {{ Queue = \"queue-{number}\" }}\n\
             period_s = 60\nfrom = \"2026-05-10T00:00:00Z\"\nbase = {}\nnoise = 0.1\n\n",
            number + 1
        )
    };
    let report =
        investigated(with_alarm("timesheet-intake-volume", change, &(0..100).map(series).collect::<String>())).await;
    assert_eq!(report.status, Status::Complete);
    let of_shop = |metrics: &Metrics| metrics.series.iter().filter(|one| one.metric.namespace == "Shop").count();
    let read =
        report.evidence.iter().find(|taken| matches!(&taken.facts, Facts::Metrics(read) if of_shop(read) == 100));
    let read = read.expect("the hundred metrics of the alarm are read at once");
    assert_eq!(read.outcome, Outcome::Found);
    let shown: usize = report.evidence.iter().map(|taken| taken.shown().len()).sum();
    assert!(shown <= SHOWN, "{shown} bytes are shown");
}

/// One character of each general category that a text can hold, and what is dangerous in a terminal, a page or a shell.
const NAME: &str = "Aaǅʰא\u{301}\u{903}\u{20dd}5Ⅷ½_-()«»!+€^©\u{2028}\u{2029}\u{a0}\u{7}\u{1b}[31m\u{202e}\u{200b}\u{e000}\u{378}😀<b>'\"$(id)`|;&%s{{x}}";

#[tokio::test]
async fn a_name_with_every_unicode_category_goes_through_and_shows_no_control_character() {
    let report = investigated(with_alarm(NAME, |_| {}, "")).await;
    assert_eq!(report.status, Status::Complete);
    let alarms = report.evidence.iter().find(|taken| taken.tool == "describe_alarms").unwrap();
    assert_eq!(alarms.outcome, Outcome::Found, "{}", alarms.text);
    let Facts::Alarms(described) = &alarms.facts else { panic!("{:?}", alarms.facts) };
    assert_eq!(described[0].name, NAME, "the name is the name to the letter");
    let rendered = [
        ("markdown", markdown::render(&report)),
        ("terminal", terminal::render(&report, 100, &terminal::Style::plain())),
        ("html", html::render(&report).unwrap()),
    ];
    for (format, text) in rendered {
        let dangerous = |letter: &char| {
            letter.is_control() && *letter != '\n'
                || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        };
        let found: Vec<char> = text.chars().filter(dangerous).collect();
        assert!(found.is_empty(), "{format}: {found:?}");
    }
    assert!(!html::render(&report).unwrap().contains("<b>'"), "the page escapes the name");
}
