//! pass@1, pass^k, Wilson intervals, medians. Pure arithmetic over counts.

#[cfg(test)]
mod tests;

/// How often one case was passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// Runs that were graded.
    pub runs: u32,
    /// Runs that passed.
    pub passed: u32,
}

impl Tally {
    /// The share of passed runs; `None` without a run.
    pub fn rate(self) -> Option<f64> {
        (self.runs > 0).then(|| f64::from(self.passed) / f64::from(self.runs))
    }

    /// The chance that k runs, drawn without replacement from those that were made, all passed: C(passed, k) / C(runs, k).
    /// `None` where fewer than k runs were made.
    pub fn all_of(self, k: u32) -> Option<f64> {
        let possible = k > 0 && k <= self.runs && self.passed <= self.runs;
        let share = |drawn: u32| (f64::from(self.passed) - f64::from(drawn)).max(0.0) / f64::from(self.runs - drawn);
        possible.then(|| (0..k).map(share).product())
    }
}

/// pass@1: the mean of the cases' pass rates. Cases without a graded run are left out; `None` if none is left.
pub fn pass_at_1(cases: &[Tally]) -> Option<f64> {
    mean(cases.iter().filter_map(|case| case.rate()))
}

/// pass^k: the mean over cases of C(passed, k) / C(runs, k). Cases with fewer than k runs are left out.
pub fn pass_hat(cases: &[Tally], k: u32) -> Option<f64> {
    mean(cases.iter().filter_map(|case| case.all_of(k)))
}

/// The normal distribution's two-sided 95 % quantile.
const Z: f64 = 1.959_963_984_540_054;

/// The Wilson score interval of a share, 95 %: Wilson, J. Am. Stat. Assoc. 22 (1927). `None` without a trial.
///
/// `successes` may be a fraction: the sum of pass rates over `trials` cases.
pub fn wilson(successes: f64, trials: u32) -> Option<(f64, f64)> {
    if trials == 0 {
        return None;
    }
    let n = f64::from(trials);
    let share = (successes / n).clamp(0.0, 1.0);
    let scale = 1.0 + Z * Z / n;
    let middle = (share + Z * Z / (2.0 * n)) / scale;
    let half = Z / scale * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    Some(((middle - half).max(0.0), (middle + half).min(1.0)))
}

/// The lower median: a value that occurred.
pub fn median<T: Ord + Copy>(values: impl IntoIterator<Item = T>) -> Option<T> {
    let mut sorted: Vec<T> = values.into_iter().collect();
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}
