//! An element around a text that the text cannot end.
//!
//! `<evidence …>` and `</evidence>` stand around what is data. Wherever the text itself holds the beginning of such a tag, in any case, spacing,
//! width, look-alike letters or escape that a reader may take for it, a backslash is put after its opening sign: `<\/evidence`. One backslash
//! more than there was, always, so that it can be taken out again: see [`unbroken`].

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::{Captures, Regex};

use crate::hidden;

/// The element's name.
const NAME: &str = "evidence";

/// The beginning of a tag of that name: its opening sign, then white space, slashes or backslashes, then the name; each plain or as HTML, URLs, JSON
/// and C write it.
#[expect(clippy::expect_used, reason = "a constant, which every test of this module uses")]
static TAG: LazyLock<Regex> = LazyLock::new(|| {
    let opening = r"(<|＜|﹤|‹|〈|⟨|〈|&lt;?|&#0*60;?|&#x0*3c;?|%3c|\\+u003c|\\+x3c)";
    let between = r"(?:[\s\\/／∕⁄]|&#0*47;?|&#x0*2f;?|&sol;?|%2f|%20|\\u002f|\\x2f)*";
    let name = "[eеεｅ℮][vνѵｖ][iіιıｉ][dԁｄ][eеεｅ℮][nոｎ][cсϲｃ][eеεｅ℮]";
    Regex::new(&format!("(?i){opening}({between}{name})")).expect("the pattern of the element's tags")
});

/// The text inside the element: `<evidence ATTRIBUTES>`, the text with nothing hidden in it and its tags broken, `</evidence>`.
///
/// `attributes` are the program's own; foreign values in them have gone through [`attribute`].
pub fn enclosed(attributes: &str, text: &str) -> String {
    let text = hidden::visible(text.trim_end());
    format!("<{NAME} {attributes}>\n{}\n</{NAME}>", broken(&text))
}

/// The same on one line, for a few words: line ends become spaces.
pub fn enclosed_line(attributes: &str, text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    format!("<{NAME} {attributes}>{}</{NAME}>", broken(&hidden::visible(&line)))
}

/// A foreign value inside quotation marks of an attribute: it can end neither the quotation nor the tag.
pub fn attribute(value: &str) -> String {
    let mut shown = String::with_capacity(value.len());
    for (character, hidden) in hidden::characters(value) {
        match character {
            '\'' => shown.push_str("&apos;"),
            '<' => shown.push_str("\\u003c"),
            '>' => shown.push_str("\\u003e"),
            character if hidden => hidden::push_escape(&mut shown, character),
            character => shown.push(character),
        }
    }
    shown
}

/// The text with every tag of the element's name broken.
pub fn broken(text: &str) -> Cow<'_, str> {
    TAG.replace_all(text, r"$1\$2")
}

/// The text as it was before [`broken`]; `None` if no tag in it is broken. What is quoted out of an enclosure may hold the backslashes that the
/// record does not.
pub fn unbroken(quote: &str) -> Option<String> {
    let mended = TAG.replace_all(quote, |tag: &Captures<'_>| {
        let rest = tag.get(2).map_or("", |rest| rest.as_str());
        format!("{}{}", tag.get(1).map_or("", |sign| sign.as_str()), rest.strip_prefix('\\').unwrap_or(rest))
    });
    (mended != quote).then(|| mended.into_owned())
}

#[cfg(test)]
mod tests;
