//! Durations, tokens and money as people read them. Units are always written; an unknown price is never a zero.

/// Milliseconds: `840 ms`, `12.3 s`, `6 min 02 s`, `1 h 04 min`.
pub fn duration(milliseconds: u64) -> String {
    let seconds = milliseconds / 1000;
    match milliseconds {
        0..1_000 => format!("{milliseconds} ms"),
        1_000..60_000 => format!("{seconds}.{} s", milliseconds % 1000 / 100),
        60_000..3_600_000 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

/// A number with its thousands apart: `12,345`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// US dollars: `$0.0123`, `$1.20`; `unknown` where the price is not known.
pub fn cost(dollars: Option<f64>, unknown: &str) -> String {
    match dollars {
        Some(0.0) => "$0".to_owned(),
        Some(dollars) if dollars.is_finite() && dollars < 0.1 => format!("${dollars:.4}"),
        Some(dollars) if dollars.is_finite() => format!("${dollars:.2}"),
        _ => unknown.to_owned(),
    }
}

/// A measured value in a metric's unit, with as many decimals as it needs: `3`, `65.2`, `0.004`.
pub fn measure(value: f64) -> String {
    let decimals = match value.abs() {
        1000.0.. => 0,
        10.0.. => 1,
        _ => 3,
    };
    let text = format!("{value:.decimals$}");
    match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text,
    }
}

#[cfg(test)]
mod tests;
