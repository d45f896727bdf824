//! What a collector of OpenTelemetry is sent, read from its own wire; and that an investigation does not care whether there is one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod support;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::{
    collector::{metrics::v1::ExportMetricsServiceRequest, trace::v1::ExportTraceServiceRequest},
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::metric::Data,
    trace::v1::{Span, span::SpanKind, status::StatusCode},
};
use prost::Message;
use support::{Ended, Marple, answering, credentials, finish};

const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";
const SECRET: &str = "Bearer collector-secret-7f3a";

/// The path of a request, and its body.
type Request = (String, Vec<u8>);

/// A collector on a port of its own: path and body of each request.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Request>>>);

impl Collector {
    fn start() -> (Self, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let heard = collector.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let heard = heard.clone();
                std::thread::spawn(move || heard.serve(stream.unwrap()));
            }
        });
        (collector, url)
    }

    fn serve(&self, mut stream: std::net::TcpStream) {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|read| read > 0) {
            let path = line.split(' ').nth(1).unwrap().to_owned();
            let mut headers = BTreeMap::new();
            loop {
                line.clear();
                reader.read_line(&mut line).unwrap();
                let Some((name, value)) = line.trim().split_once(": ") else { break };
                headers.insert(name.to_ascii_lowercase(), value.to_owned());
            }
            let mut body = vec![0; headers["content-length"].parse().unwrap()];
            reader.read_exact(&mut body).unwrap();
            assert_eq!(headers["content-type"], "application/x-protobuf");
            assert_eq!(headers.get("authorization").map(String::as_str), Some(SECRET));
            self.0.lock().unwrap().push((path, body));
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
            line.clear();
        }
    }

    fn bodies(&self, path: &str) -> Vec<Vec<u8>> {
        let heard = self.0.lock().unwrap();
        heard.iter().filter(|(to, _)| to == path).map(|(_, body)| body.clone()).collect()
    }

    fn spans(&self) -> Vec<Span> {
        let requests = self.bodies("/v1/traces").into_iter();
        let requests = requests.map(|body| ExportTraceServiceRequest::decode(body.as_slice()).unwrap());
        let scopes = requests.flat_map(|request| request.resource_spans).flat_map(|resource| {
            let attributes = named(&resource.resource.unwrap().attributes);
            assert_eq!(attributes["service.name"], "\"marple\"");
            assert_eq!(attributes["service.version"], format!("{:?}", env!("CARGO_PKG_VERSION")));
            resource.scope_spans
        });
        scopes.flat_map(|scope| scope.spans).collect()
    }

    /// The sums and counts of all points of each metric, by name; and the attributes of the points.
    fn metrics(&self) -> BTreeMap<String, (f64, Vec<BTreeMap<String, String>>)> {
        let mut metrics = BTreeMap::new();
        for body in self.bodies("/v1/metrics") {
            let request = ExportMetricsServiceRequest::decode(body.as_slice()).unwrap();
            let scopes = request.resource_metrics.into_iter().flat_map(|resource| resource.scope_metrics);
            for metric in scopes.flat_map(|scope| scope.metrics) {
                let (count, labels): (Vec<f64>, Vec<_>) = match metric.data.unwrap() {
                    Data::Histogram(data) => {
                        assert_eq!(data.aggregation_temporality, 1, "delta");
                        data.data_points.iter().map(|point| (point.count as f64, named(&point.attributes))).unzip()
                    }
                    Data::Sum(data) => data.data_points.iter().map(|point| (1.0, named(&point.attributes))).unzip(),
                    other => panic!("{other:?}"),
                };
                metrics.insert(metric.name, (count.iter().sum(), labels));
            }
        }
        metrics
    }
}

/// Attributes by name, values as text.
fn named(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::StringValue(text) => format!("{text:?}"),
        Value::IntValue(number) => number.to_string(),
        Value::BoolValue(truth) => truth.to_string(),
        Value::DoubleValue(number) => number.to_string(),
        Value::ArrayValue(list) => {
            let texts = list.values.iter().map(|one| match &one.value {
                Some(Value::StringValue(text)) => text.as_str(),
                other => panic!("{other:?}"),
            });
            format!("{:?}", texts.collect::<Vec<_>>())
        }
        other => panic!("{other:?}"),
    };
    let pair = |pair: &KeyValue| (pair.key.clone(), text(pair.value.as_ref().unwrap().value.as_ref().unwrap()));
    attributes.iter().map(pair).collect()
}

fn towards<'a>(command: &'a mut Command, endpoint: &str) -> &'a mut Command {
    let header = format!("authorization={}", SECRET.replace(' ', "%20"));
    command.env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).env("OTEL_EXPORTER_OTLP_HEADERS", header)
}

