//! How often, and when, a template was seen in a [`Series`].

/// The two spans of time that a summary compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Series {
    /// The span that is known, or assumed, to be healthy.
    Baseline,
    /// The span under investigation.
    Incident,
}

/// Lines of one template in one series.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of lines.
    pub count: u64,
    /// The earliest line's time, in ms since the Unix epoch (0 if there is no line).
    pub first_at_ms: i64,
    /// The latest line's time, in ms since the Unix epoch (0 if there is no line).
    pub last_at_ms: i64,
    /// The earliest line, to the letter, up to [`crate::Options::max_line_bytes`] (empty if there is no line).
    pub sample: String,
}

impl Tally {
    /// Counts one line. Of two lines at the same time, the one observed first is the sample.
    pub(crate) fn add(&mut self, line: &str, at_ms: i64) {
        if self.count == 0 || at_ms < self.first_at_ms {
            self.first_at_ms = at_ms;
            self.sample.clear();
            self.sample.push_str(line);
        }
        if self.count == 0 || at_ms > self.last_at_ms {
            self.last_at_ms = at_ms;
        }
        self.count += 1;
    }

    /// Takes in the lines of `other`.
    pub(crate) fn merge(&mut self, other: Self) {
        if other.count == 0 {
            return;
        }
        if self.count == 0 {
            *self = other;
            return;
        }
        if other.first_at_ms < self.first_at_ms {
            self.first_at_ms = other.first_at_ms;
            self.sample = other.sample;
        }
        self.last_at_ms = self.last_at_ms.max(other.last_at_ms);
        self.count += other.count;
    }
}

/// One tally for each series.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tallies {
    baseline: Tally,
    incident: Tally,
}

impl Tallies {
    pub(crate) fn of(&self, series: Series) -> &Tally {
        match series {
            Series::Baseline => &self.baseline,
            Series::Incident => &self.incident,
        }
    }

    pub(crate) fn of_mut(&mut self, series: Series) -> &mut Tally {
        match series {
            Series::Baseline => &mut self.baseline,
            Series::Incident => &mut self.incident,
        }
    }

    pub(crate) fn count(&self) -> u64 {
        self.baseline.count + self.incident.count
    }

    pub(crate) fn merge(&mut self, other: Self) {
        self.baseline.merge(other.baseline);
        self.incident.merge(other.incident);
    }
}
