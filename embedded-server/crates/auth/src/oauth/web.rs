//! How providers are asked: over https, for a while, and for little.

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// A person waits for the answer.
const WAIT: Duration = Duration::from_secs(10);

/// Bytes of an answer; documents and keys of large providers are a tenth of it.
const ANSWER_MAX: usize = 1024 * 1024;

/// The client of all calls to providers.
#[derive(Clone)]
pub(crate) struct Web(reqwest::Client);

/// Why there is no answer. Never holds the address, which may hold a code.
#[derive(Debug)]
pub(crate) struct Unanswered(String);

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Unanswered {}

impl From<reqwest::Error> for Unanswered {
    fn from(fault: reqwest::Error) -> Self {
        let fault = fault.without_url();
        let mut why = fault.to_string();
        let mut cause = std::error::Error::source(&fault);
        while let Some(deeper) = cause {
            why = format!("{why}: {deeper}");
            cause = deeper.source();
        }
        Self(why)
    }
}

impl Web {
    pub(crate) fn new() -> base::Result<Self> {
        // Another part of the process may have chosen already; either does.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = reqwest::Client::builder()
            .timeout(WAIT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("Plinth/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|fault| base::Error::internal("make an HTTP client").caused_by(fault))?;
        Ok(Self(client))
    }

    pub(crate) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Unanswered> {
        let (parts, body) = request.into_parts();
        let mut asked = self.0.request(parts.method, parts.uri.to_string());
        asked = asked.headers(parts.headers).body(body);
        let mut answer = asked.send().await?;
        let mut bytes = Vec::new();
        while let Some(more) = answer.chunk().await? {
            if bytes.len() + more.len() > ANSWER_MAX {
                return Err(Unanswered(format!("the answer has more than {ANSWER_MAX} bytes")));
            }
            bytes.extend_from_slice(&more);
        }
        let mut response = HttpResponse::new(bytes);
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }
}

impl<'c> AsyncHttpClient<'c> for Web {
    type Error = Unanswered;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, Unanswered>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
