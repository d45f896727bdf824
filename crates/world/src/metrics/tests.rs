#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::path::Path;

use proptest::prelude::*;

use super::data::{DataQuery, Source, results};
use super::math::Expression;
use super::period::Windows;
use super::series::Series;
use super::statistic::{Statistic, points};
use super::*;
use crate::traffic::tests::world;
use crate::world::Parsed;
use crate::{Files, Scenario};

const MINUTE: i64 = 60_000;
const DAY: i64 = 86_400_000;
const NOW: i64 = 1_765_865_400_000; // 2025-12-16T06:10:00Z

fn at(text: &str) -> i64 {
    text.parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn metric(namespace: &str, name: &str, dimensions: &[(&str, &str)]) -> MetricId {
    MetricId::new(
        namespace,
        name,
        dimensions.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    )
}

fn connections() -> MetricId {
    metric("AWS/RDS", "DatabaseConnections", &[("DBClusterIdentifier", "bookshop-aurora")])
}

fn queue() -> MetricId {
    metric("Bookshop", "Queue", &[("Stage", "live"), ("Queue", "orders")])
}

fn values(id: &MetricId, from: &str, to: &str, period: i64, statistic: Statistic) -> Vec<f64> {
    let metrics = Metrics::of(&world()).unwrap();
    let windows = Windows::new(at(from), at(to), period, NOW);
    let found = metrics.samples(id, None, windows.start, windows.samples_end());
    points(&found.samples, &windows, statistic, NOW).into_values().collect()
}

#[test]
fn segments_override_the_base_and_points_win_over_all() {
    let found = values(&connections(), "2025-12-16T05:42:00Z", "2025-12-16T05:48:00Z", 60, Statistic::Average);
    assert_eq!(found, [80.0, 80.0, 65.5, 80.0, 80.0], "05:44 is absent, 05:45 is the point");
    let ramp = values(&queue(), "2025-12-16T05:00:00Z", "2025-12-16T05:10:00Z", 60, Statistic::Sum);
    assert_eq!(ramp, [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0]);
}

fn series_of(text: &str) -> Result<Vec<Series>, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bookshop");
    let mut files = Files::read(&folder).unwrap();
    files.insert("world/cloudwatch/series.toml", text.to_owned());
    SeriesFile::parse(&Scenario::load(files).unwrap()).map(|file| file.0).map_err(|error| error.to_string())
}

const RUN: &str = "[[series]]\nnamespace = 'X'\nmetric = 'M'\nfrom = '2025-12-16T05:00:00Z'\nbase = 1\n";

#[test]
fn a_run_gives_its_values_one_a_period_with_holes_and_points_win_over_it() {
    let text = RUN.to_owned()
        + "[[series.run]]\nfrom = '2025-12-16T05:01:00Z'\nvalues = [3, 4.5, '-', 7]\n\
           [[series.point]]\nat = '2025-12-16T05:04:00Z'\nvalue = 9\n";
    let series = series_of(&text).unwrap().remove(0);
    let samples = series.samples(at("2025-12-16T05:00:00Z"), at("2025-12-16T05:06:00Z"));
    let shown: Vec<String> =
        samples.iter().map(|sample| format!("{}={}", (sample.at / 60_000) % 60, sample.value)).collect();
    assert_eq!(shown, ["0=1", "1=3", "2=4.5", "4=9", "5=1"]);
}

#[test]
fn a_run_with_anything_but_numbers_and_holes_is_named_with_its_line() {
    let run = |values: &str| {
        let text =
            format!("[[series]]\nnamespace='X'\nmetric='M'\n[[series.run]]\nfrom='2025-12-16T05:00:00Z'\n{values}\n");
        series_of(&text).unwrap_err()
    };
    for (values, fault) in [
        ("values=[1,\n'x']", ":7: invalid value: string \"x\", expected a number, or \"-\" for a hole"),
        ("values=[nan]", ":6: invalid value: floating point `NaN`, expected a number, or \"-\" for a hole"),
        ("values=[1]\nperiod=60", ":7: unknown field `period`, expected `from` or `values`"),
    ] {
        assert_eq!(run(values), format!("world/cloudwatch/series.toml{fault}"));
    }
}

