#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use super::*;

/// The masked line as a template would show it; pinned tokens and outcomes in `[[ ]]`.
fn masked(message: &str) -> String {
    let mut scanner = Scanner::default();
    let mut out = String::new();
    for (token, text) in scanner.scan(message, false).tokens() {
        let text = str::from_utf8(text).unwrap();
        out.push_str(if out.is_empty() || token.glued { "" } else { " " });
        match token.kind {
            Kind::Pin | Kind::Outcome => out.push_str(&format!("[[{text}]]")),
            _ => out.push_str(text),
        }
    }
    out
}

#[test]
fn times_in_the_usual_styles_become_wildcards() {
    assert_eq!(masked("2025-12-16T05:45:37.102Z up"), "<*> up");
    assert_eq!(masked("2025-12-16T05:45:37+09:00 up"), "<*> up");
    assert_eq!(masked("2025-12-16 05:45:37,102 up"), "<*> <*> up");
    assert_eq!(masked("2025/12/16 05:45:37 up"), "<*> <*> up");
    assert_eq!(masked("[16/Dec/2025:05:45:37 +0000] up"), "[<*> +<*>] up");
    assert_eq!(masked("Dec 16 05:45:37 up"), "<*> <*> <*> up");
    assert_eq!(masked("05:45:37up at 05:45:377 and 2025-12-16T05:45"), "<*>up at <*> and <*>");
}

#[test]
fn identifiers_addresses_and_measures_become_wildcards() {
    assert_eq!(masked("id 6f1c0c9e-aaaa-bbbb-cccc-ddddeeeeffff end"), "id <*> end");
    assert_eq!(
        masked("from 10.0.1.7:5432 took 12.3ms -5 of 512MB at 0x7ffe12"),
        "from <*> took <*>ms <*> of <*>MB at <*>"
    );
    assert_eq!(masked("took 843.112µs"), "took <*>µs");
    assert_eq!(
        masked("arn:aws:lambda:us-east-1:111122223333:function:orders"),
        "arn:aws:lambda:us-east-1:<*>:function:orders"
    );
    assert_eq!(masked("mail to alice.b@example.com sent"), "mail to <*> sent");
    assert_eq!(masked("parts [1, 2, 3] of [job-7, job-19]"), "parts [<*>] of [job-<*>]");
}

#[test]
fn names_with_a_digit_or_two_stay() {
    assert_eq!(masked("/api/v1/users/4411 on s3 with utf8"), "/api/v1/users/<*> on s3 with utf8");
}

#[test]
fn outcomes_are_pinned() {
    assert_eq!(masked("GET /users/7 500 12ms"), "[[GET]] /users/<*> [[500]] <*>ms");
    assert_eq!(masked("\"GET /a HTTP/1.1\" 404 120"), "\"[[GET]] /a HTTP/<*>\" [[404]] <*>");
    assert_eq!(masked("exited with code 137 after 200 lines"), "exited with code [[137]] after <*> lines");
    assert_eq!(
        masked("[ERROR] java.lang.IllegalStateException: x"),
        "[[[ERROR]]] [[java.lang.IllegalStateException]]: x"
    );
    assert_eq!(masked("status=503 n=503"), "status=[[503]] n=<*>");
}

#[test]
fn a_number_is_no_status_without_a_sign_of_one() {
    assert_eq!(masked("wrote 200 rows"), "wrote <*> rows");
    assert_eq!(masked("GET /users/200 took 404 ms"), "[[GET]] /users/<*> took <*> ms");
}

#[test]
fn json_keeps_keys_levels_and_messages() {
    assert_eq!(
        masked(
            r#"{"level":"ERROR","msg":"connect ECONNREFUSED 10.0.1.7:5432","ua":"some long text","n":5,"statusCode":502}"#
        ),
        r#"{"level":"[[ERROR]]","msg":"connect [[ECONNREFUSED]] <*>","ua":"<*>","n":<*>,"statusCode":[[502]]}"#
    );
}

#[test]
fn a_stack_trace_is_its_first_line_its_cause_and_its_own_top_frame() {
    assert_eq!(
        masked(
            "boom in thread 7\njava.lang.Error: x\n\tat java.base/a.B.c(B.java:1)\n\tat com.ex.Shop.sell(Shop.java:71)\n\t... 9 more"
        ),
        "boom in thread <*> [[java.lang.Error]]: x [[at com.ex.Shop.sell(Shop.java:71)]]"
    );
    assert_eq!(
        masked("Traceback (most recent call last):\n  File \"/app/a.py\", line 9, in run\n    go()\nKeyError: 'x'"),
        "Traceback (most recent call last): [[KeyError]]: 'x' [[File \"/app/a.py\", line 9, in run]]"
    );
    assert_eq!(
        masked("panic: boom\n\ngoroutine 1 [running]:\nmain.a(0x1)\n\t/app/main.go:315 +0x25\n"),
        "panic: boom [[/app/main.go:315]]"
    );
    assert_eq!(
        masked(r#"{"errorType":"TypeError","stack":["TypeError: x","    at f (/var/task/index.js:4:29)"]}"#),
        r#"{"errorType":"[[TypeError]]","stack": [[at f (/var/task/index.js:4:29)]]}"#
    );
}

#[test]
fn what_is_not_well_formed_is_still_masked() {
    assert_eq!(masked(r#"{"a":"b c"#), r#"{"a":"b c"#);
    assert_eq!(masked("key=\"unclosed 12"), "key=\"unclosed <*>");
    assert_eq!(masked("エラー 12 件 \u{0} =\"="), "エラー <*> 件 =\"=");
    assert_eq!(masked(" \n\t "), "");
}
