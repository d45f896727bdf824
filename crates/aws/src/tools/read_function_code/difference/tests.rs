#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use proptest::prelude::*;

use super::*;

fn file(path: &str, lines: &[&str]) -> PackageFile {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let size = lines.iter().map(|line| line.len() as u64 + 1).sum();
    PackageFile { path: path.to_owned(), size, content: Content::Text(lines) }
}

fn binary(path: &str, size: u64) -> PackageFile {
    PackageFile { path: path.to_owned(), size, content: Content::Unread("binary".to_owned()) }
}

fn package(version: &str, files: Vec<PackageFile>, library_bytes: u64) -> ReadPackage {
    let code = FunctionCode {
        function: "zones".to_owned(),
        version: version.to_owned(),
        code_sha256: format!("sha{version}="),
        package_size: 900,
        files: Vec::new(),
        difference: None,
    };
    let libraries = vec![Library { path: "numpy/".to_owned(), files: 12, bytes: library_bytes }];
    ReadPackage {
        code,
        handler: Some("app.handler".to_owned()),
        package: Package { files, libraries, refused: Vec::new() },
    }
}

#[test]
fn what_a_release_changed_is_shown_with_the_numbers_of_the_lines_as_they_are_now() {
    let old = ["import csv", "", "def load():", "    rows = []", "    return rows", "", "", "", "", "", "LIMIT = 5"];
    let new = [
        "import csv",
        "",
        "def load():",
        "    rows = list(read())",
        "    index(rows)",
        "    return rows",
        "",
        "",
        "",
        "",
        "",
        "LIMIT = 6",
    ];
    let before = package(
        "7",
        vec![file("app.py", &["same"]), file("gone.py", &["x"]), binary("points.bin", 9), file("tables.py", &old)],
        10,
    );
    let now = package(
        "$LATEST",
        vec![file("app.py", &["same"]), file("new.py", &["y"]), binary("points.bin", 9_000), file("tables.py", &new)],
        20,
    );
    let found = compare(&before, now);
    insta::assert_snapshot!(found.text, @r"
    function: zones, version $LATEST, handler app.handler
    package: 900 bytes, sha256 sha$LATEST=, 16 files
    compared with version 7: 900 bytes, sha256 sha7=
    removed: gone.py (2 bytes), 1 line gone, 0 new
    added: new.py (2 bytes), 0 lines gone, 1 new
    +   1 | y
    changed: points.bin (9 to 9000 bytes), not read: binary
    changed: tables.py (69 to 95 bytes), 2 lines gone, 3 new
        1 | import csv
        2 | 
        3 | def load():
    -   4 |     rows = []
    +   4 |     rows = list(read())
    +   5 |     index(rows)
        6 |     return rows
        7 | 
        8 | 
        9 | 
       10 | 
       11 | 
    -  11 | LIMIT = 5
    +  12 | LIMIT = 6
    library changed: numpy/ (12 files, 20 bytes; before: 12 files, 10 bytes)
    1 file of the function's own did not change
    ");
    let Facts::FunctionCode(code) = found.facts else { panic!("{:?}", found.facts) };
    let difference = code.difference.unwrap();
    let of = |path: &str| difference.files.iter().find(|file| file.path == path).unwrap();
    assert_eq!((of("tables.py").new_lines.as_slice(), of("tables.py").gone_lines), ([4, 5, 12].as_slice(), 2));
    assert_eq!((of("gone.py").change, of("new.py").change), (FileChange::Removed, FileChange::Added));
    assert!(code.files.iter().any(|file| file.path == "tables.py" && file.lines.is_some()));
}

#[test]
fn packages_with_the_same_files_do_not_differ() {
    let files = || vec![file("app.py", &["same"])];
    let found = compare(&package("7", files(), 10), package("$LATEST", files(), 10));
    assert!(
        found.text.ends_with("no file differs (of files that are not read, the size was compared)\n"),
        "{}",
        found.text
    );
}

#[test]
fn a_file_that_is_too_long_is_told_and_the_next_one_is_compared_all_the_same() {
    let long = vec!["x"; COMPARED];
    let before = package("7", vec![file("a.js", &long), file("b.js", &["1"])], 10);
    let found = compare(&before, package("8", vec![file("a.js", &["y"]), file("b.js", &["2"])], 10));
    assert!(
        found.text.contains("changed: a.js (40000 to 2 bytes), too long to be compared by lines\nchanged: b.js"),
        "{}",
        found.text
    );
    assert!(found.text.contains("-   1 | 1\n+   1 | 2\n"), "{}", found.text);
}

proptest! {
    /// Without its new lines the newer file is what is left of the older one.
    #[test]
    fn new_and_gone_lines_account_for_every_difference(
        old in prop::collection::vec("[a-c]", 0..30),
        new in prop::collection::vec("[a-c]", 0..30),
    ) {
        let text = |lines: &[String]| file("f", &lines.iter().map(String::as_str).collect::<Vec<_>>());
        let found = compare(&package("1", vec![text(&old)], 1), package("2", vec![text(&new)], 1));
        let Facts::FunctionCode(code) = found.facts else { panic!() };
        let difference = code.difference.unwrap();
        let (added, gone) = difference.files.first().map_or((&[][..], 0), |file| (file.new_lines.as_slice(), file.gone_lines));
        prop_assert_eq!(new.len() - added.len(), old.len() - gone as usize);
        let kept: Vec<&String> = new.iter().zip(1..).filter(|(_, number)| !added.contains(number)).map(|(line, _)| line).collect();
        let mut rest = old.iter();
        prop_assert!(kept.iter().all(|line| rest.any(|old| old == *line)));
    }
}
