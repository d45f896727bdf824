#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::fmt::Write as _;

use marple_case::facts::LogLine;
use proptest::prelude::*;

use super::find;
use crate::logs::blocks::joined;

/// What was found, a line each, own frames marked.
fn seen(message: &str) -> String {
    let mut text = String::new();
    for found in find(message) {
        let code = found.code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
        writeln!(text, "{} {}{code}: {:?}", found.runtime, found.class, found.message).unwrap();
        for frame in &found.frames {
            let own = if frame.in_app { "own" } else { "   " };
            let function = frame.function.as_deref().unwrap_or("-");
            writeln!(text, "  {own} {function} {} {:?} {:?}", frame.file, frame.line, frame.column).unwrap();
        }
    }
    text
}

#[test]
fn lambdas_record_of_an_error_of_a_node_handler() {
    let record = "2025-12-16T05:45:37.136Z\t8d0f6e2b-51c7-4a3e-9b64-2f7c1d90e8a5\tERROR\tInvoke Error \t{\"errorType\":\"TypeError\",\"errorMessage\":\"Cannot read properties of null (reading 'user')\",\"stack\":[\"TypeError: Cannot read properties of null (reading 'user')\",\"    at Runtime.handler (/var/task/index.js:4:29)\",\"    at Runtime.handleOnceNonStreaming (file:///var/runtime/index.mjs:1173:29)\"]}";
    insta::assert_snapshot!(seen(record), @r#"
    node TypeError: "Cannot read properties of null (reading 'user')"
      own Runtime.handler /var/task/index.js Some(4) Some(29)
          Runtime.handleOnceNonStreaming /var/runtime/index.mjs Some(1173) Some(29)
    "#);
}

#[test]
fn errors_without_a_trace_are_counted_together_whatever_they_name() {
    let line = |order: &str, request: &str, end: &str| LogLine {
        at: "2026-01-14T09:35:14Z".parse().unwrap(),
        stream: "s".to_owned(),
        message: format!(
            r#"{{"errorMessage": "register label for {order}: StatusCode: 400, RequestID: {request}, {end}", "errorType": "wrapError"}}"#
        ),
    };
    let lines = [
        line("DE-47895554", "H9RJIDQCM0S5O7W1", "ConditionalCheckFailedException"),
        line("DE-4894723", "OKAYHXDZ7QRI5WSU3", "ConditionalCheckFailedException"),
        line("DE-47895554", "H9RJIDQCM0S5O7W2", "ThrottlingException"),
    ];
    let counts: Vec<u64> = super::of(&joined(&lines)).iter().map(|one| one.count).collect();
    assert_eq!(counts, [2, 1]);
}

#[test]
fn a_rejection_is_the_error_that_it_holds() {
    let record = r#"2025-12-16T05:45:37.136Z	1	ERROR	Unhandled Promise Rejection 	{"errorType":"Runtime.UnhandledPromiseRejection","errorMessage":"Error: connect ECONNREFUSED 10.0.0.5:5432","reason":{"errorType":"Error","errorMessage":"connect ECONNREFUSED 10.0.0.5:5432","code":"ECONNREFUSED","stack":["Error: connect ECONNREFUSED 10.0.0.5:5432","    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)"]},"promise":{},"stack":["Runtime.UnhandledPromiseRejection: …"]}"#;
    insta::assert_snapshot!(seen(record), @r#"
    node Error [ECONNREFUSED]: "connect ECONNREFUSED 10.0.0.5:5432"
          TCPConnectWrap.afterConnect [as oncomplete] node:net Some(1555) Some(16)
    "#);
}

#[test]
fn a_module_that_cannot_be_loaded_is_the_platforms_error() {
    let node = r#"2025-12-16T05:45:37Z	undefined	ERROR	Uncaught Exception 	{"errorType":"Runtime.ImportModuleError","errorMessage":"Error: Cannot find module 'pg'\nRequire stack:\n- /var/task/index.js","stack":["Runtime.ImportModuleError: Error: Cannot find module 'pg'","    at _loadUserApp (file:///var/runtime/index.mjs:1109:17)"]}"#;
    let python = "[ERROR] Runtime.ImportModuleError: Unable to import module 'app': No module named 'psycopg2'\nTraceback (most recent call last):";
    let handler = "[ERROR] Runtime.HandlerNotFound: Handler 'main' missing on module 'app'";
    insta::assert_snapshot!(seen(node) + &seen(python) + &seen(handler), @r#"
    lambda Runtime.ImportModuleError: "Error: Cannot find module 'pg'\nRequire stack:\n- /var/task/index.js"
          _loadUserApp /var/runtime/index.mjs Some(1109) Some(17)
    lambda Runtime.ImportModuleError: "Unable to import module 'app': No module named 'psycopg2'"
    lambda Runtime.HandlerNotFound: "Handler 'main' missing on module 'app'"
    "#);
}

#[test]
fn what_lambda_ended_itself() {
    let timed_out = "2025-12-17T14:03:23.512Z 46a9d2e0-7f15-43cb-b208-95ed3c71f86a Task timed out after 5.00 seconds\n";
    let killed = "RequestId: 5b7e90f3-6ad8-4c12-b8e7-02d94f6a1e35 Error: Runtime exited with error: signal: killed\nRuntime.ExitError";
    insta::assert_snapshot!(seen(timed_out) + &seen(killed), @r#"
    lambda Task timed out: "Task timed out after 5.00 seconds"
    lambda Runtime.ExitError: "Runtime exited with error: signal: killed"
    "#);
}

#[test]
fn a_node_error_with_a_code_as_the_console_prints_it() {
    let text = "Error: getaddrinfo ENOTFOUND cache.internal\n    at GetAddrInfoReqWrap.onlookupall [as oncomplete] (node:dns:122:26)\n    at async connect (/app/node_modules/ioredis/built/Redis.js:10:3)\n    at async Object.<anonymous> (file:///app/src/cache.mjs:17:5) {\n  errno: -3008,\n  code: 'ENOTFOUND',\n  syscall: 'getaddrinfo'\n}";
    insta::assert_snapshot!(seen(text), @r#"
    node Error [ENOTFOUND]: "getaddrinfo ENOTFOUND cache.internal"
          GetAddrInfoReqWrap.onlookupall [as oncomplete] node:dns Some(122) Some(26)
          connect /app/node_modules/ioredis/built/Redis.js Some(10) Some(3)
      own Object.<anonymous> /app/src/cache.mjs Some(17) Some(5)
    "#);
}

#[test]
fn a_python_traceback_as_lambda_and_as_the_interpreter_print_it() {
    let lambda = "[ERROR] KeyError: 'user'\nTraceback (most recent call last):\n  File \"/var/task/app.py\", line 12, in handler\n    return profile(event)\n  File \"/var/task/profile.py\", line 7, in profile\n    user = event['user']";
    let chained = "Traceback (most recent call last):\n  File \"/app/db.py\", line 3, in connect\n    raise socket.timeout()\nsocket.timeout\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File \"/usr/local/lib/python3.12/site-packages/flask/app.py\", line 1511, in wsgi_app\n    response = self.full_dispatch_request()\nsqlalchemy.exc.OperationalError: (psycopg2.OperationalError) could not connect";
    insta::assert_snapshot!(seen(lambda) + &seen(chained), @r#"
    python KeyError: "'user'"
      own profile /var/task/profile.py Some(7) None
      own handler /var/task/app.py Some(12) None
    python socket.timeout: ""
      own connect /app/db.py Some(3) None
    python sqlalchemy.exc.OperationalError: "(psycopg2.OperationalError) could not connect"
          wsgi_app /usr/local/lib/python3.12/site-packages/flask/app.py Some(1511) None
    "#);
}

#[test]
fn a_java_trace_gives_every_cause() {
    let text = "Exception in thread \"main\" com.example.OrderException: order 17 failed\n\tat com.example.Orders.submit(Orders.java:88)\n\tat java.base/java.lang.Thread.run(Thread.java:1583)\nCaused by: java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)\n\tat com.example.Db.open(Db.java:31)\n\t... 1 more";
    insta::assert_snapshot!(seen(text), @r#"
    java com.example.OrderException: "order 17 failed"
      own com.example.Orders.submit Orders.java Some(88) None
          java.lang.Thread.run Thread.java Some(1583) None
    java java.net.ConnectException: "Connection refused"
          sun.nio.ch.Net.pollConnect  None None
      own com.example.Db.open Db.java Some(31) None
    "#);
}

#[test]
fn a_dotnet_trace() {
    let text = "Unhandled exception. System.NullReferenceException: Object reference not set to an instance of an object.\n   at Shop.Orders.Handler.Run(OrderRequest request) in /src/Orders/Handler.cs:line 42\n   at System.Threading.Tasks.Task.ExecuteWithThreadLocal(Task& currentTaskSlot)";
    insta::assert_snapshot!(seen(text), @r#"
    dotnet System.NullReferenceException: "Object reference not set to an instance of an object."
      own Shop.Orders.Handler.Run(OrderRequest request) /src/Orders/Handler.cs Some(42) None
          System.Threading.Tasks.Task.ExecuteWithThreadLocal(Task& currentTaskSlot)  None None
    "#);
}

#[test]
fn a_go_panic_with_its_goroutine() {
    let text = "panic: runtime error: index out of range [3] with length 3 [recovered]\n\ngoroutine 1 [running]:\nmain.total({0xc00001c0a8, 0x3, 0x3})\n\t/app/main.go:315 +0x1d\nmain.main()\n\t/app/main.go:20 +0x25\n\ngoroutine 7 [chan receive]:\nmain.worker()\n\t/app/worker.go:9 +0x11\n";
    insta::assert_snapshot!(seen(text), @r#"
    go panic: "runtime error: index out of range [3] with length 3"
      own main.total /app/main.go Some(315) None
      own main.main /app/main.go Some(20) None
    "#);
}

#[test]
fn an_error_record_of_ruby_gives_the_class_within_and_its_place() {
    let text = r#"{"errorMessage":"undefined method `[]' for nil","errorType":"Function<NoMethodError>","stackTrace":["/var/task/function.rb:6:in `handler'","/var/runtime/gems/aws_lambda_ric/run.rb:9:in `call'"]}"#;
    insta::assert_snapshot!(seen(text), @r#"
    ruby NoMethodError: "undefined method `[]' for nil"
      own handler /var/task/function.rb Some(6) None
          call /var/runtime/gems/aws_lambda_ric/run.rb Some(9) None
    "#);
}

#[test]
fn a_ruby_program_that_ends_with_its_trace() {
    let text =
        "/app/app.rb:10:in 'Object#total': divided by 0 (ZeroDivisionError)\n\tfrom /app/app.rb:22:in '<main>'\n";
    insta::assert_snapshot!(seen(text), @r#"
    ruby ZeroDivisionError: "divided by 0"
      own Object#total /app/app.rb Some(10) None
      own <main> /app/app.rb Some(22) None
    "#);
}

#[test]
fn the_innermost_cause_says_what_failed_beneath_a_general_error() {
    let text = r#"{"errorType":"TypeError","errorMessage":"fetch failed","cause":{"errorType":"AggregateError","errors":[{"errorType":"Error","errorMessage":"connect ECONNREFUSED 10.0.0.9:443","code":"ECONNREFUSED"}]},"stack":["TypeError: fetch failed","    at async exports.handler (/var/task/index.js:4:20)"]}"#;
    insta::assert_snapshot!(seen(text), @r#"
    node TypeError [ECONNREFUSED]: "fetch failed: connect ECONNREFUSED 10.0.0.9:443"
      own exports.handler /var/task/index.js Some(4) Some(20)
    "#);
}

#[test]
fn a_number_after_a_dotnet_class_and_a_client_library_above_the_programs_own_frame() {
    let text = "MySqlConnector.MySqlException (0x80004005): Too many connections\n   at MySqlConnector.Core.ServerSession.ConnectAsync(String s) in /_/src/ServerSession.cs:line 512\n   at Export.Repository.Open() in /src/Export/Repository.cs:line 44";
    insta::assert_snapshot!(seen(text), @r#"
    dotnet MySqlConnector.MySqlException: "Too many connections"
          MySqlConnector.Core.ServerSession.ConnectAsync(String s) /_/src/ServerSession.cs Some(512) None
      own Export.Repository.Open() /src/Export/Repository.cs Some(44) None
    "#);
}

#[test]
fn words_that_only_sound_like_an_exception_are_none() {
    for text in [
        "look at this: 5 errors at 10:30:15",
        "INFO no panic: all is well",
        "[ERROR] 2025-12-16T05:45:37Z could not reach cache",
        "Task timed out soon",
        "{\"errorType\": 17}",
    ] {
        assert_eq!(seen(text), "", "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_parsers(
        text in "(\\PC|\n|\t|\r|    at |Traceback \\(most recent call last\\):\n|panic: |goroutine 1|\\.go:1|Error: |\\{\"errorType\":|File \"a\", line 1|\\)|\\(){0,40}"
    ) {
        let _ = find(&text);
    }
}

/// A message a line each, as log drivers cut it: what is found in the one block that they make.
fn cut_into_lines(text: &str) -> String {
    let start: jiff::Timestamp = "2026-03-02T08:10:00Z".parse().unwrap();
    let line = |message: &str| LogLine { at: start, stream: "s".to_owned(), message: message.to_owned() };
    let lines: Vec<LogLine> = text.lines().map(line).collect();
    let blocks = joined(&lines);
    assert_eq!(blocks.len(), 1, "{blocks:?}");
    seen(&blocks[0].text)
}

#[test]
fn a_panic_of_rusts_with_its_backtrace_names_the_frames_of_the_program() {
    let text = "\
thread 'tokio-runtime-worker' panicked at src/ledger/split.rs:41:17:
attempt to divide by zero
stack backtrace:
   0: __rustc::rust_begin_unwind
             at /rustc/6b00bc38/library/std/src/panicking.rs:697:5
   1: core::panicking::panic_fmt
             at /rustc/6b00bc38/library/core/src/panicking.rs:75:14
   2: ledger::split::share
             at ./src/ledger/split.rs:41:17
   3: axum::handler::call
   4: ledger::http::post_split::{{closure}}
             at ./src/http.rs:88:29
note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.";
    insta::assert_snapshot!(cut_into_lines(text), @r#"
    rust panic: "attempt to divide by zero"
          __rustc::rust_begin_unwind /rustc/6b00bc38/library/std/src/panicking.rs Some(697) Some(5)
          core::panicking::panic_fmt /rustc/6b00bc38/library/core/src/panicking.rs Some(75) Some(14)
      own ledger::split::share src/ledger/split.rs Some(41) Some(17)
          axum::handler::call  None None
      own ledger::http::post_split::{{closure}} src/http.rs Some(88) Some(29)
    "#);
}

#[test]
fn a_panic_without_a_backtrace_has_its_own_place() {
    let text = "thread 'main' (17) panicked at src/main.rs:9:5:\nassertion `left == right` failed: totals\n  left: 3\n right: 4\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";
    insta::assert_snapshot!(cut_into_lines(text), @r#"
    rust panic: "assertion `left == right` failed: totals\n  left: 3\n right: 4"
      own - src/main.rs Some(9) Some(5)
    "#);
    let old = "thread 'main' panicked at 'index out of bounds: the len is 3 but the index is 7', src/main.rs:9:5\nnote: run with `RUST_BACKTRACE=1` environment variable to display a backtrace";
    insta::assert_snapshot!(cut_into_lines(old), @r#"
    rust panic: "index out of bounds: the len is 3 but the index is 7"
      own - src/main.rs Some(9) Some(5)
    "#);
}

#[test]
fn programs_of_c_and_what_ends_them() {
    insta::assert_snapshot!(cut_into_lines("terminate called after throwing an instance of 'std::out_of_range'\n  what():  map::at\nAborted (core dumped)"), @r#"native std::out_of_range: "map::at""#);
    insta::assert_snapshot!(cut_into_lines("mixer: src/ring.cc:88: void Ring::push(int): Assertion `n < size_' failed.\nAborted (core dumped)"), @r#"
    native assertion failed: "Assertion `n < size_' failed"
      own void Ring::push(int) src/ring.cc Some(88) None
    "#);
    insta::assert_snapshot!(cut_into_lines("/entrypoint.sh: line 3:    7 Segmentation fault      (core dumped) ./mixer\n"), @r#"native Segmentation fault: "/entrypoint.sh: line 3:    7 Segmentation fault      (core dumped) ./mixer""#);
    insta::assert_snapshot!(cut_into_lines("# A fatal error has been detected by the Java Runtime Environment:\n#\n#  SIGSEGV (0xb) at pc=0x00007f3c1c2d, pid=1, tid=21\n#\n# Problematic frame:\n# C  [libz.so.1+0x1a2b]  inflate+0x4c\n#"), @r#"
    java SIGSEGV: "(0xb) at pc=0x00007f3c1c2d, pid=1, tid=21"
          [libz.so.1+0x1a2b]  inflate+0x4c  None None
    "#);
    assert_eq!(seen("the alarm says Segmentation fault was fixed"), "");
}

#[test]
fn errors_that_php_and_net_did_not_catch() {
    insta::assert_snapshot!(cut_into_lines("PHP Fatal error:  Uncaught TypeError: Cart::add(): Argument #1 must be of type int, null given, called in /app/src/Http.php on line 31 and defined in /app/src/Cart.php:12\nStack trace:\n#0 /app/src/Http.php(31): Cart->add(NULL)\n#1 /app/vendor/slim/App.php(70): Http->post(Object(Request))\n#2 {main}\n  thrown in /app/src/Cart.php on line 12"), @r#"
    php TypeError: "Cart::add(): Argument #1 must be of type int, null given, called in /app/src/Http.php on line 31 and defined"
      own - /app/src/Cart.php Some(12) None
      own Cart->add /app/src/Http.php Some(31) None
          Http->post /app/vendor/slim/App.php Some(70) None
    "#);
    insta::assert_snapshot!(cut_into_lines("NOTICE: PHP message: PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /app/src/Export.php on line 77"), @r#"
    php Fatal error: "Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)"
      own - /app/src/Export.php Some(77) None
    "#);
    insta::assert_snapshot!(cut_into_lines("Unhandled exception. System.InvalidOperationException: Sequence contains no elements\n   at Orders.Basket.First() in /src/Orders/Basket.cs:line 19\n   at System.Threading.Tasks.Task.Run()"), @r#"
    dotnet System.InvalidOperationException: "Sequence contains no elements"
      own Orders.Basket.First() /src/Orders/Basket.cs Some(19) None
          System.Threading.Tasks.Task.Run()  None None
    "#);
}

#[test]
fn processes_of_elixirs_and_erlangs_that_ended() {
    insta::assert_snapshot!(cut_into_lines("08:10:00.123 [error] GenServer Shop.Stock terminating\n** (KeyError) key :sku not found in: %{}\n    (shop 0.4.1) lib/shop/stock.ex:27: Shop.Stock.handle_info/2\n    (stdlib 5.2) gen_server.erl:1095: :gen_server.try_handle_info/3\nLast message: :tick"), @r#"
    elixir KeyError: "key :sku not found in: %{}"
      own Shop.Stock.handle_info/2 lib/shop/stock.ex Some(27) None
          :gen_server.try_handle_info/3 gen_server.erl Some(1095) None
    "#);
    insta::assert_snapshot!(seen("=ERROR REPORT==== 2-Mar-2026::08:10:00 ===\nError in process <0.90.0> with exit value:\n{{badmatch,undefined},[{cart,add,2,[{file,\"src/cart.erl\"},{line,7}]},{proc_lib,init_p,3,[{file,\"proc_lib.erl\"},{line,9}]}]}"), @r#"
    erlang badmatch: "badmatch,undefined"
      own cart:add src/cart.erl Some(7) None
          proc_lib:init_p proc_lib.erl Some(9) None
    "#);
}

#[test]
fn the_last_lines_of_the_same_stream_before_an_exception_stand_beside_it() {
    let event = |second: u32, stream: &str, message: &str| LogLine {
        at: format!("2026-03-02T08:10:{second:02}Z").parse().unwrap(),
        stream: stream.to_owned(),
        message: message.to_owned(),
    };
    let lines = [
        event(1, "a", "GET /split/0"),
        event(1, "b", "GET /health"),
        event(2, "a", "thread 'w' panicked at src/split.rs:41:17:"),
        event(2, "a", "attempt to divide by zero"),
        event(40, "b", "thread 'w' panicked at src/split.rs:41:17:"),
        event(40, "b", "attempt to divide by zero"),
    ];
    let told = super::told(&joined(&lines));
    assert_eq!(told.len(), 1);
    assert_eq!((told[0].exception.count, told[0].exception.message.as_str()), (2, "attempt to divide by zero"));
    let before: Vec<&str> = told[0].before.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(before, ["GET /split/0"], "what is 39 s older tells nothing");
}
