#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use jiff::SignedDuration;
use marple_case::facts::LogLine;

use super::joined;
use crate::logs::exceptions;

/// Events a millisecond apart, `STREAM|MESSAGE` a line.
fn events(text: &str) -> Vec<LogLine> {
    let start: jiff::Timestamp = "2025-12-19T00:13:28Z".parse().unwrap();
    let event = |(place, line): (usize, &str)| {
        let (stream, message) = line.split_once('|').unwrap();
        let at = start + SignedDuration::from_millis(i64::try_from(place).unwrap());
        LogLine { at, stream: stream.to_owned(), message: message.to_owned() }
    };
    text.lines().enumerate().map(event).collect()
}

const PANIC: &str = "\
a|2025/12/19 00:13:28 POST /checkout
a|panic: assignment to entry in nil map
b|2025/12/19 00:13:28 GET /health
a|
a|goroutine 34 [running]:
a|main.(*Cart).add(0x0, {0xc0001a2000, 0x8})
a|\t/app/cart.go:41 +0x1d
a|main.checkout({0x7f3c18, 0xc0001b0000}, 0xc0001c2000)
a|\t/app/main.go:315 +0x8a
a|net/http.HandlerFunc.ServeHTTP(0xc00011e000?, {0x7f3c18?, 0xc0001b0000?}, 0x0?)
a|\t/usr/local/go/src/net/http/server.go:2166 +0x29
a|exit status 2
a|2025/12/19 00:13:29 Server starting on port 8080";

#[test]
fn a_panic_that_the_log_driver_cut_into_lines_is_one_block_beside_other_streams() {
    let events = events(PANIC);
    let blocks = joined(&events);
    assert_eq!(blocks.len(), 4);
    assert!(blocks[1].text.starts_with("panic: ") && blocks[1].text.ends_with("exit status 2"));
    let found = exceptions::of(&blocks);
    assert_eq!(found.len(), 1);
    let own = found[0].own_frame().unwrap();
    assert_eq!((found[0].class.as_str(), own.file.as_str(), own.line), ("panic", "/app/cart.go", Some(41)));
    assert_eq!(own.function.as_deref(), Some("main.(*Cart).add"));
    assert!(!found[0].frames[2].in_app);
}

#[test]
fn a_traceback_ends_with_the_line_that_names_the_error() {
    let events = events(
        "a|Traceback (most recent call last):\na|  File \"/app/main.py\", line 3, in run\na|    go()\na|KeyError: 'id'\na|next request",
    );
    let blocks = joined(&events);
    assert_eq!(blocks.len(), 2);
    assert_eq!(exceptions::find(&blocks[0].text)[0].class, "KeyError");
}

#[test]
fn lines_that_are_no_trace_stay_apart() {
    let events = events("a|GET / 200\na|  indented\na|at noon\na|\tat last");
    assert_eq!(joined(&events).len(), 3, "only an indented `at` goes on with a message");
}
