//! A refusal may stand before the whole body has come: nobody is signed in, a word of the form is
//! wrong, the body is too large, there is no such route. A connection that is closed while its
//! client still sends loses the answer, and the client hears of a broken connection instead of the
//! reason. So what is left of a body is read and thrown away, within bounds, before the answer leaves.

use axum::body::{Body, BodyDataStream, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::{Extensions, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::{Stream, StreamExt};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

/// What is read of a body that nobody wants, at most. Who sends more sees the connection end.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bound {
    bytes: usize,
    wait: Duration,
}

impl Bound {
    /// A little more than the largest file of a synchronous import.
    const BYTES: usize = 64 * 1024 * 1024;

    /// Of who is known here, on a slow line too.
    const KNOWN: Self = Self { bytes: Self::BYTES, wait: Duration::from_secs(30) };

    /// Of a stranger, who could keep connections busy with what nobody asked for. It is the time
    /// that is short: bytes that are thrown away cost little, and an app whose session has ended
    /// must hear so whatever it was sending.
    const STRANGER: Self = Self { bytes: Self::BYTES, wait: Duration::from_secs(5) };
}

/// Whether somebody has shown to be known here. Goes along with a request.
#[derive(Clone, Default)]
pub(crate) struct Known(Arc<AtomicBool>);

impl Known {
    /// The caller of this request has signed in, here and before now.
    pub(crate) fn note(extensions: &Extensions) {
        if let Some(known) = extensions.get::<Self>() {
            known.0.store(true, Ordering::Relaxed);
        }
    }

    fn bound(&self) -> Bound {
        if self.0.load(Ordering::Relaxed) { Bound::KNOWN } else { Bound::STRANGER }
    }
}

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
    let (mut parts, body) = request.into_parts();
    let waits = parts.headers.contains_key(header::EXPECT);
    let known = Known::default();
    parts.extensions.insert(known.clone());
    let stream = Arc::new(Mutex::new(body.into_data_stream()));
    let begun = Arc::new(AtomicBool::new(false));
    let lent = Lent { stream: Arc::clone(&stream), begun: Arc::clone(&begun) };
    let response = next.run(Request::from_parts(parts, Body::from_stream(lent))).await;
    // Whoever waits to be asked for its body sends it as soon as anybody reads it, and sends
    // nothing if the answer comes instead.
    if waits && !begun.load(Ordering::Relaxed) {
        return response;
    }
    read_away(Lent { stream, begun }, known.bound()).await;
    response
}

/// Reads what is left, within bounds. The answer leaves in any case; the connection may not
/// outlive it.
async fn read_away<E>(mut rest: impl Stream<Item = Result<Bytes, E>> + Unpin, bound: Bound) {
    let reading = async {
        let mut bytes = 0;
        while let Some(Ok(chunk)) = rest.next().await {
            bytes += chunk.len();
            if bytes > bound.bytes {
                break;
            }
        }
    };
    drop(tokio::time::timeout(bound.wait, reading).await);
}

#[cfg(test)]
mod tests {
    use super::{Bound, Known, read_away};
    use axum::body::Bytes;
    use axum::http::Extensions;
    use futures_util::{StreamExt, stream};
    use std::convert::Infallible;
    use std::time::{Duration, Instant};

    const CHUNK: usize = 64 * 1024;

    /// How much of an endless body is read.
    async fn read(bound: Bound) -> usize {
        let mut read = 0;
        let body = stream::repeat(Bytes::from(vec![0; CHUNK]));
        let body = body.map(|chunk| {
            read += chunk.len();
            Ok::<_, Infallible>(chunk)
        });
        read_away(body, bound).await;
        read
    }

    #[tokio::test]
    async fn a_body_without_end_is_read_away_up_to_the_largest_file_and_a_strangers_not_for_long() {
        let known = Known::default();
        assert_eq!(known.bound(), Bound::STRANGER);
        assert_eq!(read(known.bound()).await, 64 * 1024 * 1024 + CHUNK);
        let mut extensions = Extensions::new();
        extensions.insert(known.clone());
        Known::note(&extensions);
        assert_eq!(known.bound(), Bound::KNOWN);
        assert_eq!(read(known.bound()).await, 64 * 1024 * 1024 + CHUNK);
        assert!(Bound::STRANGER.wait < Bound::KNOWN.wait);
    }

    #[tokio::test]
    async fn a_body_that_does_not_come_is_waited_for_within_the_bound() {
        let bound = Bound { wait: Duration::from_millis(20), ..Bound::STRANGER };
        let begun = Instant::now();
        read_away(stream::pending::<Result<Bytes, Infallible>>(), bound).await;
        assert!(begun.elapsed() >= bound.wait);
    }
}
