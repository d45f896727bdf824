#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;

#[path = "../../benches/hostile/mod.rs"]
mod hostile;

fn mine<'a>(lines: impl IntoIterator<Item = &'a str>) -> Miner {
    let mut miner = Miner::new(Options::default());
    for (at, line) in (0..).zip(lines) {
        miner.observe(Series::Incident, line, at);
    }
    miner
}

fn texts(miner: &Miner) -> Vec<String> {
    miner.templates().map(|template| format!("{} x {}", template.count(), template.text())).collect()
}

fn outcomes(miner: &Miner) -> Vec<String> {
    miner.templates().flat_map(Template::outcomes).map(|one| format!("{} x {}", one.count(), one.text())).collect()
}

#[test]
fn lambda_platform_lines_are_one_template_each() {
    let lines = ["6f1c0c9e-aaaa-bbbb-cccc-ddddeeeeffff", "0a1b2c3d-1111-4222-8333-444455556666"].map(|id| {
        [
            format!("INIT_START Runtime Version: nodejs:20.v40\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:{}", "0a".repeat(32)),
            format!("START RequestId: {id} Version: $LATEST"),
            format!("END RequestId: {id}"),
            format!("REPORT RequestId: {id}\tDuration: 65.23 ms\tBilled Duration: 66 ms\tMemory Size: 128 MB\tMax Memory Used: 78 MB\t"),
        ]
    });
    let miner = mine(lines.iter().flatten().map(String::as_str));
    assert_eq!(
        texts(&miner),
        [
            "2 x INIT_START Runtime Version: nodejs:<*>.v40 Runtime Version ARN: arn:aws:lambda:us-east-1::runtime:<*>",
            "2 x START RequestId: <*> Version: $LATEST",
            "2 x END RequestId: <*>",
            "2 x REPORT RequestId: <*> Duration: <*> ms Billed Duration: <*> ms Memory Size: <*> MB Max Memory Used: <*> MB",
        ]
    );
}

#[test]
fn few_words_in_one_place_are_different_news_and_many_are_values() {
    let few = mine(["Database connection established", "Database connection lost"]);
    assert_eq!(few.templates().count(), 2);

    let lines: Vec<String> =
        ('a'..='z').map(|name| format!("User {name}{name}{name} signed out of the shop")).collect();
    let many = mine(lines.iter().map(String::as_str));
    assert_eq!(texts(&many), ["26 x User <*> signed out of the shop"]);
}

#[test]
fn a_wildcard_keeps_the_key_and_the_quotes() {
    let miner = mine([r#"{"msg":"basket priced","user":"alice"}"#, r#"{"msg":"basket priced","user":"bob"}"#]);
    assert_eq!(texts(&miner), [r#"2 x {"msg":"basket priced","user":"<*>"}"#]);
}

#[test]
fn outcomes_are_counted_apart_in_one_template() {
    let miner = mine(["GET /a 200 5ms", "GET /a 500 9ms", "GET /a 200 6ms", "PUT /a 500 7ms"]);
    assert_eq!(texts(&miner), ["4 x <*> /a <*> <*>ms"]);
    assert_eq!(outcomes(&miner), ["2 x GET /a 200 <*>ms", "1 x GET /a 500 <*>ms", "1 x PUT /a 500 <*>ms"]);
    let (template, outcome) = miner.classify("GET /a 500 1ms").unwrap();
    assert_eq!((template.count(), outcome.count(), outcome.words()), (4, 1, "GET 500".to_owned()));

    let classes = mine(["failed: TypeError in cart", "failed: RangeError in cart"]);
    assert_eq!(texts(&classes), ["2 x failed: <*> in cart"]);
    assert_eq!(outcomes(&classes), ["1 x failed: TypeError in cart", "1 x failed: RangeError in cart"]);
}

#[test]
fn an_outcome_says_which_of_the_templates_values_it_had() {
    let users = ('a'..='z').map(|name| format!("GET /home/{name}{name}{name} 200 of the shop"));
    let lines: Vec<String> = users.chain((0..3).map(|_| "GET /home/bbb 500 of the shop".to_owned())).collect();
    let miner = mine(lines.iter().map(String::as_str));
    assert_eq!(texts(&miner), ["29 x GET /home/<*> <*> of the shop"]);
    assert_eq!(outcomes(&miner), ["26 x GET /home/<*> 200 of the shop", "3 x GET /home/bbb 500 of the shop"]);
}

#[test]
fn a_tally_holds_count_times_and_the_earliest_line() {
    let mut miner = Miner::new(Options::default());
    miner.observe(Series::Baseline, "took 5ms", 10);
    miner.observe(Series::Incident, "took 6ms", 90);
    miner.observe(Series::Incident, "took 7ms", 70);
    let template = miner.templates().next().unwrap().outcomes().next().unwrap();
    let expected = Tally { count: 2, first_at_ms: 70, last_at_ms: 90, sample: "took 7ms".to_owned() };
    assert_eq!(template.tally(Series::Incident), &expected);
    assert_eq!(template.tally(Series::Baseline).count, 1);
}

/// What bounds the work for a line: a full leaf holds 256 templates, and hardly any is compared by its texts.
#[test]
fn few_templates_are_compared_by_their_texts_however_many_there_are() {
    for kind in hostile::KINDS {
        let lines = kind.lines(3_000);
        let mut miner = mine(lines.iter().map(String::as_str));
        let mut compared = 0;
        for line in kind.lines(3_200).get(3_000..).unwrap() {
            let line = Line::of(miner.scanner.scan(line, false), &miner.templates);
            let fits = line.near.iter().filter(|row| row.words == 0).count();
            compared += fits + (line.near.len() - fits).min(variants::CONSIDERED * miner.options.max_variants);
        }
        assert!(compared / 200 <= 17, "{kind}: {compared}");
    }
}

#[test]
fn what_is_given_up_is_counted_as_other_and_the_frequent_stay() {
    let mut miner = Miner::new(Options { max_templates: 16, ..Options::default() });
    for _ in 0..100 {
        miner.observe(Series::Incident, "the service is healthy", 0);
    }
    for length in 1..200 {
        miner.observe(Series::Incident, &"rare ".repeat(length), 0);
    }
    let kept: u64 = miner.templates().map(Template::count).sum();
    assert!(miner.templates().flat_map(Template::outcomes).count() <= 16);
    assert_eq!(kept + miner.other(Series::Incident).count, 299);
    assert!(miner.templates().any(|template| template.count() == 100));
}

#[test]
fn long_lines_are_cut_and_say_so() {
    let line = "é".repeat(5_000);
    let miner = mine([line.as_str()]);
    let template = miner.templates().next().unwrap();
    assert_eq!(template.outcomes().next().unwrap().tally(Series::Incident).sample.len(), 4096);
    assert!(template.text().ends_with(" <*>"));
}
