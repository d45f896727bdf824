//! A labelled corpus, made from a seed: credentials of every kind in lines as programs log them, and clean lines full of identifiers.
//!
//! Credentials are put together here at run time, so that no scanner of this repository takes them for real ones.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::collections::BTreeMap;

use marple_redact::Redactor;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const HEX: &str = "0123456789abcdef";
const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ALL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE_64: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const TYPED: &str = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789!#%^*";

struct Source(ChaCha8Rng);

impl Source {
    fn of(&mut self, alphabet: &str, length: usize) -> String {
        let letters: Vec<char> = alphabet.chars().collect();
        (0..length).map(|_| letters[self.0.random_range(0..letters.len())]).collect()
    }

    fn pick<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.0.random_range(0..choices.len())]
    }

    fn uuid(&mut self) -> String {
        let groups: Vec<String> = [8, 4, 4, 4, 12].iter().map(|length| self.of(HEX, *length)).collect();
        groups.join("-")
    }

    fn card(&mut self) -> String {
        let head = self.pick(&["4", "51", "2221", "6011", "35"]).to_owned();
        let digits = format!("{head}{}", self.of("0123456789", 15 - head.len()));
        let sum: u32 = digits
            .bytes()
            .rev()
            .enumerate()
            .map(|(place, digit)| {
                let doubled = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
                if doubled > 9 { doubled - 9 } else { doubled }
            })
            .sum();
        format!("{digits}{}", (10 - sum % 10) % 10)
    }
}

/// A secret, and the text around it in which `{}` stands for it.
fn planted(kind: &str, source: &mut Source) -> (String, String) {
    let plain = |source: &mut Source| {
        source
            .pick(&[
                "2025-12-16T05:45:37Z INFO calling upstream with {} for order 9187",
                "{\"level\":\"debug\",\"message\":\"sent {}\",\"orderId\":\"o-91\"}",
                "level=warn msg=\"rejected {}\" attempt=2",
                "Error: invalid credential {} at Client.send (/var/task/client.js:41:7)",
                "- {}",
            ])
            .to_owned()
    };
    let named = |source: &mut Source, names: &[&str]| {
        let name = source.pick(names);
        let form = source.pick(&[
            "\"NAME\":\"{}\"",
            "{\\\"NAME\\\": \\\"{}\\\"}",
            "NAME={} region=eu",
            "--NAME {} --verbose",
            "NAME: '{}'",
            "https://api.example.com/v1?NAME={}&page=2",
            "config.NAME=\"{}\"",
        ]);
        format!("2025-12-16T05:45:37Z {}", form.replace("NAME", name))
    };
    match kind {
        "aws-access-key-id" => (format!("{}{}", source.pick(&["AKIA", "ASIA"]), source.of(UPPER, 16)), plain(source)),
        "aws-secret-access-key" => (source.of(BASE_64, 40), plain(source)),
        "aws-session-token" => (format!("IQoJb3JpZ2lu{}", source.of(ALL, 300)), plain(source)),
        "jwt" => (format!("eyJ{}.eyJ{}.{}", source.of(ALL, 33), source.of(ALL, 60), source.of(ALL, 43)), plain(source)),
        "private-key" => {
            let end = source.pick(&["\n", "\\n"]).to_owned();
            let body: Vec<String> = (0..6).map(|_| source.of(BASE_64, 64)).collect();
            let label = source.pick(&["RSA ", "EC ", "", "OPENSSH "]).to_owned() + "PRIVATE KEY";
            (
                format!("-----BEGIN {label}-----{end}{}{end}-----END {label}-----", body.join(&end)),
                "key is {} and more".to_owned(),
            )
        }
        "url-password" => (
            source.of(TYPED, 12),
            source
                .pick(&[
                    "connecting to postgres://app:{}@db.internal:5432/app",
                    "amqps://worker:{}@mq.internal",
                    "url=redis://:{}@cache:6379/0 failed",
                ])
                .to_owned(),
        ),
        "connection-string" => (
            source.of(TYPED, 12),
            source
                .pick(&[
                    "Server=db.internal;User Id=app;Password={};Timeout=3",
                    "jdbc:mysql://db/app?user=app&password={}&useSSL=true",
                    "host=db user=app password={} dbname=app",
                ])
                .to_owned(),
        ),
        "http-authorization" => (
            source.of(ALL, 40),
            source
                .pick(&[
                    "> Authorization: Bearer {}",
                    "\"authorization\":\"Bearer {}\"",
                    "curl -H 'Authorization: Basic {}'",
                ])
                .to_owned(),
        ),
        "cookie" => (
            format!("theme=dark; session={}", source.of(ALL, 32)),
            source.pick(&["> Cookie: {}", "\"set-cookie\":\"{}\", \"status\":200"]).to_owned(),
        ),
        "github-token" => {
            (format!("{}{}", source.pick(&["ghp_", "gho_", "ghs_", "github_pat_"]), source.of(ALL, 36)), plain(source))
        }
        "gitlab-token" => (format!("glpat-{}", source.of(ALL, 20)), plain(source)),
        "slack-token" => (
            format!("{}-{}-{}", source.pick(&["xoxb", "xoxp"]), source.of("0123456789", 12), source.of(ALL, 24)),
            plain(source),
        ),
        "stripe-key" => (format!("{}_{}_{}", source.pick(&["sk", "rk"]), "live", source.of(ALL, 24)), plain(source)),
        "model-provider-key" => (format!("sk-{}-{}", "proj", source.of(ALL, 40)), plain(source)),
        "google-key" => (format!("AIza{}", source.of(ALL, 35)), plain(source)),
        "npm-token" => (format!("npm_{}", source.of(ALL, 36)), plain(source)),
        "webhook" => (
            format!(
                "https://hooks.{}.com/services/T{}/B{}/{}",
                "slack",
                source.of(UPPER, 8),
                source.of(UPPER, 8),
                source.of(ALL, 24)
            ),
            plain(source),
        ),
        "payment-card" => {
            let card = source.card();
            let groups: Vec<&str> = (0..4).map(|group| &card[group * 4..group * 4 + 4]).collect();
            if source.0.random_bool(0.5) {
                (groups.join(source.pick(&[" ", "-"])), plain(source))
            } else {
                (
                    card,
                    source.pick(&["card={} declined", "{\"cardNumber\":\"{}\"}", "payment with {} refused"]).to_owned(),
                )
            }
        }
        "password-by-name" => (
            source.of(TYPED, 12),
            named(source, &["password", "DB_PASSWORD", "dbPassword", "client_secret", "MYSQL_PWD", "admin-passwd"]),
        ),
        "token-by-name" => (
            source.of(ALL, 32),
            named(
                source,
                &[
                    "token",
                    "access_token",
                    "refreshToken",
                    "X-Auth-Token",
                    "api_key",
                    "apiKey",
                    "X-Api-Key",
                    "SECRET_KEY",
                ],
            ),
        ),
        _ => unreachable!("{kind}"),
    }
}