fn investigate(marple: &Marple, prepare: impl FnOnce(&mut Command)) -> (Ended, Duration) {
    let mut command =
        marple.command(&["investigate", "--scenario", "lambda-type-error", "--format", "json", "--quiet"]);
    prepare(&mut command);
    let begun = Instant::now();
    (finish(command), begun.elapsed())
}

#[test]
fn a_collector_is_sent_one_trace_of_agent_turns_and_tools() {
    let (collector, url) = Collector::start();
    let marple = Marple::new();
    let (ended, _) = investigate(&marple, |command| {
        towards(command, &url);
    });
    ended.assert(0, &[]);
    let report = ended.json();
    let spans = collector.spans();
    let (agents, others): (Vec<&Span>, Vec<&Span>) = spans.iter().partition(|span| span.parent_span_id.is_empty());
    let [agent] = agents.as_slice() else { panic!("{agents:?}") };
    assert_eq!(agent.name, "invoke_agent marple");
    let of_agent = named(&agent.attributes);
    let id = format!("{:?}", report["id"].as_str().unwrap());
    for (key, value) in [
        ("gen_ai.operation.name", "\"invoke_agent\""),
        ("gen_ai.agent.name", "\"marple\""),
        ("gen_ai.provider.name", "\"marple\""),
        ("gen_ai.request.model", "\"playbook\""),
        ("gen_ai.conversation.id", &id),
        ("marple.verdict", "\"fault\""),
        ("marple.category", "\"code_defect\""),
        ("marple.confidence", "\"high\""),
        ("marple.ending", "\"complete\""),
        ("marple.question", "false"),
    ] {
        assert_eq!(of_agent.get(key).map(String::as_str), Some(value), "{key}: {of_agent:#?}");
    }
    for span in &others {
        assert_eq!((&span.trace_id, &span.parent_span_id), (&agent.trace_id, &agent.span_id), "{span:#?}");
        assert!(
            span.start_time_unix_nano >= agent.start_time_unix_nano
                && span.end_time_unix_nano <= agent.end_time_unix_nano
        );
        assert_eq!(named(&span.attributes)["gen_ai.conversation.id"], id);
    }
    let count = |beginning: &str| others.iter().filter(|span| span.name.starts_with(beginning)).count();
    assert_eq!(count("chat playbook"), usize::try_from(report["turns"].as_u64().unwrap()).unwrap());
    assert_eq!(count("execute_tool "), report["evidence"].as_array().unwrap().len());
    let alarms = others.iter().find(|span| span.name == "execute_tool describe_alarms").unwrap();
    let alarms = named(&alarms.attributes);
    assert_eq!(alarms["cloud.region"], "\"us-east-1\"");
    assert_eq!((alarms["marple.outcome"].as_str(), alarms["marple.evidence"].as_str()), ("\"found\"", "\"E1\""));
    let turn = others.iter().find(|span| span.name == "chat playbook").unwrap();
    assert_eq!(named(&turn.attributes)["gen_ai.response.finish_reasons"], "[\"tool_use\"]");
    assert_eq!(turn.kind(), SpanKind::Internal);
}

#[test]
fn a_collector_is_sent_the_metrics_of_the_same_run() {
    let (collector, url) = Collector::start();
    let marple = Marple::new();
    let (ended, _) = investigate(&marple, |command| {
        towards(command, &url);
    });
    let report = ended.json();
    let metrics = collector.metrics();
    let names: Vec<&str> = metrics.keys().map(String::as_str).collect();
    let expected = [
        "gen_ai.client.operation.duration",
        "gen_ai.execute_tool.duration",
        "gen_ai.invoke_agent.duration",
        "marple.verdicts",
    ];
    assert_eq!(names, expected, "the playbook uses no tokens and costs nothing");
    assert_eq!(metrics["gen_ai.client.operation.duration"].0 as u64, report["turns"].as_u64().unwrap());
    assert_eq!(metrics["gen_ai.execute_tool.duration"].0 as usize, report["evidence"].as_array().unwrap().len());
    let verdict = &metrics["marple.verdicts"].1[0];
    assert_eq!((verdict["marple.verdict"].as_str(), verdict["marple.ending"].as_str()), ("\"fault\"", "\"complete\""));
}

