//! The same answers on a loopback port, for the AWS CLI and boto3.

use std::future::Future;
use std::io;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::body::Answer;
use crate::World;

/// A request's body, at most.
const MAX_BODY_BYTES: usize = 16 * 1024 * 1024;
/// How long a client may take for the head of a request.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// Serving ended because of the listener.
#[derive(Debug, thiserror::Error)]
#[error("cannot serve the world: {0}")]
pub struct ServeError(#[from] std::io::Error);

/// Serves a world on `listener` until `shutdown` resolves; open connections are then dropped.
///
/// Addresses of deployment packages point to the same port.
///
/// # Errors
/// When the listener's address cannot be told.
pub async fn serve(world: World, listener: TcpListener, shutdown: impl Future<Output = ()>) -> Result<(), ServeError> {
    let world = world.with_package_origin(format!("http://{}", listener.local_addr()?));
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => { connections.spawn(connection(world.clone(), stream)); }
                Err(error) => {
                    // Out of file descriptors, mostly: connections that end make room.
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(world: World, stream: TcpStream) {
    let answer = service_fn(|request| answer(world.clone(), request));
    let served = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .serve_connection(TokioIo::new(stream), answer)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection broke off");
    }
}

/// An error closes the connection without an answer.
async fn answer(world: World, request: hyper::Request<Incoming>) -> io::Result<http::Response<Answer>> {
    let (head, body) = request.into_parts();
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(body) => world.answer(http::Request::from_parts(head, body.to_bytes())).await,
        Err(error) => {
            tracing::debug!(%error, "a request's body could not be read");
            let mut response = http::Response::new(Answer::whole(Bytes::new()));
            *response.status_mut() = http::StatusCode::PAYLOAD_TOO_LARGE;
            Ok(response)
        }
    }
}
