//! The AWS CLI's services, operations, options and shapes. The files and their format are `index/generate.py`'s.

use include_dir::{Dir, include_dir};

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/index");

/// Similarity from which a name is offered instead of another (Jaro-Winkler, 0 to 1).
const SIMILAR: f64 = 0.84;

/// A service's file.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Service {
    text: &'static str,
}

/// An option of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parameter {
    /// Without dashes.
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) positional: bool,
    /// A switch: it takes no value.
    pub(crate) switch: bool,
    pub(crate) kind: &'static str,
}

/// What a shape is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    /// `NAME[!]:TYPE,…`
    Structure(&'static str),
    /// The type of its items.
    List(&'static str),
    /// The type of its values.
    Map(&'static str),
    /// `VALUE|…`
    Enum(&'static str),
}

/// A member of a structure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Member {
    pub(crate) name: &'static str,
    pub(crate) required: bool,
    pub(crate) kind: &'static str,
}

/// Whether the AWS CLI knows the service.
pub(crate) fn is_service(name: &str) -> bool {
    line_after(service_names(), &format!("{name}\n")).is_some()
}

/// The service of that name that may have been meant.
pub(crate) fn nearest_service(name: &str) -> Option<String> {
    nearest(name, services())
}

fn services() -> impl Iterator<Item = &'static str> {
    service_names().lines()
}

fn service_names() -> &'static str {
    FILES.get_file("services.txt").and_then(|file| file.contents_utf8()).unwrap_or_default()
}

/// What follows the first line of a text that begins so.
fn line_after(text: &'static str, beginning: &str) -> Option<&'static str> {
    let begins = |at: &usize| text.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with('\n'));
    let at = text.match_indices(beginning).map(|(at, _)| at).find(begins)?;
    text.get(at + beginning.len()..)
}

/// The most similar of some names, if it is similar at all.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let scored = known.map(|known| (strsim::jaro_winkler(name, known), known));
    let best = scored.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= SIMILAR).then(|| best.1.to_owned())
}

impl Service {
    /// The service's file, if the index holds it.
    pub(crate) fn find(name: &str) -> Option<Self> {
        let text = FILES.get_file(format!("{name}.tsv"))?.contents_utf8()?;
        Some(Self { text })
    }

    /// Its operations.
    pub(crate) fn operations(self) -> impl Iterator<Item = &'static str> {
        self.text.lines().filter_map(|line| line.strip_prefix("o\t"))
    }

    /// The options of an operation; `None`: there is no such operation.
    pub(crate) fn parameters(self, operation: &str) -> Option<Vec<Parameter>> {
        let options =
            line_after(self.text, &format!("o\t{operation}\n"))?.lines().map_while(|line| line.strip_prefix("a\t"));
        Some(options.filter_map(parameter).collect())
    }

    /// A shape by its name.
    pub(crate) fn shape(self, name: &str) -> Option<Shape> {
        let (kind, rest) = line_after(self.text, &format!("t\t{name}\t"))?.lines().next()?.split_once('\t')?;
        match kind {
            "structure" => Some(Shape::Structure(rest)),
            "list" => Some(Shape::List(rest)),
            "map" => Some(Shape::Map(rest)),
            "enum" => Some(Shape::Enum(rest)),
            _ => None,
        }
    }
}

fn parameter(line: &'static str) -> Option<Parameter> {
    let mut fields = line.split('\t');
    let (name, flags, kind) = (fields.next()?, fields.next()?, fields.next()?);
    Some(Parameter {
        name,
        required: flags.contains('!'),
        positional: flags.contains('@'),
        switch: flags.contains('-'),
        kind,
    })
}

/// The members that a structure's line lists.
pub(crate) fn members(line: &'static str) -> impl Iterator<Item = Member> {
    line.split(',').filter_map(|member| {
        let (name, kind) = member.split_once(':')?;
        let bare = name.strip_suffix('!');
        Some(Member { name: bare.unwrap_or(name), required: bare.is_some(), kind })
    })
}
