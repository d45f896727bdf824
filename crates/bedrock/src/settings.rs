//! What one model's requests have in common: its family and the user's options, resolved once.

use marple_agent::ports::Turn;

use crate::{
    cache::CachePoints,
    models::{Family, Table},
    options::{Options, OptionsError},
    price::{Served, Tokens},
    thinking::Thought,
};

/// A model, ready to be asked.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// Id, inference profile or ARN.
    pub(crate) id: String,
    pub(crate) family: Family,
    pub(crate) options: Options,
    pub(crate) thought: Option<Thought>,
    pub(crate) cache: Option<CachePoints>,
    /// The output tokens that a request asks for at first, where the turn sets no limit of its own.
    output_tokens: u32,
    pub(crate) served: Served,
}

impl Settings {
    /// Resolves what can be, and refuses what can never be right.
    pub(crate) fn new(id: &str, options: Options, table: &Table) -> Result<Self, OptionsError> {
        options.check()?;
        let family = table.family_of(id, &options);
        let thought = options.thinking.map(|wanted| Thought::new(id, &family, wanted)).transpose()?;
        Ok(Self {
            output_tokens: output_tokens(&family, &options, thought.as_ref()),
            cache: CachePoints::new(&family, options.cache),
            served: Served::asked(id, &options),
            id: id.to_owned(),
            family,
            options,
            thought,
        })
    }

    /// A model without any options: there is nothing that could be wrong.
    pub(crate) fn plain(id: &str, table: &Table) -> Self {
        let (family, options) = (table.family(id), Options::default());
        Self {
            output_tokens: family.max_output_tokens,
            cache: CachePoints::new(&family, options.cache),
            served: Served::asked(id, &options),
            id: id.to_owned(),
            family,
            options,
            thought: None,
        }
    }

    /// What an answer cost; `None` where that is unknown.
    pub(crate) fn cost(&self, tokens: Tokens, served: Served) -> Option<f64> {
        self.family.price?.cost(tokens, served)
    }

    /// The output tokens that a turn's request asks for at first.
    pub(crate) fn first_limit(&self, turn: &Turn<'_>) -> u32 {
        turn.options.max_output_tokens.map_or(self.output_tokens, |most| self.output_tokens.min(most))
    }

    /// The larger limit that an answer which was cut off at `limit` is asked for again with, if there is one. `input` are the
    /// request's tokens: together they have to fit the context window. A turn with a limit of its own has no money for more.
    pub(crate) fn enlarged(&self, turn: &Turn<'_>, limit: u32, input: u64) -> Option<u32> {
        let room = self.family.context_window.map_or(u64::MAX, |window| window.saturating_sub(input));
        let larger = self.family.output_limit.min(u32::try_from(room).unwrap_or(u32::MAX));
        (larger > limit && turn.options.max_output_tokens.is_none()).then_some(larger)
    }
}

/// The output limit: what the user asks for, or the family's; with a budget for thinking, as much more as leaves room for an answer.
fn output_tokens(family: &Family, options: &Options, thought: Option<&Thought>) -> u32 {
    let asked = options.max_output_tokens.unwrap_or(family.max_output_tokens);
    match thought.and_then(|thought| thought.budget) {
        Some(budget) if budget >= asked => budget.saturating_add(family.max_output_tokens).min(family.output_limit),
        None if thought.is_some_and(|thought| !thought.limits_output) => family.output_limit,
        _ => asked,
    }
}

/// The region that an ARN names: `arn:aws:bedrock:REGION:…`. A profile can be asked only there.
pub(crate) fn region_of(id: &str) -> Option<&str> {
    let region = id.strip_prefix("arn:")?.split(':').nth(2)?;
    (!region.is_empty()).then_some(region)
}
