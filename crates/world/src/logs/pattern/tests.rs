#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;
use proptest::prelude::*;

fn hits(pattern: &str, message: &str) -> bool {
    Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}")).matches(message)
}

fn refusal(pattern: &str) -> String {
    Pattern::parse(pattern).expect_err(pattern).to_string()
}

#[test]
fn terms_are_all_required_case_sensitive_and_anywhere() {
    assert!(hits("ERROR ARGUMENTS", "[ERROR 419] MISSING ARGUMENTS"));
    assert!(!hits("ERROR ARGUMENTS", "[ERROR 401] UNAUTHORIZED REQUEST"));
    assert!(!hits("error", "[ERROR 419]"));
    assert!(hits(r#""timed out after 5.00""#, "x Task timed out after 5.00 seconds\n\n"));
    assert!(hits(r#""{\"a\":""#, r#"got {"a":1}"#));
    assert!(hits("  ", "anything"));
}

#[test]
fn exclusion_wins_and_optional_terms_are_ignored_beside_others() {
    assert!(!hits("ERROR -EXITING", "[ERROR] EXITING"));
    assert!(hits(r#"ERROR -"is fine""#, "[ERROR] EXITING"));
    assert!(hits("-DEBUG", "INFO"));
    assert!(hits("?ERROR ?ARGUMENTS", "MISSING ARGUMENTS") && !hits("?ERROR ?ARGUMENTS", "fine"));
    assert!(hits("?ERROR ?WARN REQUEST", "BAD REQUEST"), "AWS ignores ? next to other terms");
}

#[test]
fn json_patterns_select_compare_and_test_for_presence() {
    let message = r#"{"eventType":"UpdateTrail","sourceIPAddress":"111.111.111.111","n":5,"ok":true,"none":null,
        "arrayKey":["value","another"],"objectList":[{"name":"a","id":1},{"name":"b","id":2}],"user":{"id":1,"odd-key":"x"}}"#;
    for pattern in [
        r#"{ $.eventType = "UpdateTrail" }"#,
        r#"{ $.eventType = "*Trail" && ($.n > 9 || $.n >= 5) }"#,
        "{ $.sourceIPAddress != 123.123.* }",
        r#"{ $.arrayKey[0] = "value" }"#,
        "{$.objectList[1].id=2}",
        "{ $.objectList[*].name = b }",
        "{ $.ok IS TRUE }",
        "{ $.none IS NULL }",
        "{ $.missing NOT EXISTS }",
        "{ $.user.odd-key = %^x$% }",
        "{ $['user'].id = 1.0 }",
        "{ $.user = * }",
        "{ $.n = 5* }",
    ] {
        assert!(hits(pattern, message), "{pattern}");
    }
    for pattern in
        ["{ $.n < 5 }", "{ $.missing != 1 }", "{ $.ok IS FALSE }", "{ $.eventType = update* }", "{ $.n NOT EXISTS }"]
    {
        assert!(!hits(pattern, message), "{pattern}");
    }
    assert!(!hits("{ $.a NOT EXISTS }", "no JSON"));
}

#[test]
fn space_delimited_patterns_count_fields_and_honour_quotes_brackets_and_the_ellipsis() {
    let line = r#"127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534"#;
    assert!(hits("[ip, id, user, timestamp, request, status_code = 4*, size]", line));
    assert!(hits(
        "[ip, id, user, timestamp, request = *html*, status_code = 404 || status_code = 410, bytes > 1000]",
        line
    ));
    assert!(hits("[..., status_code, bytes]", line) && hits("[ip=127*, ..., bytes<2000]", line) && hits("[...]", line));
    assert!(!hits("[ip, id, user]", line), "the number of fields has to agree without an ellipsis");
    assert!(!hits("[..., status=%5[0-9]+%, bytes]", line));
    assert!(
        hits("[w1!=ERROR && w1!=WARN, w2]", "INFO started") && !hits("[w1!=ERROR && w1!=WARN, w2]", "WARN started")
    );
}

#[test]
fn regular_expressions_are_restricted_as_in_aws() {
    assert!(hits("%[45]0\\d%", "status 503"));
    assert!(refusal("%a(b)%").contains("not supported"));
    assert!(refusal("%something!%").contains("not supported"));
    assert!(refusal("%[%").contains("not supported"));
}

#[test]
fn malformed_patterns_are_refused_in_the_words_of_aws() {
    assert_eq!(refusal("?Status: timeout"), "Invalid character(s) in term ':'");
    assert_eq!(refusal("["), "Invalid character(s) in term ''");
    for pattern in [
        "\"open",
        "{ $.a }",
        "{ $.a = }",
        "{ $.a = 1",
        "{ a = 1 }",
        "{ $.a > x }",
        "[a, ..., ...]",
        "[a",
        "%x",
        "{($.a=1}",
        "a(b)",
        "{ $.\"x\" = 1 }",
    ] {
        refusal(pattern);
    }
}

proptest! {
    #[test]
    fn any_text_is_read_without_a_panic(pattern in r#"[\[\]{}()$.*%"?|&=!<>, a-b0-9\\-]{0,60}|.{0,40}"#, message in ".{0,60}") {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            pattern.matches(&message);
        }
    }

    #[test]
    fn a_quoted_phrase_matches_exactly_the_messages_that_contain_it(phrase in "[ -~]{1,12}", message in "[ -~]{0,40}") {
        let pattern = format!("\"{}\"", phrase.replace('\\', "\\\\").replace('"', "\\\""));
        prop_assert_eq!(hits(&pattern, &message), message.contains(&phrase));
        let embedded = format!("{message}{phrase}{message}");
        prop_assert!(hits(&pattern, &embedded));
    }

    #[test]
    fn a_wildcard_agrees_with_the_regular_expression_of_the_same_meaning(pattern in "[ab*]{0,8}", text in "[ab]{0,8}") {
        let regex = regex::Regex::new(&format!("^{}$", pattern.replace('*', ".*"))).unwrap();
        prop_assert_eq!(super::matches::wildcard(&pattern, &text), regex.is_match(&text));
    }
}
