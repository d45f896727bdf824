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
    changed(&blocks::joined(&window), &blocks::joined(&baseline))
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