#[test]
fn any_span_of_a_noisy_series_is_a_part_of_the_whole() {
    let metrics = Metrics::of(&world()).unwrap();
    let whole = metrics.samples(&connections(), None, 0, i64::MAX).samples;
    assert!(
        whole.len() > 10_000
            && whole.iter().all(|sample| sample.at <= NOW && sample.value.fract() == 0.0 || sample.value == 65.5)
    );
    let (from, to) = (NOW - 3 * DAY, NOW - 2 * DAY);
    let part: Vec<_> = whole.into_iter().filter(|sample| (from..to).contains(&sample.at)).collect();
    assert_eq!(metrics.samples(&connections(), None, from, to).samples, part);
}

#[test]
fn statistics_of_a_window() {
    let of = |statistic| values(&queue(), "2025-12-16T05:00:00Z", "2025-12-16T05:10:00Z", 300, statistic);
    assert_eq!(of(Statistic::Average), [2.0, 7.0]);
    assert_eq!(of(Statistic::SampleCount), [5.0, 5.0]);
    assert_eq!(of(Statistic::Minimum), [0.0, 5.0]);
    assert_eq!(of(Statistic::Maximum), [4.0, 9.0]);
    assert_eq!(of(Statistic::Percentile(50.0)), [2.0, 7.0]);
    assert_eq!(Statistic::parse("p99.9"), Some(Statistic::Percentile(99.9)));
    assert_eq!([Statistic::parse("p101"), Statistic::parse("average"), Statistic::parse("p")], [None; 3]);
}

#[test]
fn short_periods_of_old_points_are_no_longer_kept() {
    let retired = metric("Bookshop", "Retired", &[]);
    let count =
        |period| values(&retired, "2025-10-18T00:00:00Z", "2025-10-18T01:00:00Z", period, Statistic::SampleCount);
    assert_eq!(count(60), Vec::<f64>::new());
    assert_eq!(count(300), [5.0; 12]);
    assert_eq!(
        values(&retired, "2025-10-02T00:00:00Z", "2025-10-02T02:00:00Z", 300, Statistic::Sum),
        Vec::<f64>::new()
    );
    assert_eq!(values(&retired, "2025-10-02T00:00:00Z", "2025-10-02T02:00:00Z", 3600, Statistic::Sum), [300.0, 300.0]);
}

#[test]
fn start_times_are_rounded_down_by_their_age() {
    let start = |age: i64, period| Windows::new(NOW - age + 61_001, NOW, period, NOW).start - (NOW - age);
    assert_eq!(start(DAY, 300), MINUTE);
    assert_eq!(start(DAY, 1), MINUTE + 1000);
    assert_eq!(start(20 * DAY, 60), 0);
    assert_eq!(start(70 * DAY, 3600) % MINUTE, 0);
    assert_eq!(Windows::new(NOW - 70 * DAY, NOW, 60, NOW).start % (60 * MINUTE), 0);
}

#[test]
fn metrics_without_a_recent_point_are_not_listed() {
    let metrics = Metrics::of(&world()).unwrap();
    let names = |from| {
        metrics.active_since(from).into_iter().map(|id| format!("{} {}", id.namespace, id.name)).collect::<Vec<_>>()
    };
    assert!(!names(NOW - 14 * DAY).contains(&"Bookshop Retired".to_owned()));
    assert!(names(0).contains(&"Bookshop Retired".to_owned()));
    assert_eq!(
        names(NOW - 14 * DAY).iter().filter(|name| *name == "AWS/Lambda Errors").count(),
        3,
        "two functions and all"
    );
}

#[test]
fn the_account_has_the_invocations_and_the_concurrency_of_all_functions_together() {
    let sum = |dimensions: &[(&str, &str)], name, statistic| -> f64 {
        let found = values(
            &metric("AWS/Lambda", name, dimensions),
            "2025-12-16T05:45:00Z",
            "2025-12-16T05:46:00Z",
            60,
            statistic,
        );
        found.first().copied().unwrap_or(0.0)
    };
    let orders = sum(&[("FunctionName", "orders-api")], "Invocations", Statistic::Sum);
    assert_eq!(sum(&[], "Invocations", Statistic::Sum), orders + 1.0, "thumbnails ran once");
    assert_eq!(sum(&[], "ConcurrentExecutions", Statistic::Maximum), 2.0, "orders-api beside the minute of thumbnails");
    assert_eq!(sum(&[("FunctionName", "orders-api")], "ConcurrentExecutions", Statistic::Maximum), 1.0);
}

