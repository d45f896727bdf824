//! What a question asks for, from its words in English and Japanese. The first that fits counts.

use marple_case::EvidenceId;

/// What a question asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Intent {
    /// A piece of evidence by its id.
    Evidence(EvidenceId),
    /// Another cause than the reported one.
    AnotherCause,
    /// The code.
    Code,
    /// What was ruled out.
    RuledOut,
    /// What to do about it.
    Mitigation,
    /// Why it happened.
    Why,
    /// Whether an image is in a registry, or which are.
    Images,
    /// What changed.
    Changes,
    /// Which alarms are in which state.
    Alarms,
    /// Which version is deployed.
    Version,
    /// Whether something runs.
    Running,
    /// Which errors there are.
    Errors,
    /// None of these.
    Unknown,
}

const ANOTHER: &[&str] = &[
    "another cause",
    "other cause",
    "not it",
    "not the cause",
    "look again",
    "wrong cause",
    "別の原因",
    "ほかの原因",
    "他の原因",
    "違う",
    "違います",
];
const WHY: &[&str] = &["why", "explain", "how come", "what happened", "root cause", "なぜ", "理由", "原因", "説明"];

/// Words, and what they ask for. Words of Latin letters are looked for as the beginnings of words.
const WORDS: [(Intent, &[&str]); 11] = [
    (Intent::AnotherCause, ANOTHER),
    (Intent::RuledOut, &["rule out", "ruled out", "rule that out", "exclude", "what else did you", "除外", "排除"]),
    (
        Intent::Mitigation,
        &[
            "roll back",
            "rollback",
            "mitigat",
            "how do i fix",
            "how to fix",
            "what should i do",
            "what do i do",
            "what can i do",
            "ロールバック",
            "切り戻",
            "直す",
            "直し方",
            "対処",
            "対応",
        ],
    ),
    (Intent::Code, &["read the code", "show the code", "source", "which line", "コード", "ソース"]),
    (Intent::Images, &["registry", "image", "ecr", "レジストリ", "イメージ"]),
    (Intent::Version, &["version", "revision", "which release", "バージョン", "リビジョン", "版"]),
    (Intent::Changes, &["change", "deploy", "modif", "変更", "変わ", "デプロイ"]),
    (Intent::Alarms, &["alarm", "アラーム"]),
    (
        Intent::Running,
        &["running", "is up", "healthy", "state of", "status of", "alive", "動いて", "稼働", "起動して", "状態"],
    ),
    (Intent::Errors, &["error", "exception", "fail", "エラー", "例外", "失敗"]),
    (Intent::Why, WHY),
];

/// What the question asks for. `about_incident`: there is a report, so that "why does it fail" is about it, and not a question for errors.
pub(super) fn of(question: &str, about_incident: bool) -> Intent {
    let text = question.to_lowercase();
    if let Some(id) = evidence(question) {
        return Intent::Evidence(id);
    }
    if about_incident && !says(&text, ANOTHER) && says(&text, WHY) {
        return Intent::Why;
    }
    let fits = WORDS.iter().find(|(intent, words)| is_possible(intent, about_incident) && says(&text, words));
    fits.map_or(Intent::Unknown, |(intent, _)| intent.clone())
}

fn is_possible(intent: &Intent, about_incident: bool) -> bool {
    let of_report =
        matches!(intent, Intent::AnotherCause | Intent::RuledOut | Intent::Mitigation | Intent::Code | Intent::Why);
    about_incident || !of_report
}

fn says(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| {
        text.match_indices(word).any(|(at, _)| {
            let before = text.get(..at).and_then(|head| head.chars().next_back());
            !word.is_ascii() || !before.is_some_and(|c| c.is_ascii_alphanumeric())
        })
    })
}

/// `E7` as a word of its own.
fn evidence(question: &str) -> Option<EvidenceId> {
    let words = question.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| word.starts_with('E') && word.len() > 1).find_map(|word| word.parse().ok())
}
