//! Thinking: the request fields that switch it on, family by family, and what they exclude.
//!
//! | family | `additionalModelRequestFields` |
//! |---|---|
//! | Claude 3.7 to 4.6 | `{"thinking": {"type": "enabled", "budget_tokens": 8192}}` |
//! | Claude from 4.6 on | `{"thinking": {"type": "adaptive"}, "output_config": {"effort": "high"}}` |
//! | Nova 2 | `{"reasoningConfig": {"type": "enabled", "maxReasoningEffort": "high"}}`; `high` allows no `maxTokens` |
//! | gpt-oss | `{"reasoning_effort": "high"}` |
//!
//! Rules of the service: a forced tool choice excludes thinking; with a budget, `maxTokens` is above it, and the last answer that calls
//! tools begins with its reasoning, so that thinking cannot begin in the middle of tool use. Sources:
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html>,
//! <https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-adaptive-thinking.html>,
//! <https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html>.

use marple_agent::ports::Turn;
use marple_case::{Block, Role};
use serde_json::{Map, Value, json};

use crate::{
    models::{Family, ThinkingField},
    options::{Effort, OptionsError, Thinking},
    reasoning,
};

/// The smallest budget, by the service's documentation.
const LEAST_BUDGET: u32 = 1024;

/// How a model is made to think.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Thought {
    /// What goes into `additionalModelRequestFields`.
    pub(crate) fields: Map<String, Value>,
    /// The tokens that thinking may use; part of the output.
    pub(crate) budget: Option<u32>,
    /// Whether the request may set `maxTokens`.
    pub(crate) limits_output: bool,
}

impl Thought {
    /// What a family makes of the setting.
    pub(crate) fn new(model: &str, family: &Family, wanted: Thinking) -> Result<Self, OptionsError> {
        let field = family.thinking.ok_or_else(|| OptionsError::CannotThink { model: model.to_owned() })?;
        match (field, wanted.budget_tokens) {
            (ThinkingField::Budget, given) => {
                Self::budget(family, given.unwrap_or_else(|| of_effort(wanted.effort, family)))
            }
            (ThinkingField::AdaptiveOrBudget, Some(given)) => Self::budget(family, given),
            (_, Some(_)) => Err(OptionsError::TakesNoBudget { model: model.to_owned() }),
            (field, None) => Ok(Self::effort(field, wanted.effort)),
        }
    }

    fn budget(family: &Family, given: u32) -> Result<Self, OptionsError> {
        // One token at least has to be left for the answer.
        let most = family.output_limit.saturating_sub(1);
        if given < LEAST_BUDGET || given > most {
            return Err(OptionsError::Budget { given, least: LEAST_BUDGET, most });
        }
        let fields = object(json!({ "thinking": { "type": "enabled", "budget_tokens": given } }));
        Ok(Self { fields, budget: Some(given), limits_output: true })
    }

    fn effort(field: ThinkingField, effort: Option<Effort>) -> Self {
        let fields = match (field, effort) {
            (ThinkingField::Nova, effort) => {
                let config = json!({ "type": "enabled", "maxReasoningEffort": up_to_high(effort) });
                json!({ "reasoningConfig": config })
            }
            (ThinkingField::Openai, effort) => json!({ "reasoning_effort": up_to_high(effort) }),
            (_, None) => json!({ "thinking": { "type": "adaptive" } }),
            (_, Some(effort)) => {
                json!({ "thinking": { "type": "adaptive" }, "output_config": { "effort": name(effort) } })
            }
        };
        let nova_high = field == ThinkingField::Nova && up_to_high(effort) == "high";
        Self { fields: object(fields), budget: None, limits_output: !nova_high }
    }

    /// Whether thinking is possible in this turn: not where the answer has to be shorter than thinking allows; and with a budget not
    /// where the tool use that goes on began without thinking, or under another model.
    pub(crate) fn is_possible(&self, turn: &Turn<'_>, model: &str, output_tokens: u32) -> bool {
        let unlimited = !self.limits_output && turn.options.max_output_tokens.is_some();
        if unlimited || self.budget.is_some_and(|budget| budget >= output_tokens) {
            return false;
        }
        let last_answer = turn.messages.iter().rev().find(|message| message.role == Role::Assistant);
        let Some(answer) = last_answer.filter(|answer| answer.calls().next().is_some()) else { return true };
        let begins = match answer.blocks.first() {
            Some(Block::Reasoning { opaque }) => reasoning::block(opaque, model).is_some(),
            _ => false,
        };
        begins || self.budget.is_none()
    }
}

/// A budget of the size of an effort, as far as the family's output reaches.
fn of_effort(effort: Option<Effort>, family: &Family) -> u32 {
    let tokens = match effort {
        Some(Effort::Low) => 2_048,
        None | Some(Effort::Medium) => 8_192,
        Some(Effort::High) => 16_384,
        Some(Effort::Max) => 32_768,
    };
    tokens.min(family.output_limit / 2)
}

fn name(effort: Effort) -> &'static str {
    match effort {
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
        Effort::Max => "max",
    }
}

/// The same for models that know nothing above `high`; `medium` where nothing is said.
fn up_to_high(effort: Option<Effort>) -> &'static str {
    match effort {
        None => "medium",
        Some(Effort::Max) => "high",
        Some(effort) => name(effort),
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
