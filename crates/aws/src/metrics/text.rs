//! A series as text: one fact a line.

use std::fmt::Write as _;

use jiff::Timestamp;
use marple_case::{
    Window,
    facts::{ChangePoint, MetricId, Point, Series, Shape, Summary},
};

/// Width of a sparkline, characters.
const WIDTH: usize = 60;
/// Points that are written out, at most.
const POINTS: usize = 12;
/// Begins a line about a stretch without points.
const PAUSE: &str = "no points";
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// The lines of several series. A statistic that is another one point by point, as the maximum of one sample a period is its average, is told
/// in one line.
pub(crate) fn all(series: &[Series], window: Window) -> String {
    told(series, |one| rendered(one, window))
}

/// The same without points: those are read with `get_metrics`.
pub(crate) fn all_in_brief(series: &[Series], window: Window) -> String {
    told(series, |one| brief(one, window))
}

fn told(series: &[Series], whole: impl Fn(&Series) -> String) -> String {
    let one = |(place, one): (usize, &Series)| {
        let before = || series.iter().take(place);
        if is_silent(one) {
            let group: Vec<&Series> = series.iter().filter(|other| is_silent(other) && is_beside(one, other)).collect();
            let is_told = before().any(|other| is_silent(other) && is_beside(one, other));
            return match group.as_slice() {
                [_, _, ..] if is_told => String::new(),
                [_, _, ..] => silence(&group),
                _ => whole(one),
            };
        }
        let is_same = |other: &&Series| {
            other.metric == one.metric && other.period_s == one.period_s && other.points == one.points
        };
        match before().find(is_same).filter(|_| !one.points.is_empty()) {
            Some(other) => format!("{}  point by point as {}\n", head(one), other.statistic),
            None if before().any(|other| pauses_alike(one, other)) => {
                whole(&Series { pauses: Vec::new(), baseline_pauses: Vec::new(), ..one.clone() })
            }
            None => whole(one),
        }
    };
    series.iter().enumerate().map(one).collect()
}

/// Whether two series of one resource rest at the same times, so that this need not be told of both.
fn pauses_alike(one: &Series, other: &Series) -> bool {
    is_beside(one, other) && one.pauses == other.pauses && one.baseline_pauses == other.baseline_pauses
}

/// Whether nothing was measured, in the baseline neither.
fn is_silent(series: &Series) -> bool {
    series.window.points == 0 && series.baseline.is_none_or(|baseline| baseline.points == 0)
}

/// Whether two series are of one resource, so that one line can tell of both.
fn is_beside(one: &Series, other: &Series) -> bool {
    one.metric.namespace == other.metric.namespace
        && one.metric.dimensions == other.metric.dimensions
        && one.period_s == other.period_s
        && one.baseline.is_some() == other.baseline.is_some()
}

/// The line of several series of one resource without a point.
fn silence(group: &[&Series]) -> String {
    let Some(first) = group.first() else { return String::new() };
    let of = MetricId { name: String::new(), ..first.metric.clone() }.to_string();
    let names: Vec<String> = group.iter().map(|one| format!("{} {}", one.metric.name, one.statistic)).collect();
    let baseline = if first.baseline.is_some() { "; baseline no points" } else { "" };
    format!(
        "{}, per {} s: window no points{baseline}: {}\n",
        of.split_whitespace().collect::<Vec<_>>().join(" "),
        first.period_s,
        names.join(", ")
    )
}

/// The line that names a series and gives its figures.
fn head(series: &Series) -> String {
    let (metric, statistic, period_s) = (&series.metric, &series.statistic, series.period_s);
    let mut text = format!("{metric}, {statistic} per {period_s} s: window {}", figures(&series.window));
    if let Some(baseline) = &series.baseline {
        let _ = write!(text, "; baseline {}", figures(baseline));
    }
    text + "\n"
}

/// The lines of a series.
pub(super) fn rendered(series: &Series, window: Window) -> String {
    let mut text = head(series);
    if series.points.is_empty() {
        return text;
    }
    let _ = writeln!(text, "  shape: {}", series.shape.word());
    let _ = writeln!(text, "  |{}|", sparkline(&series.points, window));
    for (pauses, place) in [(&series.pauses, ""), (&series.baseline_pauses, " in the baseline")] {
        for pause in pauses {
            let _ = writeln!(text, "  {PAUSE}{place}: {pause}");
        }
    }
    for change in &series.change_points {
        let _ = writeln!(text, "  change: {}", change_line(change));
    }
    for point in that_matter(series) {
        let _ = writeln!(text, "  {} {}", point.at, number(point.value));
    }
    text
}

