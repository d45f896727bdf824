//! Bytes a second, one core: clean log lines, and lines that all hold a credential. `cargo bench -p marple-redact`
#![allow(missing_docs)]

use divan::{Bencher, counter::BytesCount};
use marple_redact::Redactor;

fn main() {
    divan::main();
}

const CLEAN: [&str; 8] = [
    r#"2025-12-16T05:45:37.136Z 8476a536-e9f4-11e8-9739-2dfe598c3fcd INFO {"level":"info","message":"order placed","orderId":"o-9187236","items":3,"total":81.20,"customer":"c-1182"}"#,
    "REPORT RequestId: 8476a536-e9f4-11e8-9739-2dfe598c3fcd Duration: 38.21 ms Billed Duration: 39 ms Memory Size: 128 MB Max Memory Used: 78 MB",
    r#"10.0.3.17 - - [16/Dec/2025:05:45:37 +0000] "GET /v1/orders/9187236?expand=items HTTP/1.1" 200 5316 "-" "okhttp/4.12.0" 0.038"#,
    "level=warn ts=2025-12-16T05:45:37.136Z caller=pool.go:118 msg=\"slow query\" duration=1.218s rows=48 query=\"SELECT * FROM orders WHERE customer_id = $1\"",
    "    at processTicksAndRejections (node:internal/process/task_queues:95:5)",
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1 fetched arn:aws:s3:::orders-archive/2025/12/16/part-00017.parquet",
    "pulled 111122223333.dkr.ecr.us-east-1.amazonaws.com/api@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 in 2.31 s",
    "[ERROR] KeyError: 'customer' in /var/task/app.py line 41, token count 512, author jane, key users/1182.json",
];

fn megabyte(lines: &[String]) -> String {
    lines
        .iter()
        .cycle()
        .scan(0, |length, line| {
            *length += line.len() + 1;
            (*length < 1 << 20).then(|| format!("{line}\n"))
        })
        .collect()
}

fn redactor() -> Redactor {
    Redactor::new([7; 32])
}

#[divan::bench]
fn clean_logs(bencher: Bencher) {
    let text = megabyte(&CLEAN.map(str::to_owned));
    assert_eq!(redactor().text(&text), text);
    bencher.counter(BytesCount::of_str(&text)).bench(|| redactor().text(&text).len());
}

#[divan::bench]
fn a_credential_in_every_eighth_line(bencher: Bencher) {
    let mut lines = CLEAN.map(str::to_owned).to_vec();
    lines.push(format!("connecting to postgres://app:{}@db.internal:5432/app", "hunter2"));
    let text = megabyte(&lines);
    bencher.counter(BytesCount::of_str(&text)).bench(|| redactor().text(&text).len());
}

#[divan::bench]
fn a_literal_in_every_line_and_no_credential(bencher: Bencher) {
    let text = megabyte(&[
        "the token of the author is secret, see https://wiki.example.com/auth: no password is kept".to_owned()
    ]);
    assert_eq!(redactor().text(&text), text);
    bencher.counter(BytesCount::of_str(&text)).bench(|| redactor().text(&text).len());
}
