//! Properties of all renderings, on texts that nobody would write in good faith.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use marple_case::{Entry, Event, Outcome};
use proptest::prelude::*;
use pulldown_cmark::{CodeBlockKind, Event as Markup, Options, Parser, Tag, TagEnd};
use serde_json::Value;

use crate::{
    cases::{self, report},
    json, live, markdown,
    terminal::{self, Style},
};

/// Texts with the characters that terminals and Markdown act on, more often than chance has them.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "\\PC{0,12}",
        any::<char>().prop_map(String::from),
        "[`~]{1,6}",
        "[\\n\\r\\t \\u{1b}\\u{9b}\\u{202e}\\u{7}]{1,4}",
        prop::sample::select(vec![
            "<script>",
            "](http://x.example)",
            "![a](b)",
            "# ",
            "\n- ",
            "1. ",
            "|",
            "**",
            "__",
            "https://x.example",
            "@team",
            "a@b.example",
            "&lt;",
            "<!--",
            "$x$",
            "\\",
            "'",
            "\"",
            " --",
            "日本語",
            "---",
            "===",
            "[^1]: x",
            "> ",
            "    ",
        ])
        .prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

/// Puts a hostile text into each text of the journal that the renderings show.
fn poison(value: &mut Value, texts: &[String], next: &mut usize) {
    /// Texts that the types hold to a form.
    const KEPT: [&str; 22] = [
        "event",
        "at",
        "kind",
        "evidence",
        "ending",
        "check",
        "outcome",
        "verdict",
        "category",
        "seen_in",
        "confidence",
        "facts",
        "start",
        "end",
        "now",
        "onset",
        "first",
        "last",
        "taken_at",
        "role",
        "block",
        "stop_reason",
    ];
    match value {
        Value::String(text) => {
            *text = texts[*next % texts.len()].clone();
            *next += 1;
        }
        Value::Array(items) => items.iter_mut().for_each(|item| poison(item, texts, next)),
        Value::Object(fields) => {
            for (key, field) in fields.iter_mut() {
                // An enum of ours.
                if key == "because" {
                    continue;
                }
                let is_kept = KEPT.contains(&key.as_str())
                    && (field.is_string() || field.as_array().is_some_and(|ids| ids.iter().all(Value::is_string)));
                let is_time = key == "first_breach"
                    || key == "language"
                    || key == "id" && field.as_str().is_some_and(|id| id.starts_with('E'));
                if !is_kept && !is_time {
                    poison(field, texts, next);
                }
            }
        }
        _ => {}
    }
}

fn poisoned(texts: &[String]) -> Vec<Vec<Entry>> {
    let mut next = 0;
    [cases::complete(), cases::partial(), cases::insufficient()]
        .into_iter()
        .map(|entries| {
            let mut json = serde_json::to_value(entries).unwrap();
            poison(&mut json, texts, &mut next);
            serde_json::from_value(json).unwrap()
        })
        .collect()
}

/// The rendering without the escape sequences of these styles: what is left must hold none.
pub(crate) fn without_styles(coloured: &str, style: &Style) -> String {
    let styles =
        [style.heading, style.title, style.label, style.quote, style.dim, style.bad, style.good, style.warning];
    let mut sequences: Vec<String> = styles.iter().map(|style| style.render().to_string()).collect();
    sequences.push("\u{1b}[0m".to_owned());
    // The longest first: some begin with others.
    sequences.sort_by_key(|sequence| std::cmp::Reverse(sequence.len()));
    sequences
        .iter()
        .filter(|sequence| !sequence.is_empty())
        .fold(coloured.to_owned(), |text, sequence| text.replace(sequence, ""))
}

