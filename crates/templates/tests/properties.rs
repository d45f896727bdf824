//! What holds for any lines: random text, and text made of the pieces that masking looks for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, missing_docs)]

use marple_templates::{Miner, Options, Series, Template};
use proptest::prelude::*;

/// Pieces that lead into the corners of the scanner, joined at random.
fn tangled_line() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(vec![
            "{\"",
            "\":",
            "\":\"",
            "\",\"",
            "\\\"",
            "\"",
            "=",
            "=\"",
            ",",
            ", ",
            "[",
            "]",
            "}",
            " ",
            "\t",
            "\n",
            "@",
            "/",
            ":",
            "-",
            "<*>",
            "msg",
            "level",
            "status",
            "stack",
            "code",
            "ERROR",
            "TypeError",
            "GET",
            "HTTP/1.1",
            "200",
            "at f (a.js:1:2)",
            "\n    at ",
            "File \"a.py\", line 1",
            "Dec",
            "us-east-",
            "µs",
            "日本",
            "10.0.0.1",
            "12ms",
            "deadbeef01",
            "alice",
            "bob",
            "x=1",
            "orders-7,",
        ])
        .prop_map(str::to_owned),
        "\\PC{0,4}",
    ];
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn lines() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(prop_oneof![tangled_line(), "[a-c]{1,2}( [a-e]{1,2}){0,5}", any::<String>()], 0..120)
}

fn mine(lines: &[String], options: Options) -> Miner {
    let mut miner = Miner::new(options);
    for (at, line) in (0..).zip(lines) {
        miner.observe(if at % 2 == 0 { Series::Baseline } else { Series::Incident }, line, at);
    }
    miner
}

fn render(miner: &Miner) -> Vec<(String, u64, u64)> {
    let outcomes = miner.templates().flat_map(Template::outcomes);
    outcomes.map(|o| (o.text(), o.tally(Series::Baseline).count, o.tally(Series::Incident).count)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn the_same_lines_give_the_same_templates(lines in lines()) {
        prop_assert_eq!(render(&mine(&lines, Options::default())), render(&mine(&lines, Options::default())));
    }

    #[test]
    fn every_line_still_belongs_to_a_template(lines in lines()) {
        let miner = mine(&lines, Options::default());
        for line in &lines {
            prop_assert!(miner.classify(line).is_some(), "{:?} in {:?}", line, render(&miner));
        }
    }

    #[test]
    fn counts_add_up_and_the_cap_holds(lines in lines(), max_line_bytes in 0..64_usize) {
        let miner = mine(&lines, Options { max_templates: 16, max_line_bytes, ..Options::default() });
        let kept: u64 = miner.templates().map(|template| template.count()).sum();
        let other = miner.other(Series::Baseline).count + miner.other(Series::Incident).count;
        prop_assert_eq!(kept + other, lines.len() as u64);
        prop_assert!(miner.templates().flat_map(Template::outcomes).count() <= 16);
        prop_assert!(miner.templates().flat_map(Template::outcomes).all(|outcome| outcome.count() > 0));
        prop_assert!(miner.templates().all(|template| template.count() > 0));
    }
}

/// Unclosed quotes, brackets and escapes, which a careless search would walk over again and again.
#[test]
fn work_is_bounded_by_length_on_adversarial_lines() {
    let length = 2_000_000;
    for piece in
        ["=\"", "\"a\":\"", "{\"stack\":[", "\\", "a=\"\\", "1,", "1, ", "x-1, ", " at ", "\n    at node:", "@a"]
    {
        let line = piece.repeat(length / piece.len());
        let started = std::time::Instant::now();
        let mut miner = Miner::new(Options { max_line_bytes: length, ..Options::default() });
        miner.observe(Series::Incident, &line, 0);
        assert!(started.elapsed().as_secs() < 5, "{piece:?} took {:?}", started.elapsed());
    }
}
