#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::logs::LogEvent;

/// 2025-12-16T05:45:00Z
const START: i64 = 1_765_863_900_000;

const REPORT: &str = "REPORT RequestId: 6f1c0c9e-3b52-4f0e-9d57-1c2b3a4d5e6f\tDuration: 65.20 ms\tBilled Duration: 253 ms\tMemory Size: 128 MB\tMax Memory Used: 78 MB\tInit Duration: 187.40 ms\t\n";

fn rows(query: &str, messages: &[&str]) -> Vec<Vec<(String, String)>> {
    let events = messages
        .iter()
        .enumerate()
        .map(|(index, message)| {
            LogEvent::new(START + 60_000 * index as i64, Arc::from("stream/1"), Arc::from(*message))
        })
        .collect();
    let query = Query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    let scope =
        Scope { from: 0, to: i64::MAX, now: START + 3_600_000, account: "111122223333".to_owned(), limit: None };
    query.over(vec![("web".to_owned(), events)], &scope).rows
}

/// One row a line, the fields as they come, without the pointer.
fn table(query: &str, messages: &[&str]) -> String {
    let row = |row: Vec<(String, String)>| {
        row.into_iter()
            .filter(|(field, _)| field != "@ptr")
            .map(|(field, value)| format!("{field}={}", value.trim_end()))
            .collect::<Vec<_>>()
            .join(" ")
    };
    rows(query, messages).into_iter().map(row).collect::<Vec<_>>().join("\n")
}

fn refusal(query: &str) -> String {
    Query::parse(query).expect_err(query).to_string()
}

#[test]
fn a_lambda_report_has_its_discovered_fields() {
    let fields = "fields @type, @requestId, @duration, @billedDuration, @initDuration, @memorySize / 1000 / 1000 as mb, @maxMemoryUsed, @log, @logStream";
    insta::assert_snapshot!(table(fields, &[REPORT]), @"@type=REPORT @requestId=6f1c0c9e-3b52-4f0e-9d57-1c2b3a4d5e6f @duration=65.2 @billedDuration=253 @initDuration=187.4 mb=128 @maxMemoryUsed=78000000 @log=111122223333:web @logStream=stream/1");
}

