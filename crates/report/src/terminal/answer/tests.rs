#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]
use crate::{
    cases::{self, report},
    terminal::{Style, render, render_answer},
    words::Words,
};

#[test]
fn a_report_shows_earlier_versions_and_what_was_asked() {
    let whole = render(&report(&cases::chat()), 80, &Style::plain());
    let begin = whole.find("Earlier versions").unwrap();
    let end = whole.find("Investigation\n").unwrap();
    insta::assert_snapshot!(&whole[begin..end], @r#"
Earlier versions of the root cause
- version 1, 2025-12-16T06:10:05.02Z: POST /api/profile without a body crashes
  user-profile-service (code_defect, high confidence,
  us.anthropic.claude-sonnet-4-5-20250929-v1:0)

Questions
> That is not it, look for another cause.
  The gateway sends no body, see E1:

  - it began at 05:45
  - nothing was deployed
   E1 "user-profile-errors"
   E1 "no such words"
      NOT VERIFIED not there
> Since when?
  (not answered)
"#);
}

#[test]
fn looks_stand_on_the_words_that_have_them_however_the_line_is_broken() {
    let report = report(&cases::chat());
    let answer = report.questions[0].answer.as_ref().unwrap();
    let styled = render_answer(answer, Words::of("en"), 20, &Style::colour());
    let plain = render_answer(answer, Words::of("en"), 20, &Style::plain());
    assert!(styled.starts_with("\u{1b}[1mThe gateway \u{1b}[0msends no"), "{styled:?}");
    assert!(styled.contains("\u{1b}[32mE1\u{1b}[0m:"), "{styled:?}");
    assert!(plain.starts_with("The gateway sends no\nbody, see E1:\n"), "{plain:?}");
}
