//! A log group of 5 GB, generated page by page from a seed and never held: what the tools read of it, and what they say of the rest.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic)]

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use std::time::{Duration, Instant};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn},
    orchestrator::{HttpRequest, HttpResponse},
};
use aws_smithy_types::body::SdkBody;
use aws_types::{SdkConfig, region::Region};
use marple_agent::ports::{PlannedCall, Toolbox};
use marple_aws::AwsToolbox;
use marple_case::{Facts, Outcome, Scope, Window};
use serde_json::{Value, json};

/// Bytes of messages in a page of FilterLogEvents.
const PAGE: u64 = 1 << 20;
const SIZE: u64 = 5 * (1 << 30);
/// Bytes of one message: a line with a payload in it.
const MESSAGE: u64 = 64 << 10;
/// What a tool reads of one span, at most: 64 MiB, and the page that goes over it.
const READ: u64 = 65;

/// CloudWatch Logs with that one log group.
#[derive(Debug, Clone, Default)]
struct Large {
    pages: Arc<AtomicU64>,
}

impl Large {
    fn answer(&self, request: &Value) -> Value {
        self.pages.fetch_add(1, Ordering::Relaxed);
        let page: u64 = request["nextToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let start = request["startTime"].as_u64().unwrap();
        let is_rare = request["filterPattern"].is_string();
        let per_page = if is_rare { 0 } else { PAGE / MESSAGE };
        let event = |number: u64| {
            let place = page * (PAGE / MESSAGE) + number;
            json!({"logStreamName": "app/1", "timestamp": start + place, "message": message(place), "eventId": place.to_string()})
        };
        let mut answer = json!({"events": (0..per_page).map(event).collect::<Vec<_>>()});
        if (page + 1) * PAGE < SIZE {
            answer["nextToken"] = (page + 1).to_string().into();
        }
        answer
    }
}

/// The same at each asking: xorshift from the place.
fn message(place: u64) -> String {
    let mut state = place.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    let payload = format!("{state:016x}").repeat(usize::try_from(MESSAGE / 16 - 2).unwrap());
    format!("stored document {place} payload {payload}")
}

impl HttpConnector for Large {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        assert_eq!(request.headers().get("x-amz-target"), Some("Logs_20140328.FilterLogEvents"));
        let asked: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        let answer = self.answer(&asked).to_string();
        let response = HttpResponse::new(200.try_into().unwrap(), SdkBody::from(answer));
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn toolbox(large: &Large) -> AwsToolbox {
    let connector = SharedHttpConnector::new(large.clone());
    let config = SdkConfig::builder()
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "AKIDEXAMPLE",
            "secret",
            None,
            None,
            "test",
        )))
        .http_client(http_client_fn(move |_, _| connector.clone()))
        .build();
    AwsToolbox::new(&config)
}

fn scope() -> Scope {
    let at = |text: &str| text.parse().unwrap();
    let window = Window { start: at("2026-05-20T10:00:00Z"), end: at("2026-05-20T12:00:00Z") };
    Scope {
        account: None,
        region: "us-east-1".to_owned(),
        now: window.end,
        alarm: None,
        subjects: vec![],
        window,
        baseline: window.earlier_by(jiff::SignedDuration::from_hours(24)),
        period_s: 60,
        first_breach: None,
        recovered_at: None,
        notes: vec![],
    }
}

async fn run(large: &Large, tool: &str, arguments: Value) -> marple_agent::ports::Taken {
    let (toolbox, scope) = (toolbox(large), scope());
    let call = toolbox.normalise(&PlannedCall { tool: tool.to_owned(), arguments }, &scope).unwrap();
    toolbox.run(&call, &scope).await
}

#[tokio::test]
async fn of_a_log_group_of_5_gb_as_much_as_fits_is_summarised_and_the_rest_is_named() {
    let (large, begun) = (Large::default(), Instant::now());
    let taken = run(&large, "summarize_logs", json!({"log_group": "/app"})).await;
    assert_eq!(taken.outcome, Outcome::Found, "{}", taken.text);
    let Facts::LogSummary(summary) = &taken.facts else { panic!("{:?}", taken.facts) };
    assert!(!summary.complete && summary.lines >= 1_000, "{} lines", summary.lines);
    assert!(taken.text.contains("there are more"), "{}", taken.text.lines().take(4).collect::<Vec<_>>().join("\n"));
    assert!(taken.shown.as_ref().unwrap_or(&taken.text).len() <= 16 * 1024);
    let pages = large.pages.load(Ordering::Relaxed);
    assert!(pages <= 2 * READ, "{pages} pages");
    assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_search_that_was_given_up_in_a_log_group_of_5_gb_is_no_absence() {
    let large = Large::default();
    let taken = run(&large, "search_logs", json!({"log_group": "/app", "pattern": "rare"})).await;
    let Outcome::Failed { message } = &taken.outcome else { panic!("{:?}", taken.outcome) };
    assert!(message.contains("narrow the span"), "{message}");
    assert_eq!(large.pages.load(Ordering::Relaxed), 200);
}
