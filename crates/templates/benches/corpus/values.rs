//! The values that a statement can hold, and how each is drawn.

use std::fmt::Write as _;
use std::ops::RangeInclusive;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;

/// A weighted choice.
pub struct Choice<T> {
    options: Vec<T>,
    cumulated: Vec<u32>,
}

impl<T> Choice<T> {
    pub fn new(weighted: impl IntoIterator<Item = (T, u32)>) -> Self {
        let mut total = 0;
        let (options, cumulated) = weighted
            .into_iter()
            .map(|(option, weight)| {
                total += weight;
                (option, total)
            })
            .unzip();
        Self { options, cumulated }
    }

    pub fn draw(&self, rng: &mut ChaCha8Rng) -> &T {
        let total = *self.cumulated.last().expect("a choice has options");
        let at = rng.random_range(0..total);
        &self.options[self.cumulated.partition_point(|&upto| upto <= at)]
    }
}

impl Choice<String> {
    /// `a|b*3|c`
    pub fn of_texts(source: &str) -> Self {
        Self::new(source.split('|').map(|option| match option.rsplit_once('*') {
            Some((text, weight)) => (text.to_owned(), weight.parse().expect("a weight")),
            None => (option.to_owned(), 1),
        }))
    }
}

pub enum Value {
    Int(RangeInclusive<u64>),
    Float(f64, f64, usize),
    Characters(&'static [u8], usize),
    Choice(Choice<String>),
    Uuid,
    Time(TimeStyle),
    GoDuration,
    Ip,
    Method,
    Host,
    Word,
    Name,
    Email,
    Agent,
    Sentence,
    Ints,
    Partitions,
}

pub enum TimeStyle {
    Rfc3339,
    Java,
    Go,
    CommonLog,
    NginxError,
    Date,
    Clock,
    EpochMs,
}

const HEX: &[u8] = b"0123456789abcdef";
const BASE62: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

impl Value {
    pub fn parse(name: &str, argument: &str) -> Option<Self> {
        let range = |argument: &str| argument.split_once('-').map(|(low, high)| (low.to_owned(), high.to_owned()));
        Some(match name {
            "int" => {
                let (low, high) = range(argument)?;
                Self::Int(low.parse().ok()?..=high.parse().ok()?)
            }
            "float" => {
                let (bounds, decimals) = argument.split_once(':')?;
                let (low, high) = range(bounds)?;
                Self::Float(low.parse().ok()?, high.parse().ok()?, decimals.parse().ok()?)
            }
            "hex" => Self::Characters(HEX, argument.parse().ok()?),
            "base62" => Self::Characters(BASE62, argument.parse().ok()?),
            "choice" => Self::Choice(Choice::of_texts(argument)),
            "uuid" => Self::Uuid,
            "ts" => Self::Time(TimeStyle::Rfc3339),
            "ts_java" => Self::Time(TimeStyle::Java),
            "ts_go" => Self::Time(TimeStyle::Go),
            "ts_clf" => Self::Time(TimeStyle::CommonLog),
            "ts_nginx" => Self::Time(TimeStyle::NginxError),
            "date" => Self::Time(TimeStyle::Date),
            "clock" => Self::Time(TimeStyle::Clock),
            "epoch_ms" => Self::Time(TimeStyle::EpochMs),
            "go_duration" => Self::GoDuration,
            "ip" => Self::Ip,
            "method" => Self::Method,
            "host" => Self::Host,
            "word" => Self::Word,
            "name" => Self::Name,
            "email" => Self::Email,
            "agent" => Self::Agent,
            "sentence" => Self::Sentence,
            "ints" => Self::Ints,
            "partitions" => Self::Partitions,
            _ => return None,
        })
    }

