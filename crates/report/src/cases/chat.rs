use super::*;

/// The complete investigation, doubted a day later: another cause, and a question that was never answered.
pub(crate) fn chat() -> Vec<Entry> {
    let mut journal = Journal::open(Trigger::LatestAlarm, CLAUDE, "en", None);
    complete().into_iter().for_each(|entry| journal.now = entry.at);
    journal.entries = complete();
    let ask = |text: &str| Event::QuestionAsked {
        text: text.to_owned(),
        budget: Budget::default(),
        language: None,
        zone: None,
    };
    journal.after(86_400_000, ask("That is not it, look for another cause."));
    journal.after(2000, answered("second-model", Usage { input_tokens: 10, ..Usage::default() }, None));
    journal.write(second_cause(&journal.entries));
    let citation = |quote: &str, reason: Option<&str>| {
        let (evidence, quote) = (EvidenceId(1), quote.to_owned());
        match reason {
            None => CitationCheck::Verified { evidence, quote, line: 1 },
            Some(reason) => CitationCheck::Refused { evidence, quote, reason: reason.to_owned() },
        }
    };
    journal.write(Event::Answered {
        text: "**The gateway** sends no body, see `E1`:\n\n- it began at 05:45\n- nothing was deployed".to_owned(),
        citations: vec![citation("user-profile-errors", None), citation("no such words", Some("not there"))],
        call: Some("c9".to_owned()),
        given_up: None,
    });
    journal.after(1000, ask("Since when?"));
    journal.entries
}

fn second_cause(entries: &[Entry]) -> Event {
    let reported = entries.iter().find_map(|entry| match &entry.event {
        Event::RootCauseReported { root_cause, verification, .. } => Some((root_cause.clone(), verification.clone())),
        _ => None,
    });
    let (mut root_cause, verification) = reported.unwrap();
    root_cause.title = "The gateway drops the body".to_owned();
    root_cause.category = Category::Misconfiguration;
    Event::RootCauseReported { root_cause, verification, call: "c8".to_owned() }
}