fn acts_on_a_terminal(character: char) -> bool {
    character.is_control() && character != '\n'
        || matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What the Markdown must not hold: markup that we never write.
fn foreign_markup(markdown: &str) -> Option<String> {
    let mut open_fence = None;
    for markup in Parser::new_ext(markdown, Options::all() - Options::ENABLE_SMART_PUNCTUATION) {
        match &markup {
            Markup::Html(_)
            | Markup::InlineHtml(_)
            | Markup::FootnoteReference(_)
            | Markup::TaskListMarker(_)
            | Markup::Rule
            | Markup::InlineMath(_)
            | Markup::DisplayMath(_)
            | Markup::HardBreak => return Some(format!("{markup:?}")),
            Markup::Start(Tag::Link { dest_url, .. }) if !dest_url.starts_with("#e") => {
                return Some(dest_url.to_string());
            }
            Markup::Start(
                Tag::Image { .. } | Tag::Table(_) | Tag::FootnoteDefinition(_) | Tag::Strikethrough | Tag::HtmlBlock,
            ) => {
                return Some(format!("{markup:?}"));
            }
            Markup::Start(Tag::CodeBlock(CodeBlockKind::Indented)) => return Some("indented code".to_owned()),
            Markup::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => open_fence = Some(language.to_string()),
            Markup::End(TagEnd::CodeBlock) => match open_fence.take().as_deref() {
                Some("sh") => {}
                other => return Some(format!("fence {other:?}")),
            },
            _ => {}
        }
    }
    None
}

/// The headings of a Markdown file by level; foreign text may stand in one and never make or end one.
fn headings(markdown: &str) -> usize {
    Parser::new_ext(markdown, Options::all())
        .filter(|markup| matches!(markup, Markup::Start(Tag::Heading { .. })))
        .count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_rendering_fails_and_no_terminal_is_acted_on(texts in prop::collection::vec(hostile(), 1..12), width in 0..140_usize) {
        for entries in poisoned(&texts) {
            let report = report(&entries);
            let plain = terminal::render(&report, width, &Style::plain());
            prop_assert!(!plain.contains(acts_on_a_terminal), "{:?}", plain);
            let coloured = terminal::render(&report, width, &Style::colour());
            prop_assert_eq!(without_styles(&coloured, &Style::colour()), plain);
            let mut time_line = live::TimeLine::new(Some(width));
            for line in entries.iter().filter_map(|entry| time_line.line(entry)) {
                prop_assert!(!line.contains(|character| acts_on_a_terminal(character) || character == '\n'), "{:?}", line);
            }
            let json = json::render(&report).unwrap();
            prop_assert!(!json.contains(acts_on_a_terminal));
            let json: Value = serde_json::from_str(&json).unwrap();
            let command = report.evidence.last().map(|taken| taken.command.as_str());
            prop_assert_eq!(json["evidence"].as_array().unwrap().last().and_then(|taken| taken["command"].as_str()), command);
            prop_assert_eq!(json["evidence"].as_array().unwrap().len(), report.evidence.len());
        }
    }

    #[test]
    fn no_foreign_text_becomes_markup(texts in prop::collection::vec(hostile(), 1..12)) {
        let harmless: Vec<usize> = poisoned(&["x".to_owned()]).iter().map(|entries| headings(&markdown::render(&report(entries)))).collect();
        for (entries, expected) in poisoned(&texts).iter().zip(harmless) {
            let markdown = markdown::render(&report(entries));
            prop_assert_eq!(foreign_markup(&markdown), None, "{}", markdown);
            prop_assert!(!markdown.contains(acts_on_a_terminal));
            if texts.iter().all(|text| !text.trim().is_empty()) && entries.iter().all(|entry| !is_denied(entry)) {
                prop_assert_eq!(headings(&markdown), expected, "{}", markdown);
            }
        }
    }

    #[test]
    fn a_fence_holds_its_text_and_a_code_span_its_line(text in hostile()) {
        let fenced = markdown::escape::fence(&text, "sh", "");
        let held: String = Parser::new(&fenced).filter_map(|markup| match markup { Markup::Text(text) => Some(text.to_string()), _ => None }).collect();
        let shown: Vec<String> = crate::visible::text(&text).lines().map(|line| line.trim_end().to_owned()).collect();
        prop_assert_eq!(held.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>(), shown);

        let line = crate::visible::line(&text);
        let spans: Vec<String> = Parser::new(&markdown::escape::code(&text)).filter_map(|markup| match markup { Markup::Code(code) => Some(code.to_string()), _ => None }).collect();
        prop_assert_eq!(spans, Some(line).filter(|line| !line.is_empty()).into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn escaped_text_reads_as_it_is(text in hostile()) {
        let read: String = Parser::new_ext(&markdown::escape::text(&text), Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH)
            .filter_map(|markup| match markup { Markup::Text(text) | Markup::Code(text) => Some(text.to_string()), _ => None })
            .collect();
        prop_assert_eq!(read, crate::visible::line(&text));
    }
}

/// Denied calls share a gap where their poisoned actions happen to be equal.
fn is_denied(entry: &Entry) -> bool {
    matches!(&entry.event, Event::EvidenceTaken { evidence, .. } if matches!(evidence.outcome, Outcome::Denied { .. }))
}
