use super::*;

#[test]
fn words_that_github_would_link_or_notify_are_code() {
    assert_eq!(
        text("ask @team, see https://x.example or WWW.x.example"),
        "ask `@team,` see `https://x.example` or `WWW.x.example`"
    );
}

#[test]
fn names_stay_readable_and_markup_does_not_act() {
    assert_eq!(text("lambda_function user-profile-service 5.0 s"), "lambda_function user-profile-service 5.0 s");
    assert_eq!(text("- *a* _b_ <i> [x](y) `c`"), "\\- \\*a\\* \\_b\\_ \\<i\\> \\[x\\](y) \\`c\\`");
    assert_eq!(text("1. a 2. b"), "1\\. a 2. b");
}

#[test]
fn a_fence_is_longer_than_any_run_inside() {
    assert_eq!(fence("a\n````\nb", "sh", "  "), "  `````sh\n  a\n  ````\n  b\n  `````");
}

#[test]
fn a_code_span_holds_its_backticks() {
    assert_eq!(code("`a``b`"), "``` `a``b` ```");
    assert_eq!(code(" \n "), "");
}
