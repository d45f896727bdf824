//! Results as people and programs read them: a table for the terminal, JUnit XML for a build server, one HTML page.
//!
//! Details of checks hold text of reports, and that holds text of AWS: each rendering makes hidden characters visible and
//! escapes what its format would read as more than text. JSON is [`Results`](crate::Results) itself.

pub mod html;
pub mod junit;
pub mod terminal;

#[cfg(test)]
mod tests;

/// A share as people read it: `95.0 %`.
fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

/// A share that may be unknown.
fn percent_or_dash(share: Option<f64>) -> String {
    share.map_or_else(|| "–".to_owned(), percent)
}

/// Money that may be unknown.
fn cost(usd: Option<f64>) -> String {
    marple_report::amounts::cost(usd, "unknown")
}

/// Text for an element's or attribute's inside, in XML and HTML alike: hidden characters are visible, nothing is markup.
fn escaped(text: &str) -> String {
    let visible = marple_report::visible::line(text);
    let mut escaped = String::with_capacity(visible.len());
    for character in visible.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Not characters of XML 1.0.
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            character => escaped.push(character),
        }
    }
    escaped
}
