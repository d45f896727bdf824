//! Lines that hold a whole result or body in memory at once: all rows of a query, all of a file or an object. How much that is depends on
//! the input, so that no literal tells it.

use std::sync::LazyLock;

use regex::Regex;

use super::CodeLine;

/// A way to hold everything at once, in files with these endings.
struct Form {
    files: &'static [&'static str],
    pattern: Option<Regex>,
}

static FORMS: LazyLock<Vec<Form>> = LazyLock::new(|| {
    let forms: [(&'static [&'static str], &str); 12] = [
        // All rows of a query, before anything else: they are what grows with a customer.
        (&[".rb"], r"\b(?:exec|exec_params|query|execute|find_by_sql|where)\b.*\.(?:to_a|entries|values)\b"),
        (&[".py"], r"\.fetchall\(\)|\blist\(\s*(?:cur(?:sor)?|rows|result)\b"),
        (&[".java", ".kt", ".scala"], r"\.getResultList\(\)|\bqueryForList\("),
        (&[".cs"], r"\b(?:ToListAsync|ToArrayAsync)\("),
        (&[".go"], r"\b(?:SelectContext|Select)\([^)]*&\w+,|\bCollectRows\("),
        (&[".js", ".mjs", ".cjs", ".ts", ".jsx"], r"\bawait\s+[\w.]+\.(?:query|findMany|findAll|toArray)\("),
        // All of a body.
        (&[".rb"], r"\bFile\.read\(|\.body\.read\b|\.readlines\b"),
        (&[".py"], r#"\[['"]Body['"]\]\.read\(\)|\.readlines\(\)|\.read\(\)"#),
        (&[".java", ".kt", ".scala"], r"\breadAllBytes\(|\basByteArray\(\)"),
        (&[".cs"], r"\bReadAllBytes(?:Async)?\(|\bReadToEnd(?:Async)?\("),
        (&[".go"], r"\bio\.ReadAll\(|\bos\.ReadFile\("),
        (
            &[".js", ".mjs", ".cjs", ".ts", ".jsx"],
            r"\btransformToString\(|\btransformToByteArray\(|\barrayBuffer\(\)|\breadFileSync\(",
        ),
    ];
    forms.into_iter().map(|(files, pattern)| Form { files, pattern: Regex::new(pattern).ok() }).collect()
});

/// The first line of the given ones that holds everything at once; rows of a query before bodies.
pub(crate) fn held_whole<'a>(lines: &[CodeLine<'a>]) -> Option<CodeLine<'a>> {
    FORMS.iter().find_map(|form| {
        let ours = |line: &&CodeLine<'a>| form.files.iter().any(|end| line.path().ends_with(end));
        let fits = |line: &&CodeLine<'a>| form.pattern.as_ref().is_some_and(|pattern| pattern.is_match(line.text));
        lines.iter().filter(ours).find(fits).copied()
    })
}
