//! Seeded numbers that are the same on every machine and in every version.
//!
//! [`Draws`] is a ChaCha8 key stream: the key is the scenario's seed, the stream a name (of a function, of a series). Only
//! IEEE 754 additions, multiplications and divisions are used, never the platform's `exp` or `ln`, whose last bit differs
//! between machines.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A position in a named stream of seeded numbers.
pub(crate) struct Draws(ChaCha8Rng);

impl Draws {
    /// The stream of `name` under `seed`, from its beginning.
    pub(crate) fn of(seed: u64, name: &str) -> Self {
        let mut key = [0_u8; 32];
        for (slot, byte) in key.iter_mut().zip(seed.to_le_bytes()) {
            *slot = byte;
        }
        let mut generator = ChaCha8Rng::from_seed(key);
        generator.set_stream(fingerprint(name));
        Self(generator)
    }

    /// Jumps to the 32-bit word `position` of the stream.
    pub(crate) fn seek(&mut self, position: u128) {
        self.0.set_word_pos(position);
    }

    /// Sixty-four random bits (two words of the stream).
    pub(crate) fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// Uniform in `0.0..1.0` (two words).
    pub(crate) fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Uniform in `low..=high` (two words).
    pub(crate) fn integer(&mut self, low: i64, high: i64) -> i64 {
        let span = (i128::from(high) - i128::from(low)).max(0) + 1;
        let offset = (i128::from(self.bits()) * span) >> 64;
        i64::try_from(i128::from(low) + offset).unwrap_or(low)
    }

    /// Nearly standard normal, within ±6: the sum of twelve uniform numbers of 16 bits (six words).
    pub(crate) fn normal(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..3 {
            let bits = self.bits();
            for shift in [0, 16, 32, 48] {
                sum += (((bits >> shift) & 0xffff) as f64 + 0.5) / 65_536.0;
            }
        }
        sum - 6.0
    }

    /// Log-normal by its median and 99th percentile (six words).
    pub(crate) fn log_normal(&mut self, median: f64, p99: f64) -> f64 {
        /// Where a standard normal variable has its 99th percentile.
        const Z99: f64 = 2.326_347_874;
        let normal = self.normal();
        if median <= 0.0 || p99 <= median {
            return median.max(0.0);
        }
        median * exponential(logarithm(p99 / median) * normal / Z99)
    }
}

/// FNV-1a of 64 bits, which names a stream.
pub(crate) fn fingerprint(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Natural logarithm of a positive normal number: halved into `1.0..2.0`, then the series of the inverse hyperbolic tangent.
fn logarithm(value: f64) -> f64 {
    let bits = value.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i64 - 1023;
    let mantissa = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3ff0_0000_0000_0000);
    let ratio = (mantissa - 1.0) / (mantissa + 1.0);
    let square = ratio * ratio;
    let series = (0..20).rev().fold(0.0, |sum, step| sum * square + 1.0 / f64::from(2 * step + 1));
    2.0 * ratio * series + exponent as f64 * std::f64::consts::LN_2
}

/// `e` to the power of `value`, for the sizes that occur here (the exponent of two is clamped to ±1000).
fn exponential(value: f64) -> f64 {
    let twos = (value / std::f64::consts::LN_2).round().clamp(-1000.0, 1000.0);
    let rest = value - twos * std::f64::consts::LN_2;
    let series = (1..=18).rev().fold(1.0, |sum, step| 1.0 + sum * rest / f64::from(step));
    series * f64::from_bits(((twos as i64 + 1023) as u64) << 52)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_functions_agree_with_the_platform_to_twelve_digits() {
        for value in [0.001, 0.5, 1.0, 1.7, 2.0, 3.5, 120.0] {
            assert!((logarithm(value) - value.ln()).abs() < 1e-12, "ln {value}");
            assert!(
                (exponential(value / 10.0) - (value / 10.0).exp()).abs() < 1e-12 * (value / 10.0).exp(),
                "exp {value}"
            );
        }
    }

    #[test]
    fn the_stream_of_a_name_never_changes() {
        let mut draws = Draws::of(1, "orders-api");
        let first = [draws.bits(), draws.bits()];
        draws.seek(0);
        assert_eq!(first, [draws.bits(), draws.bits()]);
        insta::assert_snapshot!(format!("{:016x} {:016x}", first[0], first[1]), @"ad6e1039680542d5 58db51a62c35153b");
    }

    #[test]
    fn a_log_normal_has_its_median_and_its_99th_percentile() {
        let mut draws = Draws::of(7, "x");
        let mut sample: Vec<f64> = (0..20_000).map(|_| draws.log_normal(38.0, 140.0)).collect();
        sample.sort_by(f64::total_cmp);
        assert!((37.0..39.0).contains(&sample[10_000]), "{}", sample[10_000]);
        assert!((125.0..150.0).contains(&sample[19_800]), "{}", sample[19_800]);
    }
}
