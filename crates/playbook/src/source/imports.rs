//! The line that imports a module: `require`, `import`, `from … import`, `using`.

use std::sync::LazyLock;

use regex::Regex;

use super::CodeLine;

static IMPORT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"\b(?:require|require_relative|import|from|load|using|use)\b").ok());

/// The first line that imports a module, by the whole name that the runtime's error gives; failing that, by a part of it.
pub(crate) fn importing<'a>(lines: &[CodeLine<'a>], module: &str) -> Option<CodeLine<'a>> {
    let imports = |line: &&CodeLine<'a>| IMPORT.as_ref().is_some_and(|pattern| pattern.is_match(line.text));
    let imports: Vec<&CodeLine<'a>> = lines.iter().filter(imports).collect();
    let named = |name: &String| imports.iter().find(|line| holds(line.text, name)).map(|line| **line);
    names(module)
        .iter()
        .find_map(named)
        .or_else(|| imports.iter().find(|line| is_from(line.text, module)).map(|line| **line))
}

/// How code may write a module's name, the most exact first.
fn names(module: &str) -> Vec<String> {
    let own = module.trim_start_matches("/var/task/");
    let dotted = own.replace('/', ".");
    let last = own.rsplit('/').next().map(|last| last.split('.').next().unwrap_or(last));
    let first = own.trim_start_matches(['.', '/']).split(['.', '/']).next();
    let is_path = own.starts_with('.') || module.starts_with('/');
    let part = if is_path { last } else { first };
    let mut names = vec![module.to_owned(), own.to_owned(), dotted];
    names.extend(part.map(str::to_owned));
    names.retain(|name| name.len() > 1);
    names
}

/// Whether a line holds a name that neither begins nor ends inside a longer one.
fn holds(text: &str, name: &str) -> bool {
    let joins = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|tail| tail.chars().next());
        !before.is_some_and(joins) && !after.is_some_and(joins)
    })
}

/// Python's `from package import module` of `package.module`.
fn is_from(text: &str, module: &str) -> bool {
    module.rsplit_once('.').is_some_and(|(package, name)| {
        text.trim_start().starts_with(&format!("from {package} import")) && holds(text, name)
    })
}