const KINDS: [&str; 20] = [
    "aws-access-key-id",
    "aws-secret-access-key",
    "aws-session-token",
    "jwt",
    "private-key",
    "url-password",
    "connection-string",
    "http-authorization",
    "cookie",
    "github-token",
    "gitlab-token",
    "slack-token",
    "stripe-key",
    "model-provider-key",
    "google-key",
    "npm-token",
    "webhook",
    "payment-card",
    "password-by-name",
    "token-by-name",
];

#[test]
fn of_every_kind_at_least_99_in_100_are_hidden_whole() {
    const EACH: usize = 500;
    let redactor = Redactor::new([7; 32]);
    let mut missed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for kind in KINDS {
        let mut source = Source(ChaCha8Rng::seed_from_u64(11));
        for _ in 0..EACH {
            let (secret, around) = planted(kind, &mut source);
            let line = around.replace("{}", &secret);
            let shown = redactor.text(&line);
            let (before, after) = around.split_once("{}").unwrap();
            if shown.contains(&secret)
                || !shown.starts_with(before.split_whitespace().next().unwrap_or(""))
                || !shown.contains("<hidden:")
            {
                missed.entry(kind).or_default().push(format!("{line}\n  {shown}"));
            }
            assert!(
                after.len() < 3 || shown.ends_with(&after[after.len() - 3..]),
                "more than the secret is hidden: {line}\n  {shown}"
            );
        }
    }
    let below: Vec<String> = missed
        .iter()
        .filter(|(_, lines)| lines.len() * 100 > EACH)
        .map(|(kind, lines)| format!("{kind}: {} of {EACH} missed; {}", lines.len(), lines[0]))
        .collect();
    assert!(below.is_empty(), "recall below 99 %: {}", below.join("\n"));
}

