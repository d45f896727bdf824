//! Allowance: whether the next call of the model fits what is left of the budget, before it is made. Pure.
//!
//! ```text
//! a whole turn fits ─▶ ask
//! a turn with a short answer fits ─▶ tell the model that this is its last, and ask for the reports
//! neither ─▶ close, partial
//! ```
//! An estimate errs on the dear side, so what is left is never overdrawn, as long as the price is known. Where it is unknown, only
//! tokens can be capped.

use marple_case::Event;

use crate::{Prompts, investigation::Investigation, ports::Estimate};

/// The longest answer of a last turn, tokens: both reports have room in it, a long deliberation has not.
pub(crate) const LAST_TURN_TOKENS: u32 = 6_000;

/// What is to be written instead of asking; `None`: ask. `whole` is the estimate of the turn as it would be asked, `short` that of one
/// with [`LAST_TURN_TOKENS`].
pub(crate) fn instead_of_asking(
    state: &Investigation,
    whole: Estimate,
    short: Option<Estimate>,
    prompts: &Prompts,
) -> Option<Event> {
    let excess = excess(state, whole)?;
    // What was told that it is the last turn is estimated with a short answer already.
    if state.told_last_turn() || short.is_none_or(|short| self::excess(state, short).is_some()) {
        return Some(super::give_up(state, &excess));
    }
    Some(super::words::announce_last_turn(state, prompts))
}

/// What was spent of the budget, in words.
pub(super) fn spent_so_far(state: &Investigation) -> String {
    let (budget, tokens) = (state.budget(), state.usage().total());
    match (budget.cost_usd, state.cost_usd(), budget.tokens) {
        (Some(limit), Some(spent), _) => format!("of the budget of ${limit}, ${spent:.4} were spent"),
        (_, _, Some(limit)) => format!("of the budget of {limit} tokens, {tokens} were used"),
        _ => format!("{tokens} tokens were used"),
    }
}

/// Why the call does not fit, if it does not.
fn excess(state: &Investigation, next: Estimate) -> Option<String> {
    let budget = state.budget();
    if let (Some(limit), Some(spent), Some(cost)) = (budget.cost_usd, state.cost_usd(), next.cost_usd)
        && spent + cost > limit
    {
        return Some(format!(
            "the budget of ${limit} is all but used up: ${spent:.4} were spent, and the next turn could cost ${cost:.4}"
        ));
    }
    let (used, more) = (state.usage().total(), next.input_tokens.saturating_add(next.output_tokens));
    if let Some(limit) = budget.tokens.filter(|limit| used.saturating_add(more) > *limit) {
        return Some(format!(
            "the budget of {limit} tokens is all but used up: {used} were used, and the next turn could use {more}"
        ));
    }
    None
}
