//! `baseline:no-fault`: nothing is ever wrong.

use futures::stream::BoxStream;
use marple_agent::ports::{Delta, Model, ModelError, Turn};
use marple_case::{Category, MitigationPlan, RootCause, Verdict, root_cause::Link};
use serde_json::Value;

use super::{Baseline, alarm, answer, arguments};

pub(super) const ID: &str = "baseline:no-fault";

/// Says that nothing is wrong, whatever it sees.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoFault;

impl Model for NoFault {
    fn id(&self) -> &str {
        ID
    }

    fn is_language_model(&self) -> bool {
        false
    }

    fn answer<'a>(&'a self, turn: Turn<'a>) -> BoxStream<'a, Result<Delta, ModelError>> {
        answer(self, &turn)
    }
}

impl Baseline for NoFault {
    fn root_cause(&self, turn: &Turn<'_>) -> Value {
        arguments(&RootCause {
            verdict: Verdict::NoFault,
            category: Category::None,
            title: "Nothing is wrong".to_owned(),
            summary: "The alarm fired, and nothing is wrong.".to_owned(),
            components: Vec::new(),
            location: None,
            onset: None,
            trigger: None,
            chain: vec![Link {
                statement: "The alarm fired without a fault.".to_owned(),
                at: None,
                citations: alarm(turn),
            }],
            ruled_out: Vec::new(),
            gaps: Vec::new(),
            assumptions: Vec::new(),
            recommended_checks: Vec::new(),
        })
    }

    fn plan(&self, _: &Turn<'_>) -> Value {
        arguments(&MitigationPlan {
            immediate: Vec::new(),
            no_immediate_action: Some("nothing is wrong".to_owned()),
            avoid: Vec::new(),
            follow_up: Vec::new(),
            spec: None,
            prevention: Vec::new(),
        })
    }
}