#[test]
fn json_properties_are_fields_and_absent_ones_leave_no_cell() {
    let messages =
        [r#"{"level":"error","http":{"status":500},"tags":["a","b"],"ok":true,"none":null,"a.b":1}"#, "plain"];
    insta::assert_snapshot!(table("fields level, http.status, tags.1, ok, none, a.b, nope | filter ispresent(level)", &messages), @"level=error http.status=500 tags.1=b ok=1 a.b=1");
}

#[test]
fn filters_compare_numbers_texts_lists_and_patterns() {
    let messages = [r#"{"n":5,"s":"abc"}"#, r#"{"n":50,"s":"xyz"}"#];
    for (condition, matches) in [
        ("n > 10", 1),
        ("n = '5'", 1),
        ("n >= 5 and n <= 50", 2),
        ("s like 'b'", 1),
        ("s like /^(a|x)/", 2),
        ("s =~ /Z/", 0),
        ("s not like /b/", 1),
        ("s in ['abc', 'def']", 1),
        ("s not in ['abc']", 1),
        ("not (n = 5 or n = 50)", 0),
        ("n = 5 or n = 50 and s = 'nope'", 1),
        ("missing = 1", 0),
        ("missing != 1", 2),
        ("strlen(s) = 3 and toupper(s) = 'ABC'", 1),
        ("-n < -10", 1),
        ("n + 5 * 2 = 15", 1),
    ] {
        assert_eq!(rows(&format!("filter {condition}"), &messages).len(), matches, "{condition}");
    }
}

#[test]
fn parse_takes_globs_and_regular_expressions() {
    let messages = ["user=anna, method:GET, latency := 25", "other"];
    insta::assert_snapshot!(table(r#"parse @message "user=*, method:*, latency := *" as @user, @method, @latency"#, &messages), @"@user=anna @method=GET @latency=25");
    insta::assert_snapshot!(table(r"parse @message /latency := (?<ms>\d+)/ | filter ispresent(ms) | display ms, ms * 2 as twice", &messages), @"ms=25 twice=50");
    insta::assert_snapshot!(table(r"parse /user=(\w+)/ as who | stats count(*) as n by who | sort n, who", &messages), @r"
    who=anna n=1
    n=1
    ");
}

#[test]
fn stats_group_by_bins_and_fields() {
    let messages: Vec<String> = (0..10).map(|n| format!(r#"{{"n":{n},"even":"{}"}}"#, n % 2 == 0)).collect();
    let messages: Vec<&str> = messages.iter().map(String::as_str).collect();
    insta::assert_snapshot!(table("stats count(*), sum(n), avg(n), min(n), max(n), pct(n, 90) as p90, stddev(n), count_distinct(even) as kinds, earliest(n), latest(n)", &messages), @"count(*)=10 sum(n)=45 avg(n)=4.5 min(n)=0 max(n)=9 p90=8 stddev(n)=2.8723 kinds=2 earliest(n)=0 latest(n)=9");
    insta::assert_snapshot!(table("stats count(*) as c, max(n) - min(n) as spread by bin(5m), even | sort bin(5m) asc, even desc", &messages), @r"
    bin(5m)=2025-12-16 05:45:00.000 even=true c=3 spread=4
    bin(5m)=2025-12-16 05:45:00.000 even=false c=2 spread=2
    bin(5m)=2025-12-16 05:50:00.000 even=true c=2 spread=2
    bin(5m)=2025-12-16 05:50:00.000 even=false c=3 spread=4
    ");
    insta::assert_snapshot!(table("stats count(*) by even | sort count(*) desc | limit 1", &messages), @"even=false count(*)=5");
    insta::assert_snapshot!(table("filter n > 100 | stats count(*) as c, avg(n) as a", &messages), @"c=0");
}

#[test]
fn rows_come_newest_first_and_dedup_keeps_the_first() {
    let messages = [r#"{"k":"a","n":1}"#, r#"{"k":"b","n":2}"#, r#"{"k":"a","n":3}"#];
    assert_eq!(table("fields n | dedup k", &messages), "n=3\nn=2");
    assert_eq!(table("fields n | sort @timestamp asc | limit 2", &messages), "n=1\nn=2");
    insta::assert_snapshot!(table("fields @timestamp, datefloor(@timestamp, 1h) as hour, fromMillis(0) as zero, substr('abcdef', 1, 3) as s, replace('a-b', '-', '+') as r, concat(k, '/', n) as c, coalesce(missing, k) as o | limit 1", &messages), @"@timestamp=2025-12-16 05:47:00.000 hour=2025-12-16 05:00:00.000 zero=1970-01-01 00:00:00.000 s=bcd r=a+b c=a/3 o=a");
}

#[test]
fn malformed_queries_say_where() {
    assert_eq!(
        refusal("fields @message | filter @message like"),
        "unexpected end of the query at line 1 and position 38"
    );
    assert_eq!(refusal("fields @message\n| fliter x = 1"), "unexpected symbol found fliter at line 2 and position 2");
    assert_eq!(refusal("stats frob(x)"), "unknown function frob at line 1 and position 6");
    for query in [
        "",
        "fields",
        "filter (a = 1",
        "filter a = 'x",
        "stats count(*) by",
        "limit 0",
        "parse @message 'a * b *' as x",
        "filter a like /(/",
        "fields bin(5x)",
        "filter a in []",
        "fields a |",
        "stats pct(n)",
        "fields strlen()",
    ] {
        refusal(query);
    }
}

#[test]
fn deep_and_long_expressions_are_refused_before_the_stack_ends() {
    assert!(refusal(&format!("filter {}1{}", "(".repeat(3000), ")".repeat(3000))).contains("too deep"));
    assert!(refusal(&format!("filter {}1", "-".repeat(3000))).contains("too deep"));
    assert!(refusal(&format!("filter 1{}", "+1".repeat(4000))).contains("too many operators"));
}

proptest! {
    #[test]
    fn any_text_is_read_and_run_without_a_panic(query in r#"(fields|filter|stats|parse|sort|limit|dedup|display) [a-z@*()/"'=<>+^%,| \[\]0-9.-]{0,50}|.{0,40}"#) {
        if Query::parse(&query).is_ok() {
            rows(&query, &[r#"{"a":{"b":1},"n":3}"#, "x y z", REPORT]);
        }
    }

    #[test]
    fn comparing_numbers_agrees_with_arithmetic(left in -1000_i32..1000, right in -1000_i32..1000) {
        let message = format!(r#"{{"l":{left},"r":{right}}}"#);
        prop_assert_eq!(rows("filter l < r", &[&message]).len() == 1, left < right);
        prop_assert_eq!(rows("filter l = r", &[&message]).len() == 1, left == right);
        let sum = table("fields l + r as sum", &[&message]);
        prop_assert_eq!(sum, format!("sum={}", left + right));
    }
}
