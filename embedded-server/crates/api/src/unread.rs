//! A refusal may stand before the whole body has come: nobody is signed in, a word of the form is
//! wrong, the body is too large, there is no such route. A connection that is closed while its
//! client still sends loses the answer, and the client hears of a broken connection instead of the
//! reason. So what is left of a body is read and thrown away, within bounds, before the answer leaves.

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

/// Most bytes that are thrown away: a little more than the largest file of a synchronous import.
/// Who sends more than that sees the connection end.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// Longest wait for them.
const WAIT_MAX: Duration = Duration::from_secs(30);

/// A body that the handler reads and that is still there when the handler is gone.
struct Lent {
    stream: Arc<Mutex<BodyDataStream>>,
    /// Set once anybody has asked for it.
    begun: Arc<AtomicBool>,
}

impl Stream for Lent {
    type Item = Result<Bytes, axum::Error>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.begun.store(true, Ordering::Relaxed);
        match self.stream.lock() {
            Ok(mut stream) => stream.poll_next_unpin(context),
            Err(_) => Poll::Ready(None),
        }
    }
}

/// Reads what the handler left of the body before its answer leaves.
pub(crate) async fn thrown_away(request: Request, next: Next) -> Response {
    // Most requests have none. However short a body is, it may come after the answer has left.
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let waits = parts.headers.contains_key(header::EXPECT);
    let stream = Arc::new(Mutex::new(body.into_data_stream()));
    let begun = Arc::new(AtomicBool::new(false));
    let lent = Lent { stream: Arc::clone(&stream), begun: Arc::clone(&begun) };
    let response = next.run(Request::from_parts(parts, Body::from_stream(lent))).await;
    // Whoever waits to be asked for its body sends it as soon as anybody reads it, and sends
    // nothing if the answer comes instead.
    if waits && !begun.load(Ordering::Relaxed) {
        return response;
    }
    let mut rest = Lent { stream, begun };
    let reading = async {
        let mut bytes = 0;
        while let Some(Ok(chunk)) = rest.next().await {
            bytes += chunk.len();
            if bytes > BYTES_MAX {
                break;
            }
        }
    };
    // The answer leaves in any case; the connection may not outlive it.
    drop(tokio::time::timeout(WAIT_MAX, reading).await);
    response
}
