//! Is it alive, and how is it doing.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::wire::server::HealthReport;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Code, Error};

/// 200 for everybody; version, store and uptime for the signed-in.
pub(crate) async fn health(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let mut body = HealthReport { status: "ok", ..HealthReport::default() };
    if caller.presented.profile.is_some() {
        let about = app.engine().about().await?;
        body.version = Some(app.settings().version.clone());
        body.project = Some(app.settings().project.clone());
        body.store = Some(about.store);
        body.store_version = Some(about.version);
        body.size_bytes = Some(about.size_bytes);
        body.uptime_ms = Some(app.uptime_ms());
    }
    Ok(json_answer(StatusCode::OK, &body))
}

/// Whether a proxy handed the request on: then its peer is not who asks.
fn handed_on(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| {
        let name = name.as_str();
        matches!(name, "forwarded" | "via" | "x-real-ip") || name.starts_with("x-forwarded")
    })
}

/// Gauges in Prometheus text, for loopback peers or an administrator's token.
pub(crate) async fn metrics(
    State(app): State<App>,
    headers: HeaderMap,
    caller: Caller,
) -> Result<Response, Refusal> {
    let loopback =
        caller.address.is_some_and(|address| address.is_loopback()) && !handed_on(&headers);
    if !loopback && !caller.actor().is_administrator() {
        return Err(Error::new(
            Code::Forbidden,
            "metrics are for loopback or an administrator's token",
        )
        .into());
    }
    let about = app.engine().about().await?;
    let counters = app.engine().counters();
    let mut text = String::new();
    let mut gauge = |name: &str, kind: &str, help: &str, value: f64| {
        text.push_str(&format!(
            "# HELP plinth_{name} {help}\n# TYPE plinth_{name} {kind}\nplinth_{name} {value}\n"
        ));
    };
    #[expect(clippy::cast_precision_loss, reason = "gauges are floating point by their format")]
    {
        gauge("uptime_seconds", "gauge", "Seconds since start.", app.uptime_ms() as f64 / 1_000.0);
        gauge("store_size_bytes", "gauge", "Size of the data.", about.size_bytes as f64);
        gauge(
            "statements_total",
            "counter",
            "Statements run by the store.",
            counters.statements as f64,
        );
        gauge(
            "kept_reads_total",
            "counter",
            "Lists answered from what the store keeps while nothing is written.",
            counters.kept_reads as f64,
        );
        gauge(
            "feed_lag_rows_max",
            "gauge",
            "Lag of a consumer of the feed beyond which the log warns.",
            app.engine().limits().feed_lag_max as f64,
        );
        gauge("commits_total", "counter", "Commits of the store.", counters.commits as f64);
        gauge(
            "retries_total",
            "counter",
            "Writes begun anew because another stood in their way.",
            counters.retries as f64,
        );
    }
    let lags = app.engine().lags().await?;
    if !lags.is_empty() {
        text.push_str(
            "# HELP plinth_feed_lag_rows Changes that a consumer of the feed has not seen.\n\
             # TYPE plinth_feed_lag_rows gauge\n",
        );
    }
    for (cursor, rows) in lags {
        let cursor = cursor.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        text.push_str(&format!("plinth_feed_lag_rows{{cursor=\"{cursor}\"}} {rows}\n"));
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
