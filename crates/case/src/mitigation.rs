//! What a model proposes to do. The doc comments are what the model reads: they are the schema's descriptions.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The sort of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Back to a version, image or revision that evidence shows to exist and to predate the fault.
    Rollback,
    /// More or larger: memory, instances, concurrency.
    Scale,
    /// A setting, a permission, an environment variable.
    Configuration,
    /// Start anew.
    Restart,
    /// Block, limit or redirect requests.
    Traffic,
    /// A change of the program.
    CodeChange,
    /// Logs, metrics or alarms that are missing or wrong.
    Observability,
}

/// One step of a phase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What to do.
    pub text: String,
    /// The `aws …` command line that does it, complete, with real names from the evidence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What one sees when it worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

/// The phases of an action, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Phases {
    /// Collect and save what is needed, including the present settings.
    #[serde(default)]
    pub prepare: Vec<Step>,
    /// Check that the action still fits.
    #[serde(default)]
    pub pre_validate: Vec<Step>,
    /// Do it.
    #[serde(default)]
    pub apply: Vec<Step>,
    /// Check that it worked.
    #[serde(default)]
    pub post_validate: Vec<Step>,
    /// Undo it.
    #[serde(default)]
    pub rollback: Vec<Step>,
}

impl Phases {
    /// All phases with their names, in order.
    pub fn named(&self) -> [(&'static str, &[Step]); 5] {
        [
            ("prepare", &self.prepare),
            ("pre-validate", &self.pre_validate),
            ("apply", &self.apply),
            ("post-validate", &self.post_validate),
            ("rollback", &self.rollback),
        ]
    }

    /// All steps, in order.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.named().into_iter().flat_map(|(_, steps)| steps.iter())
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// One line.
    pub title: String,
    /// The sort of action.
    pub kind: ActionKind,
    /// Whether it only relieves, and the cause remains.
    pub temporary: bool,
    /// For a rollback: the version, image or revision to go back to, as evidence names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_to: Option<String>,
    /// Why this is marked unverified, if nothing shows that it helps (a rollback target that was never seen healthy, for example).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unverified: Option<String>,
    /// What to do, phase by phase.
    #[serde(default)]
    pub phases: Phases,
    /// What can go wrong, and for whom.
    pub risk: String,
}

/// A remedy that suggests itself and must not be taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Avoid {
    /// What not to do, in one line.
    pub action: String,
    /// Why not: what it would not help, or what it would break.
    pub why: String,
}

/// A change of code, told so that a coding agent can carry it out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Spec {
    /// What is wrong and where, in a few sentences.
    pub context: String,
    /// The files to change, as evidence names them.
    #[serde(default)]
    pub files: Vec<String>,
    /// Requirements in EARS form: "WHEN … THE SYSTEM SHALL …".
    pub requirements: Vec<String>,
    /// Checks that prove the change.
    pub acceptance: Vec<String>,
}

/// The plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MitigationPlan {
    /// What relieves users now. Empty if nothing does: then `no_immediate_action` says why.
    #[serde(default)]
    pub immediate: Vec<Action>,
    /// Why there is nothing to do at once. Only where `immediate` is empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_immediate_action: Option<String>,
    /// What a tired reader might reach for, and should not.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub avoid: Vec<Avoid>,
    /// What removes the cause.
    #[serde(default)]
    pub follow_up: Vec<Action>,
    /// The change of code, if one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spec: Option<Spec>,
    /// What would have prevented or announced this.
    #[serde(default)]
    pub prevention: Vec<String>,
}

impl MitigationPlan {
    /// All actions, the immediate ones first.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.immediate.iter().chain(&self.follow_up)
    }
}
