//! `[truth]` of `scenario.toml`: what a right report says, for grading only. Nothing of it reaches an investigator.

use jiff::Timestamp;
use serde::Deserialize;

/// A closed list of names, written in `scenario.toml` in snake case.
macro_rules! closed_list {
    ($(#[$doc:meta])* $list:ident { $($(#[$variant_doc:meta])* $variant:ident = $name:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
        pub enum $list {
            $($(#[$variant_doc])* #[doc = concat!("`", $name, "`")] #[serde(rename = $name)] $variant,)+
        }

        impl $list {
            /// The name as `scenario.toml` and reports write it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl std::fmt::Display for $list {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

closed_list! {
    /// Whether there is a fault at all.
    Verdict {
        Fault = "fault",
        NoFault = "no_fault",
        InsufficientEvidence = "insufficient_evidence",
    }
}

closed_list! {
    /// The category of a root cause.
    Category {
        CodeDefect = "code_defect",
        MemoryExhaustion = "memory_exhaustion",
        CpuSaturation = "cpu_saturation",
        Timeout = "timeout",
        DependencyUnreachable = "dependency_unreachable",
        Misconfiguration = "misconfiguration",
        MissingCredentials = "missing_credentials",
        PermissionDenied = "permission_denied",
        Throttling = "throttling",
        Capacity = "capacity",
        BadImage = "bad_image",
        Network = "network",
        TrafficChange = "traffic_change",
        ExpiredOrRotatedSecret = "expired_or_rotated_secret",
        AwsServiceEvent = "aws_service_event",
        None = "none",
        Unknown = "unknown",
    }
}

closed_list! {
    /// What an action of a mitigation plan does.
    ActionKind {
        Rollback = "rollback",
        Scale = "scale",
        Configuration = "configuration",
        Restart = "restart",
        Traffic = "traffic",
        CodeChange = "code_change",
        Observability = "observability",
    }
}

closed_list! {
    /// Whether a right plan has an immediate action.
    ImmediateActions {
        /// There must be none:
        None = "none",
        /// There must be one at least:
        Some = "some",
        /// Either is right:
        Any = "any",
    }
}

/// What a right report says.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Truth {
    /// The verdict.
    pub verdict: Verdict,
    /// Accepted categories, the best first, two at most.
    #[serde(default)]
    pub categories: Vec<Category>,
    /// Each has to be among the report's components, by name, id or ARN.
    #[serde(default)]
    pub components: Vec<String>,
    /// Where in the source the fault sits.
    pub location: Option<Location>,
    /// Regular expressions: each must match a chain statement, a verified quote or the trigger.
    #[serde(default)]
    pub mechanism: Vec<String>,
    /// When it began.
    pub onset: Option<Timestamp>,
    /// Further moments that are right as well: of a fault that recurs, the later times.
    #[serde(default)]
    pub onsets: Vec<Timestamp>,
    /// How far from an accepted onset a report may be, in seconds.
    #[serde(default = "one_metric_period")]
    pub onset_tolerance_s: u32,
    /// Claims that make a report wrong.
    #[serde(default)]
    pub must_not: MustNot,
    /// What the mitigation plan has to say.
    #[serde(default)]
    pub plan: PlanTruth,
}

/// A place in source code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Location {
    /// File name as the deployment package or the stack trace has it.
    pub file: String,
    /// Any of these lines, from 1; empty: any line.
    #[serde(default)]
    pub lines: Vec<u32>,
}

/// Claims in structured fields that make a report wrong.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MustNot {
    /// Categories that the report must not give.
    pub categories: Vec<Category>,
    /// Must not be among the report's components.
    pub components: Vec<String>,
    /// Must not be among the plan's immediate actions.
    pub immediate_kinds: Vec<ActionKind>,
    /// Regular expressions that no action's text or command may match.
    pub plan: Vec<String>,
}

/// What the mitigation plan has to say.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PlanTruth {
    /// Whether there is an immediate action.
    pub immediate: ImmediateActions,
    /// If there is one: at least one has one of these kinds. Empty: any kind.
    pub immediate_kinds: Vec<ActionKind>,
    /// Regular expressions: each must match somewhere in the plan.
    pub names: Vec<String>,
    /// Regular expressions: each must match a ruled-out hypothesis.
    pub ruled_out: Vec<String>,
    /// Regular expressions: each must match a gap.
    pub gaps: Vec<String>,
}

impl Default for PlanTruth {
    fn default() -> Self {
        Self {
            immediate: ImmediateActions::Any,
            immediate_kinds: Vec::new(),
            names: Vec::new(),
            ruled_out: Vec::new(),
            gaps: Vec::new(),
        }
    }
}

impl Truth {
    /// Every onset that is right, the first one first.
    pub fn accepted_onsets(&self) -> impl Iterator<Item = Timestamp> {
        self.onset.into_iter().chain(self.onsets.iter().copied())
    }

    /// Every regular expression of the truth.
    pub(crate) fn patterns(&self) -> impl Iterator<Item = &String> {
        [&self.mechanism, &self.must_not.plan, &self.plan.names, &self.plan.ruled_out, &self.plan.gaps]
            .into_iter()
            .flatten()
    }
}

fn one_metric_period() -> u32 {
    60
}
