//! The readers of source, line by line.

use marple_case::facts::CodeFile;

use super::world::taken;
use crate::{
    reading::{Seen, failure::Failure, failure::host_of},
    source::{CodeLine, allocation::allocations, code_lines, host::looks_like_host, number, wait::waits},
};

fn read<T>(path: &str, text: &str, with: impl for<'a> Fn(&[CodeLine<'a>]) -> T) -> T {
    let evidence = taken("read_function_code", serde_json::Value::Null, String::new(), marple_case::Facts::Nothing);
    let file = CodeFile { path: path.into(), size: 0, lines: Some(text.lines().map(str::to_owned).collect()) };
    with(&code_lines(Seen { evidence: &evidence, fact: &file }))
}

fn longest(path: &str, text: &str) -> Option<f64> {
    read(path, text, |lines| waits(lines).first().map(|wait| wait.total_ms()))
}

fn largest(text: &str) -> Option<(Option<f64>, Option<f64>)> {
    read("a", text, |lines| allocations(lines).first().map(|found| (found.count, found.each)))
}

#[test]
fn waits_are_read_in_the_units_of_their_call() {
    let cases = [
        ("a.js", "await sleep(2500);", Some(2500.0)),
        ("a.js", "await new Promise(r => setTimeout(r, 30 * 1000));", Some(30_000.0)),
        ("a.ts", "const MS = 1_500;\nsetTimeout(done, MS);", Some(1500.0)),
        ("a.py", "await asyncio.sleep(0.5)", Some(500.0)),
        ("a.py", "from time import sleep\nsleep(4)", Some(4000.0)),
        ("a.rb", "sleep 7", Some(7000.0)),
        ("A.java", "TimeUnit.SECONDS.sleep(12);", Some(12_000.0)),
        ("a.go", "<-time.After(2 * time.Minute)", Some(120_000.0)),
        ("a.go", "time.Sleep(250 * time.Millisecond)", Some(250.0)),
        ("A.cs", "Thread.Sleep(4000);", Some(4000.0)),
        ("a.py", "for _ in range(20):\n    time.sleep(3)", Some(60_000.0)),
        ("a.js", "for (let i = 0; i < 5; i++) {\n  await delay(1000);\n}\nawait delay(2000);", Some(5000.0)),
        ("a.js", "// setTimeout(r, 9000)", None),
        ("a.js", "setTimeout(() => reject(new Error('late')), 9000);", None),
        ("a.js", "await sleep(attempt * 1000);", None),
        ("notes.md", "await sleep(9000);", None),
    ];
    for (path, text, expected) in cases {
        assert_eq!(longest(path, text), expected, "{text}");
    }
}

#[test]
fn allocations_are_loops_times_sizes_and_shared_references_are_none() {
    let cases = [
        (
            "for (let i = 0; i < 2e6; i++) {\n  const row = 'x'.repeat(300);\n  rows.push(row);\n}",
            Some((Some(2e6), Some(300.0))),
        ),
        ("rows = ['ab' * 100 for _ in range(1_000_000)]", Some((Some(1e6), Some(200.0)))),
        (
            "for i := 0; i < 4096; i++ {\n\tkeep = append(keep, make([]byte, 1<<20))\n}",
            Some((Some(4096.0), Some(1_048_576.0))),
        ),
        (
            "for (int i = 0; i < 900; i++) {\n  list.add(new byte[1024 * 1024]);\n}",
            Some((Some(900.0), Some(1_048_576.0))),
        ),
        ("const all = Array.from({ length: 5_000_000 }, () => 'y'.repeat(50));", Some((Some(5e6), Some(50.0)))),
        (
            "function row(i) {\n  const text = 'z'.repeat(250);\n  return { i, text };\n}\nfor (let i = 0; i < 4e6; i++) {\n  rows.push(row(i));\n}",
            Some((Some(4e6), Some(250.0))),
        ),
        (
            "def row(i):\n    return 'z' * 250\n\nfor i in range(4_000_000):\n    rows.append(row(i))",
            Some((Some(4e6), Some(250.0))),
        ),
        (
            "const row = (i) => String(i).padStart(9, '0').padEnd(700, '.');\nfor (let i = 0; i < 3e6; i++) {\n  rows.push(row(i));\n}",
            Some((Some(3e6), Some(700.0))),
        ),
        ("const b = Buffer.alloc(600 * 1024 * 1024);", Some((Some(1.0), Some(629_145_600.0)))),
        ("while (true) {\n  cache.push(Buffer.alloc(1024));\n}", Some((None, Some(1024.0)))),
        ("const row = 'x'.repeat(500);\nfor (let i = 0; i < 10; i++) {\n  rows.push(row);\n}", None),
        ("for (let i = 0; i < 10; i++) {\n  rows.push('x'.repeat(10));\n}", None),
    ];
    for (text, expected) in cases {
        assert_eq!(largest(text), expected, "{text}");
    }
}

#[test]
fn failures_are_told_by_the_runtimes_own_words() {
    let host = |name: &str| Some(name.to_owned());
    let cases = [
        ("getaddrinfo EAI_AGAIN db.corp", Failure::HostNotFound { host: host("db.corp") }),
        ("dial tcp 10.1.2.3:6379: connect: connection refused", Failure::Refused { address: host("10.1.2.3:6379") }),
        ("Name or service not known (mq.corp:5671)", Failure::HostNotFound { host: host("mq.corp") }),
        ("Unable to import module 'app': No module named 'psycopg2'", Failure::Import { module: host("psycopg2") }),
        ("FATAL: remaining connection slots are reserved", Failure::ConnectionLimit),
        ("RequestId: 1 Error: Runtime exited with error: signal: killed", Failure::OutOfMemory),
        ("An error occurred (ThrottlingException): Rate exceeded", Failure::RateExceeded),
        ("ValueError: bad input", Failure::Program),
    ];
    for (text, expected) in cases {
        assert_eq!(Failure::of(text), expected, "{text}");
    }
}

#[test]
fn hosts_are_told_from_other_values() {
    assert_eq!(host_of("postgres://u@db.corp:5432/x"), "db.corp");
    assert!(looks_like_host("https://api.corp/v1") && looks_like_host("db.corp:5432"));
    assert!(!looks_like_host("production") && !looks_like_host("1.5") && !looks_like_host("a b.c"));
}

#[test]
fn numbers_are_written_for_people() {
    assert_eq!(number::grouped(5_000_000.0), "5,000,000");
    assert_eq!(number::bytes(2.5e9), "2.5 GB");
    assert_eq!(number::duration(30_000.0), "30 s");
}
