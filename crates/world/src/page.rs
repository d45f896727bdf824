//! Pages of a list, with opaque tokens.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A page of a list, and the token of the next one if there is more.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

/// A token that this list never gave out.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidToken;

/// Cuts a page of `size` items out of a list, from where `token` stands.
///
/// `list` names what is listed, with whatever narrows it: a token of one list is invalid in another.
pub(crate) fn page<T>(items: Vec<T>, size: usize, token: Option<&str>, list: &str) -> Result<Page<T>, InvalidToken> {
    let start = match token {
        Some(token) => offset(token, list).filter(|start| *start <= items.len()).ok_or(InvalidToken)?,
        None => 0,
    };
    let end = start.saturating_add(size.max(1));
    let next = (end < items.len()).then(|| URL_SAFE_NO_PAD.encode(format!("{end}:{list}")));
    let items = items.into_iter().skip(start).take(end - start).collect();
    Ok(Page { items, next })
}

fn offset(token: &str, list: &str) -> Option<usize> {
    let decoded = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    let (offset, of) = decoded.split_once(':')?;
    (of == list).then(|| offset.parse().ok()).flatten()
}
