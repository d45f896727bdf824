//! The statistics of a period as weighted samples that have these statistics: what a metric's period is in a world.
//!
//! CloudWatch tells of a period how many samples there were, their sum, the lowest, the highest and percentiles, never the samples. Any
//! samples with the same statistics answer the same questions: the lowest and the highest as they are, a sample at the rank of each percentile,
//! and in the gaps between those one value each, as high as the sum needs.

/// What is known of a period.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statistics {
    /// Samples, 1 at least.
    pub(crate) count: f64,
    pub(crate) sum: f64,
    pub(crate) minimum: f64,
    pub(crate) maximum: f64,
    /// Percent and value.
    pub(crate) percentiles: Vec<(f64, f64)>,
}

/// So many samples with this value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sample {
    pub(crate) value: f64,
    /// 1 at least.
    pub(crate) weight: f64,
}

impl Statistics {
    /// Samples with these statistics, the lowest first.
    pub(crate) fn samples(&self) -> Vec<Sample> {
        let count = self.count.round();
        if count <= 1.0 {
            return vec![Sample { value: self.sum, weight: 1.0 }];
        }
        if self.minimum >= self.maximum {
            return vec![Sample { value: self.minimum, weight: count }];
        }
        let fixed = self.fixed(count);
        let gaps = gaps(&fixed);
        let stated: f64 = fixed.iter().map(|(_, value)| value).sum();
        let (floor, room) = gaps.iter().fold((0.0, 0.0), |(floor, room), gap| {
            (floor + gap.places * gap.low, room + gap.places * (gap.high - gap.low))
        });
        let height = if room > 0.0 { ((self.sum - stated - floor) / room).clamp(0.0, 1.0) } else { 0.0 };
        let filled =
            gaps.iter().map(|gap| Sample { value: gap.low + height * (gap.high - gap.low), weight: gap.places });
        let mut samples: Vec<Sample> =
            fixed.into_iter().map(|(_, value)| Sample { value, weight: 1.0 }).chain(filled).collect();
        samples.sort_by(|one, other| one.value.total_cmp(&other.value));
        joined(samples)
    }

    /// Places in the order of values, from 1, and the value at each.
    fn fixed(&self, count: f64) -> Vec<(f64, f64)> {
        let mut fixed = vec![(1.0, self.minimum), (count, self.maximum)];
        let mut percentiles = self.percentiles.clone();
        percentiles.sort_by(|one, other| one.0.total_cmp(&other.0));
        for (percent, value) in percentiles {
            let place = (percent / 100.0 * count).ceil().clamp(1.0, count);
            if !fixed.iter().any(|(taken, _)| *taken == place) {
                fixed.push((place, value.clamp(self.minimum, self.maximum)));
            }
        }
        fixed.sort_by(|one, other| one.0.total_cmp(&other.0));
        // Higher places have no lower values, whatever the service interpolated.
        let mut highest = self.minimum;
        for (_, value) in &mut fixed {
            highest = value.max(highest);
            *value = highest;
        }
        fixed
    }
}

/// Places between two that are known.
struct Gap {
    places: f64,
    low: f64,
    high: f64,
}

fn gaps(fixed: &[(f64, f64)]) -> Vec<Gap> {
    let between = fixed.iter().zip(fixed.iter().skip(1));
    let gaps = between.map(|(one, next)| Gap { places: next.0 - one.0 - 1.0, low: one.1, high: next.1 });
    gaps.filter(|gap| gap.places >= 1.0).collect()
}

/// Neighbours with the same value are one.
fn joined(samples: Vec<Sample>) -> Vec<Sample> {
    let mut joined: Vec<Sample> = Vec::with_capacity(samples.len());
    for sample in samples {
        match joined.last_mut() {
            Some(last) if last.value == sample.value => last.weight += sample.weight,
            _ => joined.push(sample),
        }
    }
    joined
}

#[cfg(test)]
mod tests;
