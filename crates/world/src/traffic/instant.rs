//! Instants as epoch milliseconds, and their texts.
//!
//! Log lines are rendered by the hundred thousand, so that the civil calendar is computed here with integers alone.

const DAY_MS: i64 = 86_400_000;

/// Year, month and day (UTC) of an instant in epoch milliseconds: Howard Hinnant's `civil_from_days`.
fn civil(at: i64) -> (i64, i64, i64) {
    let days = at.div_euclid(DAY_MS) + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day)
}

/// Appends `2025-12-16T05:45:37.102Z`.
pub(crate) fn push_rfc3339(text: &mut String, at: i64) {
    let (year, month, day) = civil(at);
    let ms = at.rem_euclid(DAY_MS);
    push_digits(text, year, 4);
    for (mark, value, width) in [
        ('-', month, 2),
        ('-', day, 2),
        ('T', ms / 3_600_000, 2),
        (':', ms / 60_000 % 60, 2),
        (':', ms / 1000 % 60, 2),
        ('.', ms % 1000, 3),
    ] {
        text.push(mark);
        push_digits(text, value, width);
    }
    text.push('Z');
}

/// `2025-12-16 05:45:37.102`, as Logs Insights writes times.
pub(crate) fn insights(at: i64) -> String {
    let mut text = String::with_capacity(24);
    push_rfc3339(&mut text, at);
    text.pop();
    text.replace('T', " ")
}

/// `2025-12-16T05:45:37.102Z`.
pub(crate) fn rfc3339(at: i64) -> String {
    let mut text = String::with_capacity(24);
    push_rfc3339(&mut text, at);
    text
}

/// `2025/12/16`, with which the names of Lambda's log streams begin.
pub(crate) fn stream_date(at: i64) -> String {
    let (year, month, day) = civil(at);
    format!("{year:04}/{month:02}/{day:02}")
}

fn push_digits(text: &mut String, value: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = value / 10_i64.pow(place) % 10;
        text.push(char::from_digit(u32::try_from(digit).unwrap_or(0), 10).unwrap_or('0'));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn texts_agree_with_the_calendar_of_jiff(at in 0_i64..4_102_444_800_000) {
            let expected = jiff::Timestamp::from_millisecond(at).unwrap();
            assert_eq!(rfc3339(at), format!("{expected:.3}"));
        }
    }
}
