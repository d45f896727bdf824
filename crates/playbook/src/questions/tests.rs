#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use jiff::Timestamp;
use marple_case::EvidenceId;

use super::{images, intent, intent::Intent, times};

#[test]
fn a_question_is_understood_by_its_words_in_both_languages() {
    for (question, wanted) in [
        ("Is v1.7.0 in the registry?", Intent::Images),
        ("v1.7.0 はレジストリにありますか", Intent::Images),
        ("errors in production in the last hour?", Intent::Errors),
        ("直近1時間のエラーは?", Intent::Errors),
        ("why does checkout fail?", Intent::Errors),
        ("What changed since noon?", Intent::Changes),
        ("正午から何が変わった?", Intent::Changes),
        ("Which alarms are firing?", Intent::Alarms),
        ("is payments-api running?", Intent::Running),
        ("payments-api は動いていますか", Intent::Running),
        ("which version of payments-api is deployed?", Intent::Version),
        ("show E7", Intent::Evidence(EvidenceId(7))),
        ("Tell me a joke", Intent::Unknown),
    ] {
        assert_eq!(intent::of(question, false), wanted, "{question}");
    }
    for (question, wanted) in [
        ("That is not it, look for another cause.", Intent::AnotherCause),
        ("違います。別の原因を探してください", Intent::AnotherCause),
        ("why?", Intent::Why),
        ("why does checkout fail?", Intent::Why),
        ("what did you rule out?", Intent::RuledOut),
        ("how do I roll back?", Intent::Mitigation),
        ("read the code too", Intent::Code),
        ("is v1.7.0 in the registry?", Intent::Images),
    ] {
        assert_eq!(intent::of(question, true), wanted, "{question}");
    }
}

#[test]
fn times_are_read_in_the_zone_that_is_named_and_never_lie_ahead() {
    let now: Timestamp = "2026-03-10T14:30:00Z".parse().unwrap();
    let span = |text: &str, zone: Option<&str>| {
        times::of(text, now, zone).map(|span| format!("{} {}", span.window, span.zone)).unwrap_or_default()
    };
    for (text, zone, wanted) in [
        ("what changed since noon?", None, "2026-03-10T12:00:00Z to 2026-03-10T14:30:00Z UTC"),
        ("since noon JST", None, "2026-03-10T03:00:00Z to 2026-03-10T14:30:00Z Asia/Tokyo"),
        ("since 9am", Some("America/New_York"), "2026-03-10T13:00:00Z to 2026-03-10T14:30:00Z America/New_York"),
        ("since 18:00", None, "2026-03-09T18:00:00Z to 2026-03-10T14:30:00Z UTC"),
        ("between 13:00 and 13:30", None, "2026-03-10T13:00:00Z to 2026-03-10T13:30:00Z UTC"),
        ("errors in the last hour?", None, "2026-03-10T13:30:00Z to 2026-03-10T14:30:00Z UTC"),
        ("the past 30 minutes", None, "2026-03-10T14:00:00Z to 2026-03-10T14:30:00Z UTC"),
        ("yesterday", None, "2026-03-09T00:00:00Z to 2026-03-10T00:00:00Z UTC"),
        ("since 2026-03-08T01:02:03Z", None, "2026-03-08T01:02:03Z to 2026-03-10T14:30:00Z UTC"),
        ("正午から何が変わった?", None, "2026-03-10T12:00:00Z to 2026-03-10T14:30:00Z UTC"),
        ("日本時間の午後9時から", None, "2026-03-10T12:00:00Z to 2026-03-10T14:30:00Z Asia/Tokyo"),
        ("直近3時間のエラー", None, "2026-03-10T11:30:00Z to 2026-03-10T14:30:00Z UTC"),
        ("昨日の変更", None, "2026-03-09T00:00:00Z to 2026-03-10T00:00:00Z UTC"),
        ("is v1.7.0 in the registry?", None, ""),
    ] {
        assert_eq!(span(text, zone), wanted, "{text}");
    }
}

#[test]
fn a_tag_is_a_word_that_looks_like_a_version() {
    for (text, wanted) in [
        ("is v1.7.0 in the registry?", Some("v1.7.0")),
        ("is payments-api:4.19.0-rc1 there?", Some("4.19.0-rc1")),
        ("v1.7.0はレジストリにありますか", Some("v1.7.0")),
        ("which images are there?", None),
    ] {
        assert_eq!(images::tag(text).as_deref(), wanted, "{text}");
    }
}