#[test]
fn nothing_that_aws_or_a_person_said_leaves() {
    let (collector, url) = Collector::start();
    let marple = Marple::new();
    let (ended, _) = investigate(&marple, |command| {
        towards(command, &url).env("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMIkey");
    });
    let report = ended.json();
    let known = ["gen_ai.", "marple.", "cloud.region", "error.type"];
    for span in collector.spans() {
        assert!(span.events.is_empty() && span.links.is_empty() && span.status.unwrap_or_default().message.len() < 20);
        for (key, value) in named(&span.attributes) {
            assert!(known.iter().any(|beginning| key.starts_with(beginning)) && value.len() < 60, "{key} = {value}");
        }
    }
    let sent: Vec<Vec<u8>> = [collector.bodies("/v1/traces"), collector.bodies("/v1/metrics")].concat();
    let sent = String::from_utf8_lossy(&sent.concat()).into_owned();
    let title = report["root_cause"]["title"].as_str().unwrap().to_owned();
    for said in [title.as_str(), "TypeError", "/aws/lambda", "111122223333", "collector-secret", "wJalrXUtnFEMI"] {
        assert!(!sent.contains(said), "{said} was sent");
    }
}

#[test]
fn a_model_of_bedrock_that_refuses_is_a_failed_client_span() {
    let (collector, url) = Collector::start();
    let address = answering(
        "403 Forbidden",
        "x-amzn-errortype: AccessDeniedException\r\ncontent-type: application/json\r\n",
        b"{\"message\":\"You have no access to the model of team-falcon.\"}".to_vec(),
    );
    let marple = Marple::new();
    let (ended, _) = investigate(&marple, |command| {
        command.args(["--model", MODEL]).env("AWS_REGION", "us-east-1");
        credentials(command).env("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", format!("http://{address}"));
        towards(command, &url);
    });
    ended.assert(3, &[]);
    let spans = collector.spans();
    let turn = spans.iter().find(|span| span.name == format!("chat {MODEL}")).unwrap();
    let attributes = named(&turn.attributes);
    assert_eq!(attributes["gen_ai.provider.name"], "\"aws.bedrock\"");
    assert_eq!(attributes["error.type"], "\"access_denied\"");
    assert_eq!((turn.kind(), turn.status.as_ref().unwrap().code()), (SpanKind::Client, StatusCode::Error));
    let agent = spans.iter().find(|span| span.parent_span_id.is_empty()).unwrap();
    assert_eq!(named(&agent.attributes)["error.type"], "\"access_denied\"");
    let sent: Vec<u8> = [collector.bodies("/v1/traces"), collector.bodies("/v1/metrics")].concat().concat();
    assert!(!String::from_utf8_lossy(&sent).contains("team-falcon"), "AWS's own words stay here");
    let duration = &collector.metrics()["gen_ai.client.operation.duration"];
    assert_eq!(duration.1[0]["error.type"], "\"access_denied\"");
}

/// The report without what differs between any two runs.
fn essence(mut ended: Ended) -> serde_json::Value {
    let mut report = ended.json();
    ended.out.clear();
    let kept = ["verdict", "confidence", "turns"].map(|key| report[key].take());
    serde_json::Value::from(kept.to_vec())
}

#[test]
fn a_collector_that_is_silent_gone_or_broken_costs_two_seconds_at_most_and_changes_nothing() {
    let marple = Marple::new();
    let (without, plain) = investigate(&marple, |_| ());
    let expected = essence(without);
    // Accepts connections in its backlog and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let gone = { TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap() };
    let broken = answering("503 Service Unavailable", "", b"later".to_vec());
    for address in [silent.local_addr().unwrap(), gone, broken] {
        let mut command = marple.command(&["investigate", "--scenario", "lambda-type-error", "--format", "json"]);
        towards(&mut command, &format!("http://{address}"));
        let begun = Instant::now();
        let ended = finish(command);
        let took = begun.elapsed();
        ended.assert(0, &["telemetry did not reach the collector"]);
        assert!(!ended.err.contains("collector-secret"), "{}", ended.err);
        // The time of a run itself may well double on a busy machine.
        assert!(took < plain * 3 + Duration::from_millis(3500), "{took:?} instead of {plain:?}");
        assert_eq!(essence(ended), expected);
    }
}

#[test]
fn settings_that_cannot_be_used_are_said_and_nothing_is_sent() {
    let (collector, url) = Collector::start();
    let marple = Marple::new();
    for (name, value, said) in [
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/protobuf"),
        ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "not a url", "OTEL_EXPORTER_OTLP"),
    ] {
        let mut command = marple.command(&["investigate", "--scenario", "lambda-type-error"]);
        towards(&mut command, &url).env(name, value);
        finish(command).assert(0, &["no telemetry is sent", said]);
    }
    let (ended, _) = investigate(&marple, |command| {
        towards(command, &url).env("OTEL_SDK_DISABLED", "true");
    });
    ended.assert(0, &[]);
    assert!(collector.bodies("/v1/traces").is_empty());
}