#[test]
fn nothing_is_hidden_in_clean_lines_full_of_identifiers() {
    let redactor = Redactor::new([7; 32]);
    let mut source = Source(ChaCha8Rng::seed_from_u64(12));
    for _ in 0..2_000 {
        let (uuid, hex, b64) = (source.uuid(), source.of(HEX, 64), source.of(BASE_64, 56));
        let digits = source.of("0123456789", 16);
        let name = source.of(LOWER, 12);
        for line in [
            format!("RequestId: {uuid} Duration: 38.21 ms Billed Duration: 39 ms"),
            format!("Root=1-{}-{};Parent={};Sampled=1", source.of(HEX, 8), source.of(HEX, 24), source.of(HEX, 16)),
            format!("traceparent: 00-{}-{}-01", source.of(HEX, 32), source.of(HEX, 16)),
            format!("pulled 111122223333.dkr.ecr.us-east-1.amazonaws.com/api@sha256:{hex}"),
            format!("commit {} by jane, etag \"{}\"", source.of(HEX, 40), source.of(HEX, 32)),
            format!("x-amz-cf-id: {b64}== x-amz-id-2: {}=", source.of(BASE_64, 75)),
            format!("CodeSha256: {}=", source.of(BASE_64, 43)),
            format!("arn:aws:secretsmanager:us-east-1:111122223333:secret:app/db-{}", source.of(ALL, 6)),
            format!("{{\"orderId\":{digits},\"ts\":17658639{}}}", source.of("0123456789", 8)),
            format!("id {digits} took 38 ms; account 111122223333; port 5432"),
            format!("key=users/{name}/2025-12-16.json token_count=512 tokens: 4096 auth=none"),
            format!("secret {name} was not found; password authentication failed for user \"{name}\""),
            format!(
                "token: missing; secretName={name} SECRET_ARN=arn:aws:secretsmanager:us-east-1:111122223333:secret:{name}"
            ),
            format!("GET https://{name}.example.com:8080/v1/orders?page=2&key={uuid} 200"),
            format!("authenticated user {name} session {uuid} in {}", source.pick(&["eu-west-1", "us-east-1"])),
            format!("arn:aws:ecs:us-east-1:111122223333:task/prod/{}", source.of(HEX, 32)),
            format!("stack user-profile-ProfileFunction-{} nextToken=present", source.of(UPPER, 12)),
        ] {
            assert_eq!(redactor.text(&line), line);
        }
    }
}

#[test]
fn nothing_is_hidden_in_the_scenarios_logs_and_code() {
    let redactor = Redactor::new([7; 32]);
    let mut bytes = 0;
    let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios"))];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            // CloudTrail's events name access keys, and environments give values to telling names: both are hidden on purpose.
            if path.ends_with("cloudtrail") || path.ends_with("functions.json") || path.ends_with("task-definitions") {
                continue;
            } else if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = std::fs::read_to_string(&path) {
                bytes += text.len();
                for line in text.lines() {
                    let shown = redactor.text(line);
                    assert!(
                        shown == line,
                        "{}:\n  {}\n  {}",
                        path.display(),
                        line.chars().take(400).collect::<String>(),
                        shown.chars().take(400).collect::<String>()
                    );
                }
            }
        }
    }
    assert!(bytes > 1_000_000, "the scenarios' files were found");
}

#[test]
fn the_same_secret_has_the_same_marker_wherever_it_stands_and_the_marker_names_its_kind() {
    let redactor = Redactor::new([7; 32]);
    let secret = format!("gh{}_{}", "p", "a1B2".repeat(9));
    let shown = redactor.text(&format!("first {secret}, then {secret}")).into_owned();
    let markers: Vec<&str> = shown.split("<hidden:").skip(1).map(|rest| rest.split('>').next().unwrap()).collect();
    assert_eq!(markers.len(), 2);
    assert!(markers[0] == markers[1] && markers[0].starts_with("github-token:"), "{shown}");
}

#[test]
fn a_users_own_patterns_are_hidden_too_and_a_bad_one_is_said() {
    let redactor = Redactor::new([7; 32]).with_patterns(["customer (?P<secret>C-[0-9]{6})"]).unwrap();
    let shown = redactor.text("order of customer C-123456 failed").into_owned();
    assert!(shown.starts_with("order of customer <hidden:own-pattern:") && shown.ends_with("> failed"), "{shown}");
    let bad = Redactor::new([7; 32]).with_patterns(["(open"]).unwrap_err().to_string();
    assert!(bad.contains("(open"), "{bad}");
}

#[test]
fn a_key_over_many_lines_leaves_the_lines_after_it_where_they_were() {
    let body = "MIIEowIBAAKCAQEA".repeat(4);
    let text = format!("before\n-----BEGIN {0}-----\n{body}\n{body}\n-----END {0}-----\nafter", "RSA PRIVATE KEY");
    let shown = Redactor::new([7; 32]).text(&text).into_owned();
    assert_eq!(shown.lines().count(), text.lines().count());
    assert_eq!(shown.lines().last(), Some("after"));
    assert!(!shown.contains(&body));
}
