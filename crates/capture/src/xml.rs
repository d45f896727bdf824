//! awsQuery answers: XML as a tree of elements. What their texts are (a number, a list) only a schema says.

use quick_xml::{Reader, events::Event};

/// Deeper answers are refused: no message of AWS nests like that.
const DEEPEST: usize = 64;

/// An element, without its attributes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// The text directly in it.
    pub(crate) text: String,
    pub(crate) children: Vec<Element>,
}

impl Element {
    /// The first child of that name.
    pub(crate) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }
}

/// Why an answer is none.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("the answer is no XML: {0}")]
pub(crate) struct NotXml(String);

/// Reads a document: its root element.
pub(crate) fn read(text: &str) -> Result<Element, NotXml> {
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    loop {
        match reader.read_event().map_err(|error| NotXml(error.to_string()))? {
            Event::Start(start) => {
                if open.len() > DEEPEST {
                    return Err(NotXml("it nests too deeply".to_owned()));
                }
                open.push(Element { name: start.local_name().into_inner().to_owned(), ..Element::default() });
            }
            Event::Empty(start) => {
                let empty = Element { name: start.local_name().into_inner().to_owned(), ..Element::default() };
                innermost(&mut open)?.children.push(empty);
            }
            Event::End(_) => {
                let closed = open.pop().unwrap_or_default();
                innermost(&mut open)?.children.push(closed);
            }
            Event::Text(text) => innermost(&mut open)?.text.push_str(&text.xml10_content()),
            Event::CData(text) => innermost(&mut open)?.text.push_str(&text.xml10_content()),
            Event::GeneralRef(reference) => {
                let character = reference.resolve_char_ref().map_err(|error| NotXml(error.to_string()))?;
                let character = character.or_else(|| named(&reference.xml10_content()));
                innermost(&mut open)?.text.extend(character);
            }
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    let root = open.pop().filter(|_| open.is_empty()).and_then(|document| document.children.into_iter().next());
    root.ok_or_else(|| NotXml("it has no whole element".to_owned()))
}

fn innermost(open: &mut [Element]) -> Result<&mut Element, NotXml> {
    open.last_mut().ok_or_else(|| NotXml("an element ends that did not begin".to_owned()))
}

/// XML's own five entities.
fn named(entity: &str) -> Option<char> {
    Some(match entity {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => return None,
    })
}
