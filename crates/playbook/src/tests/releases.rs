//! What a release changed in the code, where the version from before was compared with it.

use marple_case::{
    Facts,
    facts::{CodeDifference, CodeFile, FileChange, FileDifference, FunctionCode},
};
use serde_json::json;

use super::{
    limits::at_memory_limit,
    world::{World, taken},
};

/// The function after a release that wrote these lines of a file, compared with version 4.
fn released(mut world: World, path: &str, lines: &[&str], new_lines: &[u32]) -> World {
    let name = world.function.name.clone();
    let mut text =
        format!("compared with version 4: 900 bytes, sha256 b2xk\nchanged: {path} (90 to 99 bytes), 0 lines gone\n");
    for (number, line) in (1..).zip(lines) {
        let sign = if new_lines.contains(&number) { '+' } else { ' ' };
        text += &format!("{sign}{number:>4} | {line}\n");
    }
    let lines = lines.iter().map(|line| (*line).to_owned()).collect();
    let change =
        FileDifference { path: path.into(), change: FileChange::Changed, new_lines: new_lines.to_vec(), gone_lines: 0 };
    let difference = CodeDifference {
        from_version: "4".into(),
        from_sha256: "b2xk".into(),
        files: vec![change],
        libraries: Vec::new(),
    };
    let code = FunctionCode {
        function: name.clone(),
        version: "$LATEST".into(),
        code_sha256: "bmV3".into(),
        package_size: 950,
        files: vec![CodeFile { path: path.into(), size: 99, lines: Some(lines) }],
        difference: Some(difference),
    };
    let compared = json!({"function": name, "compare_with": "4"});
    world.extra.push(taken("read_function_code", compared, text, Facts::FunctionCode(code)));
    world.change("2026-03-05T10:30:00Z", "UpdateFunctionCode20150331v2", &name)
}

/// Memory that runs out since a release of `tables.py` wrote these lines.
fn tables(new_lines: &[u32]) -> World {
    let lines = [
        "import csv",
        "LOG = logging.getLogger()",
        "def load():",
        "    rows = list(csv.reader(body()))",
        "    return {row[0]: row for row in rows}",
        "",
        "TABLE = load()",
        "NAME = title()",
    ];
    let world = at_memory_limit("zones", "python3.12", 512, "h.py", "import tables");
    released(world, "tables.py", &lines, new_lines)
}

#[test]
fn a_release_is_told_file_by_file_and_what_it_loads_at_each_start_is_the_place() {
    let (cause, _) = tables(&[4, 5]).investigate();
    let said: Vec<&str> = cause.chain.iter().map(|link| link.statement.as_str()).collect();
    assert!(said[1].contains("Against version 4") && said[1].contains("tables.py (2 lines new, 0 gone)"), "{said:#?}");
    assert!(said[2].starts_with("tables.py line 7, `TABLE = load()`, runs while the code is loaded"), "{said:#?}");
    assert_eq!(cause.location.map(|place| (place.file, place.line)), Some(("tables.py".to_owned(), 7)));
    assert!(cause.trigger.unwrap().starts_with("Every cold start since the release"));
}

#[test]
fn a_release_whose_new_lines_nothing_at_load_calls_gives_no_place() {
    let (cause, _) = tables(&[2, 8]).investigate();
    assert!(cause.chain.iter().any(|link| link.statement.contains("Against version 4")));
    assert_eq!(cause.location, None);
}

#[test]
fn whether_the_release_wrote_the_line_that_fails_is_said() {
    let lines = [
        "exports.handler = async (event) => {",
        "  const order = JSON.parse(event.body);",
        "  return order.customer.name;",
        "};",
    ];
    let said = |new_lines: &[u32]| {
        let world = World::new("orders", "nodejs20.x", "index.handler").file("index.js", &lines.join("\n")).exception(
            "node",
            "TypeError",
            "Cannot read properties of undefined (reading 'name')",
            Some(("/var/task/index.js", 3, Some(25))),
        );
        let (cause, _) = released(world, "index.js", &lines, new_lines).investigate();
        let statements = cause.chain.into_iter().map(|link| link.statement);
        statements.filter(|statement| statement.starts_with("In index.js line 3")).collect::<String>()
    };
    assert!(said(&[3]).contains("The release wrote that line."), "{}", said(&[3]));
    assert!(!said(&[2]).is_empty() && !said(&[2]).contains("The release"), "{}", said(&[2]));
}
