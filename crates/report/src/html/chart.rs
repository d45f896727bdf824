//! A metric series as the coordinates of a picture: bars or a line over the window, the baseline's mean, the onset, alarms and changes.
//!
//! Coordinates are those of an SVG of [`WIDTH`] × [`HEIGHT`] units; the template only writes them down.

use jiff::Timestamp;
use marple_case::{
    Evidence, Facts, Window,
    facts::{HappeningKind, Point, Series, Shape},
};

use crate::{amounts::measure, report::Report, visible};

/// Units.
pub(super) const WIDTH: f64 = 600.0;
/// Units.
pub(super) const HEIGHT: f64 = 120.0;
/// Charts on a page at most.
const CHARTS: usize = 12;
/// Marks of one sort at most.
const MARKS: usize = 12;

pub(super) struct Chart {
    pub(super) title: String,
    pub(super) greatest: String,
    pub(super) from: String,
    pub(super) to: String,
    /// Bars: (x, y, width, height).
    pub(super) bars: Vec<Bar>,
    /// Lines, each as SVG writes its points. A missing point is not a zero, nor anything between its neighbours: the line ends there.
    pub(super) curves: Vec<String>,
    /// The height of the baseline's mean.
    pub(super) baseline: Option<String>,
    pub(super) marks: Vec<Mark>,
    /// The picture in words, for those who do not see it.
    pub(super) description: String,
}

pub(super) struct Bar {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
}

/// A vertical line.
pub(super) struct Mark {
    pub(super) x: String,
    /// onset, alarm or change.
    pub(super) class: &'static str,
    pub(super) text: String,
}

/// The charts of a report: what moves first, what is cited first; each metric and statistic once.
pub(super) fn of(report: &Report) -> Vec<Chart> {
    let Some(scope) = &report.scope else { return Vec::new() };
    let cited = cited(report);
    let mut chosen: Vec<(bool, bool, &Series)> = Vec::new();
    for taken in &report.evidence {
        for series in series(taken).iter().filter(|series| series.points.len() > 1 || series.window.nonzero > 0) {
            let known =
                chosen.iter().any(|(_, _, one)| one.metric == series.metric && one.statistic == series.statistic);
            if !known && !series.points.is_empty() {
                let is_still = matches!(series.shape, Shape::Flat | Shape::Empty);
                chosen.push((is_still, !cited.contains(&taken.id), series));
            }
        }
    }
    chosen.sort_by_key(|(is_still, is_uncited, _)| (*is_still, *is_uncited));
    let marks = marks(report, &scope.window);
    chosen.into_iter().take(CHARTS).map(|(_, _, series)| chart(series, &scope.window, &marks)).collect()
}

fn cited(report: &Report) -> Vec<marple_case::EvidenceId> {
    let conclusion = report.conclusion.as_ref();
    let links = conclusion.into_iter().flat_map(|conclusion| &conclusion.root_cause.chain);
    links.flat_map(|link| &link.citations).map(|citation| citation.evidence).collect()
}

fn series(taken: &Evidence) -> Vec<&Series> {
    match &taken.facts {
        Facts::Metrics(metrics) => metrics.series.iter().collect(),
        Facts::Databases(databases) => databases.databases.iter().flat_map(|database| &database.load).collect(),
        Facts::LoadBalancers(balancers) => {
            let groups = balancers.iter().flat_map(|balancer| &balancer.target_groups).flat_map(|group| &group.load);
            balancers.iter().flat_map(|balancer| &balancer.load).chain(groups).collect()
        }
        _ => Vec::new(),
    }
}

/// The onset, alarms and changes inside the window, as (moment, class, text).
fn marks(report: &Report, window: &Window) -> Vec<(Timestamp, &'static str, String)> {
    let onset = report.conclusion.as_ref().and_then(|conclusion| conclusion.root_cause.onset);
    let mut marks: Vec<_> = onset.into_iter().map(|at| (at, "onset", report.words().onset.to_owned())).collect();
    for (kind, class) in [(HappeningKind::Alarm, "alarm"), (HappeningKind::Change, "change")] {
        let happenings = report.evidence.iter().flat_map(|taken| taken.facts.happenings());
        let of_kind = happenings.filter(|happening| happening.kind == kind && window.contains(happening.at));
        marks.extend(of_kind.take(MARKS).map(|happening| (happening.at, class, visible::line(&happening.text))));
    }
    marks
}

fn chart(series: &Series, window: &Window, marks: &[(Timestamp, &'static str, String)]) -> Chart {
    let greatest = series.points.iter().map(|point| point.value).chain(series.baseline.map(|summary| summary.mean));
    let greatest = greatest.filter(|value| value.is_finite()).fold(f64::MIN_POSITIVE, f64::max);
    let y = |value: f64| HEIGHT - (value.max(0.0) / greatest).clamp(0.0, 1.0) * (HEIGHT - 8.0);
    // A series that was read over another span than the incident's window is drawn over its own.
    let inside = series.points.iter().all(|point| point.at >= window.start && point.at <= window.end);
    let own = series.points.first().zip(series.points.last());
    let (start, end) = match (inside, own) {
        (false, Some((first, last))) => (first.at, last.at),
        _ => (window.start, window.end),
    };
    let span = (end.as_second() - start.as_second()).max(1) as f64;
    let x = |at: Timestamp| ((at.as_second() - start.as_second()) as f64 / span).clamp(0.0, 1.0) * WIDTH;
    let is_sum = matches!(series.statistic.as_str(), "Sum" | "SampleCount");
    let width = (f64::from(series.period_s) / span * WIDTH).clamp(1.0, WIDTH);
    let bar = |point: &Point| Bar {
        x: units(x(point.at)),
        y: units(y(point.value)),
        width: units(width.max(1.5)),
        height: units(HEIGHT - y(point.value)),
    };
    let finite = || series.points.iter().filter(|point| point.value.is_finite());
    let whole: Vec<&Point> = finite().collect();
    let period = i64::from(series.period_s);
    let runs = whole.chunk_by(|one, next| next.at.as_second() - one.at.as_second() <= period);
    let (curves, alone): (Vec<&[&Point]>, Vec<&[&Point]>) = runs.partition(|run| !is_sum && run.len() > 1);
    let curve = |run: &&[&Point]| {
        let points: Vec<String> =
            run.iter().map(|point| format!("{},{}", units(x(point.at)), units(y(point.value)))).collect();
        points.join(" ")
    };
    let mark = |(at, class, text): &(Timestamp, &'static str, String)| Mark {
        x: units(x(*at)),
        class,
        text: format!("{at} {text}"),
    };
    let title = visible::line(&format!("{}, {}", series.metric, series.statistic));
    Chart {
        description: format!("{title}: {} – {}, {}", start, end, series.shape.word()),
        title,
        greatest: measure(greatest),
        from: start.to_string(),
        to: end.to_string(),
        bars: alone.into_iter().flatten().map(|point| bar(point)).collect(),
        curves: curves.iter().map(curve).collect(),
        baseline: series.baseline.filter(|summary| summary.points > 0).map(|summary| units(y(summary.mean))),
        marks: marks.iter().filter(|(at, _, _)| start <= *at && *at <= end).map(mark).collect(),
    }
}

/// A coordinate, to a tenth of a unit.
fn units(value: f64) -> String {
    format!("{value:.1}")
}
