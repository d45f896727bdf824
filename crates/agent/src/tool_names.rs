//! The names of the agent's own tools: the state knows them as well as the tools themselves.

/// Reads on in evidence that was cut.
pub const SHOW_EVIDENCE: &str = "show_evidence";
/// Keeps a thought in the journal.
pub const NOTE_FINDING: &str = "note_finding";
/// Reports the root cause.
pub const REPORT_ROOT_CAUSE: &str = "report_root_cause";
/// Answers a person's question.
pub const ANSWER: &str = "answer";
/// Reports the mitigation plan.
pub const REPORT_MITIGATION_PLAN: &str = "report_mitigation_plan";
