//! What a family of models accepts, and what it costs: a small table in data, with safe defaults for unknown ids.

use std::sync::LazyLock;

use marple_case::Usage;
use serde::Deserialize;

/// A family of models.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Family {
    /// What stands in the ids of its models.
    id: String,
    /// The output limit that a request asks for.
    pub(crate) max_output_tokens: i32,
    /// Whether requests may hold cache points.
    pub(crate) cache_points: bool,
    /// Whether a request may demand that some tool is called.
    pub(crate) any_tool_choice: bool,
    /// What it costs; `None`: unknown.
    price: Option<Price>,
}

/// US dollars for 1,000,000 tokens, through a global profile.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Price {
    input: f64,
    output: f64,
    /// Unknown: as input.
    cache_read: Option<f64>,
    /// Unknown: as input.
    cache_write: Option<f64>,
    /// What all of it is multiplied by where the request is kept in a region or a geography. Unknown: 1.
    outside_global: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    family: Vec<Family>,
}

/// The table; empty if it cannot be read, which a test excludes.
static TABLE: LazyLock<Vec<Family>> = LazyLock::new(|| {
    let table = toml::from_str::<Table>(include_str!("models.toml"));
    table.map(|table| table.family).unwrap_or_default()
});

/// The family of a model id, an inference profile or an ARN of one.
pub(crate) fn family(id: &str) -> Family {
    let known = TABLE.iter().find(|family| id.contains(&family.id));
    known.cloned().unwrap_or_else(|| Family {
        id: String::new(),
        max_output_tokens: 4096,
        cache_points: false,
        any_tool_choice: false,
        price: None,
    })
}

impl Family {
    /// What an answer of the model with this id cost, US dollars; `None` where the price is unknown.
    pub(crate) fn cost_usd(&self, id: &str, usage: Usage) -> Option<f64> {
        let price = self.price?;
        let factor = if id.starts_with("global.") { 1.0 } else { price.outside_global.unwrap_or(1.0) };
        let cost = |tokens: u64, for_a_million: f64| tokens as f64 * for_a_million / 1e6;
        Some(
            factor
                * (cost(usage.input_tokens, price.input)
                    + cost(usage.output_tokens, price.output)
                    + cost(usage.cache_read_tokens, price.cache_read.unwrap_or(price.input))
                    + cost(usage.cache_write_tokens, price.cache_write.unwrap_or(price.input))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const USAGE: Usage =
        Usage { input_tokens: 1_000_000, output_tokens: 100_000, cache_read_tokens: 0, cache_write_tokens: 0 };

    fn cost(id: &str) -> Option<f64> {
        family(id).cost_usd(id, USAGE)
    }

    #[test]
    fn the_table_is_readable_and_profiles_find_their_family() {
        assert!(TABLE.len() > 5);
        assert_eq!(family("us.anthropic.claude-sonnet-4-5-20250929-v1:0").id, "anthropic.claude-sonnet-4-5");
        assert_eq!(family("global.anthropic.claude-opus-4-5-20251101-v1:0").id, "anthropic.claude-opus-4-5");
        assert_eq!(family("anthropic.claude-3-haiku-20240307-v1:0").max_output_tokens, 4096);
    }

    #[test]
    fn an_unknown_price_is_unknown_and_never_zero() {
        assert_eq!(cost("some.new-model-v9"), None);
        assert_eq!(cost("eu.anthropic.claude-opus-4-99-v1"), None);
        assert_eq!(cost("eu.anthropic.claude-sonnet-4-20250514-v1:0"), Some(4.5));
    }

    #[test]
    fn a_profile_of_a_geography_costs_what_it_costs_there() {
        assert_eq!(cost("global.anthropic.claude-sonnet-4-5-20250929-v1:0"), Some(4.5));
        assert_eq!(cost("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), Some(4.5 * 1.1));
    }
}
