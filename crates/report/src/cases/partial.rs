//! A model of unknown price that gave out, then a person who stopped, then a time limit: no root cause.

use super::*;

pub(crate) fn partial() -> Vec<Entry> {
    let text = "Why does order-processing-service fail since 01:38 UTC?".to_owned();
    let mut journal = Journal::open(Trigger::Question { text }, CLAUDE, "en-GB", None);
    journal.after(200, Event::Scoped { scope: scope("order-processing-service") });
    let arguments = json!({"log_group": "/aws/lambda/order-processing-service"});
    let command = "aws logs filter-log-events --log-group-name /aws/lambda/order-processing-service";
    let facts = log_summary("/aws/lambda/order-processing-service");
    journal.after(900, taken(evidence(1, "summarize_logs", arguments, Outcome::Found, facts, command)));
    let failed = Outcome::Failed { message: "Throttling: Rate exceeded, after 5 attempts".to_owned() };
    let metrics = json!({"metrics": [{"namespace": "AWS/Lambda", "name": "Errors"}, {"namespace": "AWS/Lambda", "name": "Duration"}]});
    let command = "aws cloudwatch get-metric-data --metric-data-queries file://queries.json";
    journal.after(30_000, taken(evidence(2, "get_metrics", metrics, failed, Facts::Nothing, command)));
    journal.write(Event::OpeningEnded);
    let usage = Usage { input_tokens: 9_000, output_tokens: 300, ..Usage::default() };
    journal.turn(CLAUDE, usage, None);
    journal.write(Event::FindingNoted {
        kind: FindingKind::Hypothesis,
        text: "Memory runs out while an order is built".to_owned(),
        evidence: vec![EvidenceId(1)],
        call: "c1".to_owned(),
    });
    let reason = "search_logs: limit must be a number".to_owned();
    journal.write(Event::CallRefused { call: "c2".to_owned(), tool: "search_logs".to_owned(), reason });
    journal.after(100, Event::Interrupted);
    let budget = Budget { turns: Some(12), time_ms: Some(300_000), cost_usd: Some(0.5), ..Budget::default() };
    journal.after(3_600_000, Event::Resumed { budget });
    let reason = "150,000 tokens, of a window of 128,000".to_owned();
    journal.write(Event::Compacted { evidence: vec![EvidenceId(1)], reason });
    let reason = "the service is not available".to_owned();
    journal.after(1000, Event::Degraded { from: CLAUDE.to_owned(), to: crate::report::PLAYBOOK.to_owned(), reason });
    journal
        .write(Event::Closed { ending: Ending::Partial { reason: "the time limit of 5 min is reached".to_owned() } });
    journal.entries
}
