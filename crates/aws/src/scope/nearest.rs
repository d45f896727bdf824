//! The names nearest to one that does not exist.

/// How many names are offered.
const OFFERED: usize = 5;
/// Below this likeness (Jaro-Winkler, 0 to 1) a name is no suggestion.
const LIKENESS: f64 = 0.6;

/// The nearest names, the best first: those that contain it, then those that are spelled alike.
pub(super) fn names<'a>(wanted: &str, known: impl Iterator<Item = &'a str>) -> Vec<String> {
    let wanted = wanted.to_lowercase();
    let likeness = |name: &str| {
        let name = name.to_lowercase();
        let contained = !wanted.is_empty() && name.contains(&wanted);
        strsim::jaro_winkler(&wanted, &name) + if contained { 1.0 } else { 0.0 }
    };
    let mut scored: Vec<(f64, &str)> = known.map(|name| (likeness(name), name)).collect();
    scored.retain(|(likeness, _)| *likeness >= LIKENESS);
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    scored.into_iter().take(OFFERED).map(|(_, name)| name.to_owned()).collect()
}
