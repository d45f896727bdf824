#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use marple_case::facts::{FieldChange, LogLine};

use super::*;
use crate::logs::blocks;

/// Invocations, one a minute: what each logs, and whether it fails.
fn lines(day: u32, invocations: &[(String, bool)]) -> Vec<LogLine> {
    let mut lines = Vec::new();
    for (minute, (text, fails)) in invocations.iter().enumerate() {
        let at: Timestamp = format!("2026-03-{day:02}T10:{minute:02}:00Z").parse().unwrap();
        let mut line = |message: String| lines.push(LogLine { at, stream: "s".to_owned(), message });
        line(format!("START RequestId: 00000000-0000-4000-8000-0000000000{minute:02} Version: $LATEST"));
        line(text.clone());
        if *fails {
            line("[ERROR] KeyError: 'x'\nTraceback (most recent call last):\n  File \"/var/task/a.py\", line 3, in handler\n    event['x']".to_owned());
        }
    }
    lines
}

fn told(baseline: &[(String, bool)], window: &[(String, bool)]) -> Vec<ChangedField> {
    let (baseline, window) = (lines(4, baseline), lines(5, window));
    compared(&blocks::joined(&window), &blocks::joined(&baseline)).changed
}

fn usual(number: u32) -> (String, bool) {
    let size = 1_000_000 + u64::from(number) * 137_311;
    (
        format!(
            r#"{{"msg":"file {number} read","id":"f-{number:04}x","form":"2.4","bytes":{size},"parts":{}}}"#,
            number % 4 + 1
        ),
        false,
    )
}

#[test]
fn a_new_value_and_a_far_number_are_told_with_the_invocations_that_failed() {
    let odd = |number: u32| {
        (
            format!(
                r#"{{"msg":"file {number} read","id":"f-{number:04}x","form":"3.0","bytes":{},"parts":2}}"#,
                70_000_000 + number
            ),
            true,
        )
    };
    let baseline: Vec<_> = (0..40).map(usual).collect();
    let window: Vec<_> = (0..30).map(|number| if number % 3 == 0 { odd(number) } else { usual(number) }).collect();
    let found = told(&baseline, &window);
    let fields: Vec<&str> = found.iter().map(|one| one.field.as_str()).collect();
    assert_eq!(fields, ["bytes", "form"]);
    assert_eq!(found[1].change, FieldChange::Values { new: vec!["3.0".into()], before: vec!["2.4".into()] });
    assert!(matches!(found[0].change, FieldChange::Range { low: 70_000_000.0, before_low: 1_000_000.0, .. }));
    assert_eq!((found[1].count, found[1].usual, found[1].failed, found[1].usual_failed), (10, 20, Some(10), Some(0)));
    assert_eq!(found[1].beside, "file # read");
}

#[test]
fn what_changed_for_those_that_succeed_as_well_is_left_out() {
    let odd = |number: u32, fails| (usual(number).0.replace("2.4", "3.0"), fails);
    let baseline: Vec<_> = (0..40).map(usual).collect();
    let window: Vec<_> = (0..30).map(|number| odd(number, number == 7)).collect();
    assert_eq!(told(&baseline, &window), []);
}

#[test]
fn a_message_that_comes_back_again_and_again_is_a_repetition() {
    let baseline: Vec<_> = (0..40).map(usual).collect();
    let same = || (r#"{"msg":"file 3 read","id":"f-9999x","form":"2.4","bytes":1200000,"parts":0}"#.to_owned(), true);
    let window: Vec<_> = (0..30).map(|number| if number % 3 == 0 { same() } else { usual(number) }).collect();
    let found = told(&baseline, &window);
    let repeated = found.iter().find(|one| one.field == "id").expect("the id");
    assert_eq!(repeated.change, FieldChange::Repeated { value: "f-9999x".into(), every_s: Some(180) });
    assert_eq!((repeated.count, repeated.failed), (10, Some(10)));
    assert!(found.iter().any(|one| one.field == "parts" && one.count == 10));
}

#[test]
fn parts_of_nested_objects_that_are_gone_or_new_are_told() {
    let line = |customer: &str| {
        format!(r#"2026-03-05T10:00:00Z	id	INFO	{{"message":"order","detail":{{{customer},"total":3}}}}"#)
    };
    let baseline: Vec<_> = (0..12).map(|_| (line(r#""owner_id":"a7""#), false)).collect();
    let window: Vec<_> = (0..12).map(|_| (line(r#""owner":{"id":"a7"}"#), true)).collect();
    let found = told(&baseline, &window);
    let of = |field: &str| found.iter().find(|one| one.field == field).map(|one| one.change.clone());
    assert_eq!(of("detail.owner_id"), Some(FieldChange::Missing));
    assert_eq!(of("detail.owner.id"), Some(FieldChange::Added));
}

#[test]
fn key_and_value_pairs_are_fields_whatever_stands_before_them() {
    let line = line::read(r#"10:02:11 INFO cart 17 loaded items=3 who="a b" ms=12.5"#).unwrap();
    assert_eq!(line.beside, "#:#:# INFO cart # loaded");
    let fields: Vec<_> = line.fields.iter().map(|(name, field)| (name.as_str(), field.text.as_str())).collect();
    assert_eq!(fields, [("items", "3"), ("who", "a b"), ("ms", "12.5")]);
    assert_eq!(line.fields[2].1.number, Some(12.5));
    assert_eq!(line::read("nothing = here"), None);
}

fn notes(baseline: &[(String, bool)], window: &[(String, bool)]) -> Vec<String> {
    let sample = window[0].0.clone();
    let (baseline, window) = (lines(4, baseline), lines(5, window));
    compared(&blocks::joined(&window), &blocks::joined(&baseline)).values.notes(&sample, |_, _| false)
}

#[test]
fn what_failed_invocations_were_given_is_told_also_without_a_baseline() {
    let line =
        |rows: u32, fails| (format!(r#"{{"event":"export.started","merchant":"m-{rows}","rows":{rows}}}"#), fails);
    let window: Vec<_> =
        (0..20).map(|number| line(1_000 + number * 90, false)).chain([line(2_914_663, true)]).collect();
    assert_eq!(notes(&[], &window), ["rows: 2914663 in invocations that failed; 1000 to 2710 in the others"]);
    let alike: Vec<_> = (0..20).map(|number| line(1_000 + number * 90, number == 7)).collect();
    assert_eq!(notes(&[], &alike), ["rows: median 1900, largest 2710"]);
}

#[test]
fn durations_are_told_by_median_and_largest_whatever_their_unit() {
    let line = |dur: &str, agent: &str| (format!(r#"INFO http: request dur={dur} ua="{agent}""#), false);
    let baseline: Vec<_> = (10..40).map(|number| line(&format!("{number}.5ms"), "web/1.2")).collect();
    let window: Vec<_> = (0..20).map(|_| line("12.5ms", "web/1.2")).chain([line("1m2.5s", "ios/8.4")]).collect();
    assert_eq!(
        notes(&baseline, &window),
        [
            "dur: median 12.5 ms, largest 62.5 s; before 25.5 ms, 39.5 ms",
            "ua: ios/8.4 once, at 2026-03-05T10:20:00Z; before only 1 other"
        ]
    );
    assert_eq!(notes(&baseline, &baseline), Vec::<String>::new());
}
