//! Lines: indentation, wrapping by display width, styles.
//!
//! All text goes through here, and [`visible`] is applied here: no caller can forget it. A style is opened and closed on each line,
//! so that a pager or a copied line never bleeds.

use anstyle::Style as Ansi;
use textwrap::{Options, WordSeparator, WordSplitter, WrapAlgorithm, core::Word};
use unicode_width::UnicodeWidthStr;

use super::{Style, command};
use crate::visible;

/// The least columns that wrapped text gets, however deep it stands.
const LEAST: usize = 16;

/// The longest label under whose end the following lines stand. After a longer one they stand two columns in.
const LONGEST_LABEL: usize = 14;

/// A page that is being written.
pub(super) struct Page<'a> {
    width: usize,
    style: &'a Style,
    written: String,
}

impl<'a> Page<'a> {
    pub(super) fn new(width: usize, style: &'a Style) -> Self {
        Self { width: width.clamp(LEAST, 1000), style, written: String::new() }
    }

    pub(super) fn style(&self) -> &'a Style {
        self.style
    }

    pub(super) fn finish(self) -> String {
        self.written
    }

    pub(super) fn blank(&mut self) {
        self.written.push('\n');
    }

    /// A heading with a blank line before it.
    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        self.text(0, text, self.style.heading);
    }

    /// Text, wrapped; its own line ends stay, blank lines go.
    pub(super) fn text(&mut self, indent: usize, text: &str, style: Ansi) {
        self.item(indent, "", Ansi::new(), text, style);
    }

    /// Text under a label on its first line. The lines after it stand under the text's beginning, where there is room for that.
    pub(super) fn item(&mut self, indent: usize, label: &str, label_style: Ansi, text: &str, style: Ansi) {
        let label = visible::text(label);
        let hang = indent + label.width();
        let hang = if label.width() > LONGEST_LABEL || self.width < hang + LEAST { indent + 2 } else { hang };
        let mut label = Some(label).filter(|label| !label.is_empty());
        let rest = " ".repeat(hang - indent);
        for paragraph in visible::text(text).lines().map(str::trim).filter(|paragraph| !paragraph.is_empty()) {
            let first = label.as_ref().map_or_else(|| rest.clone(), |label| " ".repeat(label.width()));
            for line in self.wrap(paragraph, indent, &first, &rest) {
                self.line(indent, hang, label.take(), label_style, line.trim(), style);
            }
        }
        if label.is_some() {
            self.line(indent, hang, label, label_style, "", style);
        }
    }

    /// A command, dimmed, so that it can be copied and run.
    pub(super) fn command(&mut self, indent: usize, text: &str) {
        let room = self.width.saturating_sub(indent);
        for line in command::lines(text, room) {
            self.written.push_str(&" ".repeat(indent));
            self.styled(&line, self.style.dim);
            self.written.push('\n');
        }
    }

    /// Runs of words, each in its own style, wrapped as one text; the label stands before the first line.
    pub(super) fn spans(&mut self, indent: usize, label: &str, spans: &[(String, Ansi)]) {
        let hang = indent + label.width();
        let plain: String = spans.iter().map(|(text, _)| visible::line_kept(text)).collect();
        // The style of each character that is no white space: wrapping moves white space only.
        let styled = spans
            .iter()
            .flat_map(|(text, style)| visible::line_kept(text).chars().map(|c| (c, *style)).collect::<Vec<_>>());
        let mut styles = styled.filter(|(character, _)| !character.is_whitespace()).map(|(_, style)| style);
        let pad = " ".repeat(hang - indent);
        for (number, line) in self.wrap(plain.trim(), indent, &pad, &pad).into_iter().enumerate() {
            self.written.push_str(&" ".repeat(indent));
            self.written.push_str(if number == 0 { label } else { &pad });
            self.runs(line.trim(), &mut styles);
            self.written.push('\n');
        }
    }

    /// A line whose characters, white space aside, take their styles in order.
    fn runs(&mut self, line: &str, styles: &mut impl Iterator<Item = Ansi>) {
        let mut run = String::new();
        let mut current = Ansi::new();
        for character in line.chars() {
            let style = if character.is_whitespace() { current } else { styles.next().unwrap_or_default() };
            if style != current {
                self.styled(&std::mem::take(&mut run), current);
                current = style;
            }
            run.push(character);
        }
        self.styled(&run, current);
    }

    fn wrap(&self, paragraph: &str, indent: usize, first: &str, rest: &str) -> Vec<String> {
        let room = self.width.saturating_sub(indent).max(LEAST);
        let options = Options::new(room)
            .initial_indent(first)
            .subsequent_indent(rest)
            .wrap_algorithm(WrapAlgorithm::FirstFit)
            .word_separator(WordSeparator::Custom(words))
            .word_splitter(WordSplitter::NoHyphenation);
        textwrap::wrap(paragraph, options).into_iter().map(std::borrow::Cow::into_owned).collect()
    }

    /// One line: its label, or spaces in the label's stead, and its text.
    fn line(&mut self, indent: usize, hang: usize, label: Option<String>, label_style: Ansi, text: &str, style: Ansi) {
        let Some(label) = label else {
            self.written.push_str(&" ".repeat(hang));
            self.styled(text, style);
            self.written.push('\n');
            return;
        };
        self.written.push_str(&" ".repeat(indent));
        let word = label.trim_end_matches(' ');
        self.styled(word, label_style);
        if !text.is_empty() {
            self.written.push_str(&" ".repeat(label.len() - word.len()));
            self.styled(text, style);
        }
        self.written.push('\n');
    }

    fn styled(&mut self, text: &str, style: Ansi) {
        self.written.push_str(&format!("{style}{text}{style:#}"));
    }
}

/// Words end at spaces, so that names and paths stay whole; scripts without spaces are broken by Unicode's rules.
fn words(line: &str) -> Box<dyn Iterator<Item = Word<'_>> + '_> {
    let mut rest = line;
    Box::new(WordSeparator::AsciiSpace.find_words(line).flat_map(move |word| {
        let length = word.word.len() + word.whitespace.len();
        match rest.split_at_checked(length) {
            Some((piece, after)) if !piece.is_ascii() => {
                rest = after;
                WordSeparator::UnicodeBreakProperties.find_words(piece).collect()
            }
            Some((_, after)) => {
                rest = after;
                vec![word]
            }
            None => vec![word],
        }
    }))
}