/// The values of the last query, over ten minutes in which `q` is 0 to 9 and `gaps` is 80 with a hole.
fn math(expressions: &[(&str, &str)]) -> Result<Vec<f64>, String> {
    let windows = Windows::new(at("2025-12-16T05:00:00Z"), at("2025-12-16T05:10:00Z"), 60, NOW);
    let holes = Windows::new(at("2025-12-16T05:40:00Z"), at("2025-12-16T05:48:00Z"), 60, NOW);
    let stat = |id: &str, metric, windows| DataQuery {
        id: id.to_owned(),
        label: None,
        source: Source::Statistic { metric, unit: None, statistic: Statistic::Sum, windows },
        return_data: false,
    };
    let mut queries = vec![stat("q", queue(), windows), stat("gaps", connections(), holes)];
    for (index, (id, text)) in expressions.iter().enumerate() {
        let source = Source::Expression(Expression::parse(id, text).map_err(|error| error.to_string())?);
        queries.push(DataQuery {
            id: (*id).to_owned(),
            label: None,
            source,
            return_data: index + 1 == expressions.len(),
        });
    }
    let found = results(&queries, &Metrics::of(&world()).unwrap(), windows).map_err(|error| error.to_string())?;
    Ok(found.into_iter().flat_map(|(_, series)| series.points.into_values()).collect())
}

#[test]
fn metric_math_computes_instant_by_instant() {
    let of = |text| math(&[("e", text)]).unwrap();
    assert_eq!(of("q * 2 + 1")[..3], [1.0, 3.0, 5.0]);
    assert_eq!(of("100 - q / q")[..2], [99.0, 99.0], "0 / 0 is no point");
    assert_eq!(of("q / q").len(), 9);
    assert_eq!(of("RATE(q) * 60"), [1.0; 9]);
    assert_eq!(of("IF(q > 7, q, 0 - 1)"), [-1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, -1.0, 8.0, 9.0]);
    assert_eq!(of("q - AVG(q)")[0], -4.5);
    assert_eq!(of("SUM([q, q])")[9], 18.0);
    assert_eq!(of("SUM(METRICS(\"q\"))")[9], 9.0);
    assert_eq!(of("gaps + q"), Vec::<f64>::new(), "no common instant");
    assert_eq!(of("FILL(gaps, 0)"), [80.0, 80.0, 80.0, 80.0, 0.0, 65.5, 80.0, 80.0]);
    assert_eq!(of("FILL(gaps, REPEAT)")[4], 80.0);
    assert_eq!(of("FILL(gaps, LINEAR)")[4], 72.75);
    assert_eq!(math(&[("a", "q + 1"), ("b", "a * 10")]).unwrap()[..2], [10.0, 20.0]);
    assert_eq!(of("-q ^ 2 + PERIOD(q)")[2], 64.0);
}

#[test]
fn metric_math_refuses_what_it_does_not_play() {
    let refusal = |expressions: &[(&str, &str)]| math(expressions).unwrap_err();
    assert!(
        refusal(&[("e", "SEARCH('{AWS/Lambda,FunctionName} Errors', 'Sum', 300)")])
            .contains("SEARCH expressions are not played")
    );
    assert!(refusal(&[("e", "q + nope")]).contains("Unknown id 'nope'"));
    assert!(refusal(&[("e", "e + 1")]).contains("refers to itself"));
    assert!(refusal(&[("e", "1 + 2")]).contains("does not return a time series"));
    assert!(refusal(&[("e", "q +")]).contains("Unexpected end"));
    assert!(refusal(&[("e", "FROB(q)")]).contains("Unsupported function"));
    assert!(refusal(&[("e", &"(".repeat(2000))]).contains("too deep"));
}

proptest! {
    #[test]
    fn any_text_is_read_as_math_without_a_panic(text in r#"[qge0-9+*/()\[\],. "'<>=!^A-Z_-]{0,40}|(SUM|FILL|IF|RATE)\([qg0-9,()+]{0,20}\)"#) {
        let _ = math(&[("e", &text)]);
    }
}
