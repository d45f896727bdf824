//! The Markdown of an answer, taken apart: so that each rendering shows it in its own way and obeys nothing in it.
//!
//! What a model writes is foreign. Structure (paragraphs, lists, code, tables) and the looks of words (strong, code) are kept; links
//! become their text and address, raw HTML becomes text. A rendering applies [`crate::visible`] or its own escapes to the words.

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// How a run of words looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    Plain,
    Strong,
    Code,
}

/// A run of words that look alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) look: Look,
}

/// What a piece of an answer is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Paragraph,
    Heading,
    /// An item of a list, with its mark: `- ` or `2. `.
    Item(String),
    /// Lines that are shown as they are: one span.
    Code,
    /// A row of a table.
    Row,
}

/// A piece of an answer: a paragraph, an item, a block of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) kind: Kind,
    /// How many lists it stands in, counted from 0.
    pub(crate) depth: usize,
    pub(crate) spans: Vec<Span>,
}

/// Takes Markdown apart.
pub(crate) fn parse(markdown: &str) -> Vec<Piece> {
    let mut reader = Reader::default();
    Parser::new_ext(markdown, Options::ENABLE_TABLES).for_each(|event| reader.hear(event));
    reader.end();
    reader.pieces
}

#[derive(Default)]
struct Reader {
    pieces: Vec<Piece>,
    open: Option<Piece>,
    /// The lists that are open, each with its next number if it is numbered.
    lists: Vec<Option<u64>>,
    /// How many marks of strength are open.
    strong: usize,
    in_code: bool,
    link: Option<String>,
}

impl Reader {
    fn hear(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.stop(tag),
            Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => self.say(&text, self.look()),
            Event::Code(text) => self.say(&text, Look::Code),
            Event::SoftBreak | Event::HardBreak => self.say(if self.in_code { "\n" } else { " " }, Look::Plain),
            _ => {}
        }
    }

    fn look(&self) -> Look {
        match (self.in_code, self.strong) {
            (true, _) => Look::Code,
            (false, 0) => Look::Plain,
            (false, _) => Look::Strong,
        }
    }

    fn start(&mut self, tag: Tag<'_>) {
        match tag {
            Tag::Paragraph if matches!(self.open, Some(Piece { kind: Kind::Item(_), ref spans, .. }) if spans.is_empty()) =>
                {}
            Tag::Paragraph | Tag::HtmlBlock => self.begin(Kind::Paragraph),
            Tag::Heading { .. } => self.begin(Kind::Heading),
            Tag::CodeBlock(_) => {
                self.begin(Kind::Code);
                self.in_code = true;
            }
            Tag::List(first) => {
                self.end();
                self.lists.push(first);
            }
            Tag::Item => {
                let mark = match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number += 1;
                        format!("{}. ", *number - 1)
                    }
                    _ => "- ".to_owned(),
                };
                self.begin(Kind::Item(mark));
            }
            Tag::TableHead => {
                self.begin(Kind::Row);
                self.strong += 1;
            }
            Tag::TableRow => self.begin(Kind::Row),
            Tag::TableCell if self.open.as_ref().is_some_and(|row| !row.spans.is_empty()) => {
                self.say(" | ", Look::Plain)
            }
            Tag::Strong => self.strong += 1,
            Tag::Link { dest_url, .. } => self.link = Some(dest_url.into_string()),
            _ => {}
        }
    }

    fn stop(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::TableRow | TagEnd::HtmlBlock => self.end(),
            TagEnd::TableHead => {
                self.strong = self.strong.saturating_sub(1);
                self.end();
            }
            TagEnd::CodeBlock => {
                self.in_code = false;
                self.end();
            }
            TagEnd::List(_) => {
                self.end();
                self.lists.pop();
            }
            TagEnd::Strong => self.strong = self.strong.saturating_sub(1),
            TagEnd::Link => {
                if let Some(address) = self.link.take() {
                    self.say(&format!(" ({address})"), Look::Plain);
                }
            }
            _ => {}
        }
    }

    fn begin(&mut self, kind: Kind) {
        self.end();
        let depth = self.lists.len().saturating_sub(1);
        self.open = Some(Piece { kind, depth, spans: Vec::new() });
    }

    fn end(&mut self) {
        self.pieces
            .extend(self.open.take().filter(|piece| piece.spans.iter().any(|span| !span.text.trim().is_empty())));
    }

    fn say(&mut self, text: &str, look: Look) {
        if self.open.is_none() {
            self.begin(Kind::Paragraph);
        }
        let Some(piece) = &mut self.open else { return };
        match piece.spans.last_mut() {
            Some(last) if last.look == look => last.text.push_str(text),
            _ => piece.spans.push(Span { text: text.to_owned(), look }),
        }
    }
}

#[cfg(test)]
mod tests;