    pub fn write(&self, rng: &mut ChaCha8Rng, out: &mut String) {
        match self {
            Self::Int(range) => write!(out, "{}", rng.random_range(range.clone())).unwrap(),
            Self::Float(low, high, decimals) => write!(out, "{:.*}", decimals, rng.random_range(*low..*high)).unwrap(),
            Self::Characters(alphabet, count) => characters(rng, alphabet, *count, out),
            Self::Choice(choice) => out.push_str(choice.draw(rng)),
            Self::Uuid => {
                for (part, count) in [8, 4, 4, 4, 12].into_iter().enumerate() {
                    out.push_str(if part == 0 { "" } else { "-" });
                    characters(rng, HEX, count, out);
                }
            }
            Self::Time(style) => style.write(rng, out),
            Self::GoDuration => go_duration(rng, out),
            Self::Ip => {
                let mut part = || rng.random_range(1..255);
                write!(out, "{}.{}.{}.{}", part(), part(), part(), part()).unwrap();
            }
            Self::Method => out.push_str(pick(rng, &["GET", "GET", "GET", "POST", "PUT", "DELETE"])),
            Self::Host => out.push_str(pick(rng, HOSTS)),
            Self::Word => out.push_str(pick(rng, WORDS)),
            Self::Name => name(rng, out),
            Self::Email => {
                name(rng, out);
                write!(out, "@{}", pick(rng, &["example.com", "example.org", "mail.example.net"])).unwrap();
            }
            Self::Agent => agent(rng, out),
            Self::Sentence => {
                let words = rng.random_range(2..9);
                list(rng, out, words, " ", |rng, out| out.push_str(pick(rng, WORDS)));
            }
            Self::Ints => {
                let count = rng.random_range(1..7);
                out.push('[');
                list(rng, out, count, ", ", |rng, out| write!(out, "{}", rng.random_range(0..500)).unwrap());
                out.push(']');
            }
            Self::Partitions => {
                let count = rng.random_range(1..5);
                out.push('[');
                list(rng, out, count, ", ", |rng, out| write!(out, "orders-{}", rng.random_range(0..64)).unwrap());
                out.push(']');
            }
        }
    }
}

impl TimeStyle {
    fn write(&self, rng: &mut ChaCha8Rng, out: &mut String) {
        let day = rng.random_range(15..18);
        let (hour, minute, second) = (rng.random_range(0..24), rng.random_range(0..60), rng.random_range(0..60));
        let clock = format!("{hour:02}:{minute:02}:{second:02}");
        let ms = rng.random_range(0..1000);
        match self {
            Self::Rfc3339 => write!(out, "2025-12-{day}T{clock}.{ms:03}Z"),
            Self::Java => write!(out, "2025-12-{day} {clock},{ms:03}"),
            Self::Go | Self::NginxError => write!(out, "2025/12/{day} {clock}"),
            Self::CommonLog => write!(out, "{day}/Dec/2025:{clock} +0000"),
            Self::Date => write!(out, "2025-12-{day}"),
            Self::Clock => write!(out, "{clock}"),
            Self::EpochMs => write!(out, "{}", 1_765_756_800_000_u64 + rng.random_range(0..259_200_000)),
        }
        .unwrap();
    }
}

fn characters(rng: &mut ChaCha8Rng, alphabet: &[u8], count: usize, out: &mut String) {
    out.extend((0..count).map(|_| char::from(alphabet[rng.random_range(0..alphabet.len())])));
}

fn pick<'a>(rng: &mut ChaCha8Rng, options: &[&'a str]) -> &'a str {
    options[rng.random_range(0..options.len())]
}

fn list(
    rng: &mut ChaCha8Rng,
    out: &mut String,
    count: usize,
    between: &str,
    item: impl Fn(&mut ChaCha8Rng, &mut String),
) {
    for index in 0..count {
        out.push_str(if index == 0 { "" } else { between });
        item(rng, out);
    }
}

/// As Go's `time.Duration` prints: the unit follows the size.
fn go_duration(rng: &mut ChaCha8Rng, out: &mut String) {
    let micros: f64 = 10_f64.powf(rng.random_range(1.0..6.8));
    match micros {
        m if m < 1e3 => write!(out, "{m:.3}µs"),
        m if m < 1e6 => write!(out, "{:.6}ms", m / 1e3),
        m => write!(out, "{:.9}s", m / 1e6),
    }
    .unwrap();
}

/// A few hundred people, some with a number or a dot.
fn name(rng: &mut ChaCha8Rng, out: &mut String) {
    out.push_str(pick(rng, NAMES));
    match rng.random_range(0..4) {
        0 => write!(out, ".{}", pick(rng, NAMES)).unwrap(),
        1 => write!(out, "{}", rng.random_range(1..99)).unwrap(),
        _ => {}
    }
}

fn agent(rng: &mut ChaCha8Rng, out: &mut String) {
    let version = rng.random_range(100..140);
    match rng.random_range(0..5) {
        0 => write!(out, "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version}.0.0.0 Safari/537.36"),
        1 => write!(out, "Mozilla/5.0 (iPhone; CPU iPhone OS 17_{}_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.{} Mobile/15E148 Safari/604.1", version % 7, version % 7),
        2 => write!(out, "Mozilla/5.0 (X11; Linux x86_64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"),
        3 => write!(out, "curl/8.{}.0", version % 13),
        _ => write!(out, "okhttp/4.12.{}", version % 3),
    }
    .unwrap();
}

const NAMES: &[&str] = &[
    "alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "niaj", "olivia",
    "peggy", "rupert", "sybil", "trent", "victor", "walter", "yuki", "haruto", "sakura", "mei", "jun", "amara", "kofi",
    "lena", "jonas",
];

const WORDS: &[&str] = &[
    "billing",
    "catalog",
    "orders",
    "payments",
    "shipping",
    "search",
    "profile",
    "email",
    "invoice",
    "refund",
    "basket",
    "inventory",
    "pricing",
    "reviews",
    "ledger",
    "audit",
    "export",
    "import",
    "webhook",
    "tenant",
    "region",
    "currency",
];

const HOSTS: &[&str] = &[
    "db.internal",
    "cache.prod.internal",
    "api.partner.example.com",
    "payments.example.net",
    "invalid-db-host.local",
    "app-aurora.cluster-c1xyz.us-east-1.rds.amazonaws.com",
    "sqs.us-east-1.amazonaws.com",
    "kafka-2.broker.internal",
];
