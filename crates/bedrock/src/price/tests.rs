#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use crate::models::Table;

const MILLION: Tokens = Tokens {
    usage: Usage { input_tokens: 1_000_000, output_tokens: 100_000, cache_read_tokens: 0, cache_write_tokens: 0 },
    long_writes: 0,
};

fn cost(id: &str, options: &Options, tokens: Tokens) -> Option<f64> {
    let price = Table::embedded().family_of(id, options).price?;
    let cost = price.cost(tokens, Served::asked(id, options))?;
    // To the millionth of a dollar.
    Some((cost * 1e6).round() / 1e6)
}

#[test]
fn a_profile_of_a_geography_costs_what_it_costs_there() {
    let cost = |id: &str| cost(id, &Options::default(), MILLION);
    assert_eq!(cost("global.anthropic.claude-sonnet-4-5-20250929-v1:0"), Some(4.5));
    assert_eq!(cost("us.anthropic.claude-sonnet-4-5-20250929-v1:0"), Some(4.95));
    assert_eq!(cost("eu.anthropic.claude-sonnet-4-20250514-v1:0"), Some(4.5));
    let arn =
        "arn:aws:bedrock:us-east-1:111122223333:inference-profile/global.anthropic.claude-sonnet-4-5-20250929-v1:0";
    assert_eq!(cost(arn), Some(4.5));
}

#[test]
fn what_an_application_profile_stands_for_gives_its_price() {
    let arn = "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/a1b2c3d4e5f6";
    assert_eq!(cost(arn, &Options::default(), MILLION), None);
    let family = Some("global.anthropic.claude-sonnet-4-5-20250929-v1:0".to_owned());
    assert_eq!(cost(arn, &Options { family, ..Options::default() }, MILLION), Some(4.5));
}

#[test]
fn long_lived_cache_writes_have_their_own_price() {
    let usage = Usage { cache_write_tokens: 3_000_000, ..Usage::default() };
    let written = Tokens { usage, long_writes: 1_000_000 };
    let id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0";
    assert_eq!(cost(id, &Options::default(), written), Some(2.0 * 3.75 + 6.0));
}

#[test]
fn an_unknown_factor_makes_the_cost_unknown() {
    let id = "global.anthropic.claude-sonnet-4-5-20250929-v1:0";
    for tier in [ServiceTier::Priority, ServiceTier::Flex, ServiceTier::Reserved] {
        assert_eq!(cost(id, &Options { service_tier: Some(tier), ..Options::default() }, MILLION), None, "{tier:?}");
    }
    let optimized = Options { latency: Some(Latency::Optimized), ..Options::default() };
    assert_eq!(cost(id, &optimized, MILLION), None);
    let price = Price { flex: Some(0.5), ..Table::embedded().family(id).price.unwrap() };
    let flex = Options { service_tier: Some(ServiceTier::Flex), ..Options::default() };
    assert_eq!(price.cost(MILLION, Served::asked(id, &flex)), Some(2.25));
}
