//! Times: the SDK's and the vocabulary's.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// A time of the SDK. `None`: outside the calendar.
pub(crate) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

/// A time for the SDK.
pub(crate) fn date_time(time: Timestamp) -> DateTime {
    DateTime::from_nanos(time.as_nanosecond()).unwrap_or_else(|_| DateTime::from_secs(time.as_second()))
}

/// Epoch milliseconds, as CloudWatch Logs counts. `None`: outside the calendar.
pub(crate) fn from_millis(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}
