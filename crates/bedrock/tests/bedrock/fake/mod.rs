//! A Bedrock Runtime on a loopback port. Each request is checked against the rules of [`rules`]; one that breaks them gets the
//! ValidationException that the service would send, a good one the next reply of the script.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_sdk_bedrockruntime::config::BehaviorVersion;
use aws_types::{SdkConfig, region::Region};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use marple_bedrock::{Bedrock, Options, Patience, Table};
use serde_json::Value;
use tokio::{net::TcpListener, sync::watch};

pub(crate) use script::{Reply, Stream};

mod rules;
mod script;

/// The model of the tests, through a profile of a geography.
pub(crate) const MODEL: &str = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

/// A body that may break in the middle.
type Body = UnsyncBoxBody<Bytes, std::io::Error>;

/// A request that kept the rules.
#[derive(Debug, Clone)]
pub(crate) struct Seen {
    /// The model id of the path, decoded.
    pub(crate) model: String,
    /// The region that the request is signed for.
    pub(crate) region: String,
    /// The body to the letter.
    pub(crate) text: String,
    /// The body.
    pub(crate) body: Value,
}

#[derive(Default)]
struct State {
    script: VecDeque<Reply>,
    seen: Vec<Seen>,
}

/// The server. It ends with the test's runtime.
pub(crate) struct Fake {
    url: String,
    state: Arc<Mutex<State>>,
    closed: watch::Receiver<usize>,
}

impl Fake {
    /// Starts a server that gives these replies, one a request.
    pub(crate) async fn playing(script: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State { script: script.into_iter().collect(), seen: Vec::new() }));
        let (closing, closed) = watch::channel(0);
        tokio::spawn(serve(listener, Arc::clone(&state), closing));
        Self { url, state, closed }
    }

    /// A client of this server, with short waits.
    pub(crate) fn client(&self, model: &str) -> Bedrock {
        client(&self.url, model, Some(credentials()))
    }

    /// The same with options of a user, written as in a configuration file.
    pub(crate) fn client_with(&self, model: &str, options: &str) -> Bedrock {
        let options: Options = toml::from_str(options).unwrap();
        let config = config(&self.url, Some(credentials()));
        Bedrock::configured(&config, model, options, &Table::embedded()).unwrap().with_patience(PATIENCE)
    }

    /// A client that has no credentials.
    pub(crate) fn client_without_credentials(&self, model: &str) -> Bedrock {
        client(&self.url, model, None)
    }

    /// The good requests so far.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.state.lock().unwrap().seen.clone()
    }

    /// Waits until a connection has been closed.
    pub(crate) async fn connection_closed(&mut self) {
        let closed = self.closed.wait_for(|closed| *closed > 0);
        tokio::time::timeout(Duration::from_secs(5), closed).await.expect("no connection was closed").unwrap();
    }
}

/// A client of an address where nobody listens.
pub(crate) async fn nobody() -> Bedrock {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    client(&url, MODEL, Some(credentials()))
}

fn credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Credentials::new("test", "test", None, None, "test"))
}

fn client(url: &str, model: &str, credentials: Option<SharedCredentialsProvider>) -> Bedrock {
    Bedrock::new(&config(url, credentials), model).with_patience(PATIENCE)
}

const PATIENCE: Patience = Patience {
    first_event: Duration::from_millis(800),
    between_events: Duration::from_millis(400),
    refused_for: Duration::from_millis(200),
    retries_unreachable: 2,
    retries_of_stream: 2,
    first_wait: Duration::from_millis(5),
};

fn config(url: &str, credentials: Option<SharedCredentialsProvider>) -> SdkConfig {
    let mut config = SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(url);
    config.set_credentials_provider(credentials);
    config.build()
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>, closing: watch::Sender<usize>) {
    let closing = Arc::new(closing);
    loop {
        let (socket, _) = listener.accept().await.unwrap();
        let (state, closing) = (Arc::clone(&state), Arc::clone(&closing));
        tokio::spawn(async move {
            let service = service_fn(|request| answer(request, &state));
            // A reply that is cut ends the connection with an error, on purpose.
            let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service).await;
            closing.send_modify(|closed| *closed += 1);
        });
    }
}

async fn answer(request: Request<Incoming>, state: &Mutex<State>) -> Result<Response<Body>, Infallible> {
    let path = request.uri().path().to_owned();
    // Credential=KEY/DATE/REGION/bedrock/aws4_request
    let signed = request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let region = signed.split('/').nth(2).unwrap_or_default().to_owned();
    let text = String::from_utf8(request.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
    let model = path.strip_prefix("/model/").and_then(|rest| rest.strip_suffix("/converse-stream"));
    let Some(model) = model else { return Ok(refusal(404, "UnknownOperationException", &path)) };
    let body: Value = serde_json::from_str(&text).unwrap();
    if let Err(broken) = rules::check(&body) {
        return Ok(refusal(400, "ValidationException", &broken));
    }
    let reply = {
        let mut state = state.lock().unwrap();
        state.seen.push(Seen { model: model.replace("%3A", ":").replace("%2F", "/"), region, text, body });
        state.script.pop_front()
    };
    Ok(match reply {
        Some(Reply::Refusal { status, kind, message }) => refusal(status, kind, message),
        Some(Reply::Stream(stream)) => streamed(stream),
        None => refusal(400, "ValidationException", "the script holds no further reply"),
    })
}

fn refusal(status: u16, kind: &str, message: &str) -> Response<Body> {
    let body = serde_json::json!({ "message": message }).to_string();
    Response::builder()
        .status(status)
        .header("x-amzn-errortype", kind)
        .header("content-type", "application/json")
        .body(Full::new(Bytes::from(body)).map_err(|never| match never {}).boxed_unsync())
        .unwrap()
}

fn streamed(stream: Stream) -> Response<Body> {
    Response::builder()
        .header("content-type", "application/vnd.amazon.eventstream")
        .body(stream.into_body().boxed_unsync())
        .unwrap()
}
