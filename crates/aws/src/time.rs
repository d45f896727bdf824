//! Times: the SDK's and the vocabulary's.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// A time of the SDK, to the millisecond: AWS tells no more, and fractions of epoch seconds come with a floating point number's noise.
/// `None`: outside the calendar.
pub(crate) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    let millis = (i64::from(time.subsec_nanos()) + 500_000) / 1_000_000;
    Timestamp::from_millisecond(time.secs().checked_mul(1_000)?.checked_add(millis)?).ok()
}

/// A time for the SDK.
pub(crate) fn date_time(time: Timestamp) -> DateTime {
    DateTime::from_nanos(time.as_nanosecond()).unwrap_or_else(|_| DateTime::from_secs(time.as_second()))
}

/// Epoch milliseconds, as CloudWatch Logs counts. `None`: outside the calendar.
pub(crate) fn from_millis(millis: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}
