//! What starts an investigation, and the scope that follows from it.
//!
//! A [`Trigger`] is what a person or a notification said. A [`Scope`] is what was made of it: the resource in question,
//! the window of the incident and the baseline that it is compared with.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::resource::ResourceRef;

pub mod notification;

/// What started an investigation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trigger {
    /// A CloudWatch alarm, by name or ARN.
    Alarm {
        /// The alarm's name or ARN.
        alarm: String,
    },
    /// The alarm that changed to ALARM last.
    LatestAlarm,
    /// A question in words.
    Question {
        /// The question as it was asked.
        text: String,
    },
    /// A person who wants to ask about the account, without an incident. There is no opening and no report of a cause, unless the
    /// questions lead to one.
    Account,
}

impl std::fmt::Display for Trigger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Alarm { alarm } => write!(f, "alarm {alarm}"),
            Self::LatestAlarm => f.write_str("the latest alarm"),
            Self::Question { text } => f.write_str(text),
            Self::Account => f.write_str("questions about the account"),
        }
    }
}

/// A span of time, start included, end excluded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Window {
    /// First moment, UTC.
    pub start: Timestamp,
    /// First moment after it, UTC.
    pub end: Timestamp,
}

impl Window {
    /// The span's length; negative if it ends before it starts.
    pub fn length(&self) -> SignedDuration {
        self.end.duration_since(self.start)
    }

    /// Whether a moment lies inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }

    /// The same span, earlier by `by`. A span that would leave the calendar is returned as it is.
    pub fn earlier_by(&self, by: SignedDuration) -> Self {
        match (self.start.checked_sub(by), self.end.checked_sub(by)) {
            (Ok(start), Ok(end)) => Self { start, end },
            _ => *self,
        }
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} to {}", self.start, self.end)
    }
}

/// What an investigation looks at, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Scope {
    /// The AWS account, 12 digits, where the caller's identity could be read.
    pub account: Option<String>,
    /// The AWS region.
    pub region: String,
    /// The clock when the investigation started.
    pub now: Timestamp,
    /// The alarm's name, if one started it.
    pub alarm: Option<String>,
    /// The resources in question, the most likely first. Empty: the question named none.
    pub subjects: Vec<ResourceRef>,
    /// The incident: from 5 evaluation spans before the first breach (at least 1 h) to recovery or now.
    pub window: Window,
    /// The same span one day before.
    pub baseline: Window,
    /// The period of the alarm's metric, seconds; 60 where no alarm says otherwise.
    pub period_s: u32,
    /// When the alarm changed to ALARM, or the first breaching data point where the history holds one.
    pub first_breach: Option<Timestamp>,
    /// When the alarm went back to OK.
    pub recovered_at: Option<Timestamp>,
    /// What a reader should know of how the scope was found ("the alarm is in state OK").
    pub notes: Vec<String>,
}

impl Scope {
    /// How far two times may be apart and still count as the same moment: one metric period, 60 s at least.
    pub fn tolerance(&self) -> SignedDuration {
        SignedDuration::from_secs(i64::from(self.period_s.max(60)))
    }
}
