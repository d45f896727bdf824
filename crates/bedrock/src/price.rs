//! What an answer cost, and what one may cost at most. An unknown price, or an unknown factor, makes an unknown cost: never 0.

use aws_sdk_bedrockruntime::types::{
    CacheTtl, ConverseStreamMetadataEvent, PerformanceConfigLatency, ServiceTierType, TokenUsage,
};
use marple_case::Usage;
use serde::Deserialize;

use crate::options::{Latency, Options, ServiceTier};

/// US dollars for 1,000,000 tokens, through a global profile, in the default service tier, at standard latency.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Input that is neither read from nor written to a cache.
    pub input: f64,
    /// Output, reasoning included.
    pub output: f64,
    /// Input read from a cache. Unknown: as input.
    pub cache_read: Option<f64>,
    /// Input written to a cache with the ttl `5m`. Unknown: as input.
    pub cache_write: Option<f64>,
    /// Input written to a cache with the ttl `1h`. Unknown: as with `5m`.
    pub cache_write_1h: Option<f64>,
    /// What all of it is multiplied by where the request is kept in a region or a geography. Unknown: 1.
    pub outside_global: Option<f64>,
    /// What all of it is multiplied by in the service tier `priority`.
    pub priority: Option<f64>,
    /// What all of it is multiplied by in the service tier `flex`.
    pub flex: Option<f64>,
    /// What all of it is multiplied by where latency is optimised.
    pub latency_optimized: Option<f64>,
}

/// The tokens of an answer, by price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tokens {
    pub(crate) usage: Usage,
    /// How many of the tokens written to a cache have the ttl `1h`.
    pub(crate) long_writes: u64,
}

/// How a request is or was served, as far as its price depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Served {
    global: bool,
    tier: ServiceTier,
    latency: Latency,
}

impl Price {
    /// The name of a figure that is no price.
    pub(crate) fn wrong(&self) -> Option<&'static str> {
        let figures = [
            ("input", Some(self.input)),
            ("output", Some(self.output)),
            ("cache_read", self.cache_read),
            ("cache_write", self.cache_write),
            ("cache_write_1h", self.cache_write_1h),
            ("outside_global", self.outside_global),
            ("priority", self.priority),
            ("flex", self.flex),
            ("latency_optimized", self.latency_optimized),
        ];
        let wrong = |figure: &Option<f64>| figure.is_some_and(|figure| !figure.is_finite() || figure < 0.0);
        figures.iter().find(|(_, figure)| wrong(figure)).map(|(name, _)| *name)
    }

    /// What these tokens cost.
    pub(crate) fn cost(&self, tokens: Tokens, served: Served) -> Option<f64> {
        let Tokens { usage, long_writes } = tokens;
        let short_writes = usage.cache_write_tokens.saturating_sub(long_writes);
        let sum = at(usage.input_tokens, self.input)
            + at(usage.output_tokens, self.output)
            + at(usage.cache_read_tokens, self.cache_read.unwrap_or(self.input))
            + at(short_writes, self.short_write())
            + at(long_writes, self.long_write());
        Some(sum * self.factor(served)?)
    }

    /// What a request and an answer of so many tokens may cost at most: all input is written to a cache, for as long as can be.
    pub(crate) fn at_most(&self, input: u64, output: u64, cached: bool, served: Served) -> Option<f64> {
        let dearest = if cached { self.input.max(self.short_write()).max(self.long_write()) } else { self.input };
        Some((at(input, dearest) + at(output, self.output)) * self.factor(served)?)
    }

    fn short_write(&self) -> f64 {
        self.cache_write.unwrap_or(self.input)
    }

    fn long_write(&self) -> f64 {
        self.cache_write_1h.unwrap_or_else(|| self.short_write())
    }

    fn factor(&self, served: Served) -> Option<f64> {
        let place = if served.global { 1.0 } else { self.outside_global.unwrap_or(1.0) };
        let tier = match served.tier {
            ServiceTier::Default => 1.0,
            ServiceTier::Priority => self.priority?,
            ServiceTier::Flex => self.flex?,
            // Reserved capacity is paid by the month.
            ServiceTier::Reserved => return None,
        };
        let latency = match served.latency {
            Latency::Standard => 1.0,
            Latency::Optimized => self.latency_optimized?,
        };
        Some(place * tier * latency)
    }
}

fn at(tokens: u64, for_a_million: f64) -> f64 {
    tokens as f64 * for_a_million / 1e6
}

impl Served {
    /// As it is asked for.
    pub(crate) fn asked(id: &str, options: &Options) -> Self {
        let id = options.family.as_deref().unwrap_or(id);
        Self {
            // As a profile's id, and as the last part of a profile's ARN.
            global: id.rsplit('/').next().unwrap_or(id).starts_with("global."),
            tier: options.service_tier.unwrap_or_default(),
            latency: options.latency.unwrap_or_default(),
        }
    }

    /// As it was given, which the service says where it differs from what was asked for.
    pub(crate) fn given(self, metadata: &ConverseStreamMetadataEvent) -> Self {
        let tier = metadata.service_tier.as_ref().map(|tier| match tier.r#type {
            ServiceTierType::Priority => ServiceTier::Priority,
            ServiceTierType::Flex => ServiceTier::Flex,
            ServiceTierType::Reserved => ServiceTier::Reserved,
            _ => ServiceTier::Default,
        });
        let latency = metadata.performance_config.as_ref().map(|performance| match performance.latency {
            PerformanceConfigLatency::Optimized => Latency::Optimized,
            _ => Latency::Standard,
        });
        Self { tier: tier.unwrap_or(self.tier), latency: latency.unwrap_or(self.latency), ..self }
    }
}

impl From<&TokenUsage> for Tokens {
    fn from(tokens: &TokenUsage) -> Self {
        let count = |tokens: i32| u64::try_from(tokens).unwrap_or(0);
        let long = tokens.cache_details.iter().flatten().filter(|detail| detail.ttl == CacheTtl::OneHour);
        Self {
            usage: Usage {
                input_tokens: count(tokens.input_tokens),
                output_tokens: count(tokens.output_tokens),
                cache_read_tokens: tokens.cache_read_input_tokens.map_or(0, count),
                cache_write_tokens: tokens.cache_write_input_tokens.map_or(0, count),
            },
            long_writes: long.map(|detail| count(detail.input_tokens)).sum(),
        }
    }
}

#[cfg(test)]
mod tests;