fn brief(series: &Series, window: Window) -> String {
    let rendered = rendered(series, window);
    let is_point = |line: &&str| {
        line.strip_prefix("  ")
            .is_some_and(|line| line.starts_with(|first: char| first.is_ascii_digit()) || line.starts_with(PAUSE))
    };
    rendered.lines().filter(|line| !is_point(line)).flat_map(|line| [line, "\n"]).collect()
}

fn change_line(change: &ChangePoint) -> String {
    format!("{} from {} to {}", change.at, number(change.before), number(change.after))
}

/// `3 points, sum 3, min 1, max 1, mean 1`, or `no points`.
fn figures(summary: &Summary) -> String {
    if summary.points == 0 {
        return "no points".to_owned();
    }
    let noun = if summary.points == 1 { "point" } else { "points" };
    format!(
        "{} {noun}, sum {}, min {}, max {}, mean {}",
        summary.points,
        number(summary.sum),
        number(summary.min),
        number(summary.max),
        number(summary.mean)
    )
}

/// A number with four significant places after the point at most, and no more digits than it has.
pub(crate) fn number(value: f64) -> String {
    if !value.is_finite() {
        return value.to_string();
    }
    let size = value.abs();
    if size >= 1e15 || (size > 0.0 && size < 1e-6) {
        return format!("{value:.4e}");
    }
    let places = match size {
        large if large >= 100_000.0 => 0,
        large if large >= 1_000.0 => 1,
        large if large >= 1.0 => 3,
        _ => 6,
    };
    let text = format!("{value:.places$}");
    let trimmed = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if trimmed == "-0" { "0".to_owned() } else { trimmed.to_owned() }
}

/// The window in bars, from its least (or 0) to its greatest value; `·` where there is no point.
fn sparkline(points: &[Point], window: Window) -> String {
    let span = window.length().as_millis().max(1);
    let mut columns = [None::<f64>; WIDTH];
    for point in points.iter().filter(|point| point.value.is_finite()) {
        let offset = point.at.duration_since(window.start).as_millis().clamp(0, span - 1);
        let place = usize::try_from(offset * WIDTH as i128 / span).unwrap_or(0);
        if let Some(column) = columns.get_mut(place) {
            *column = Some(column.map_or(point.value, |value| value.max(point.value)));
        }
    }
    let low = columns.iter().flatten().fold(0.0, |low: f64, value| low.min(*value));
    let high = columns.iter().flatten().fold(low, |high: f64, value| high.max(*value));
    let bar = |value: &Option<f64>| match value {
        None => '·',
        Some(value) => {
            let part = if high > low { (value - low) / (high - low) } else { 0.0 };
            let place = (part * (BARS.len() - 1) as f64).round() as usize;
            BARS.get(place).copied().unwrap_or('█')
        }
    };
    columns.iter().map(bar).collect()
}

/// The points that a reader wants to see as numbers: all of a few, else first and last, greatest and least, where the level
/// changes and, where points stand out, those; in the order of time.
fn that_matter(series: &Series) -> Vec<Point> {
    let points = &series.points;
    let flat = series.shape == Shape::Flat && points.len() > 3;
    if points.len() <= POINTS && !flat {
        return points.clone();
    }
    let mut times: Vec<Timestamp> = series.change_points.iter().map(|change| change.at).collect();
    times.extend(points.first().map(|point| point.at));
    times.extend(points.last().map(|point| point.at));
    let mut by_value: Vec<&Point> = points.iter().filter(|point| point.value.is_finite()).collect();
    by_value.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.at.cmp(&b.at)));
    let greatest = match series.shape {
        Shape::Spikes | Shape::Varying => POINTS.saturating_sub(times.len() + 1),
        _ => 1,
    };
    times.extend(by_value.iter().take(greatest).map(|point| point.at));
    times.extend(by_value.last().map(|point| point.at));
    points.iter().filter(|point| times.contains(&point.at)).copied().collect()
}
