//! Is it alive, and how is it doing.

use crate::app::App;
use crate::caller::Caller;
use crate::surface::baasix::error::Refusal;
use crate::surface::baasix::response::json_answer;
use crate::wire::server::HealthReport;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base::{Code, Error};
use std::net::IpAddr;

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

/// Gauges in Prometheus text, for loopback peers or an administrator's token.
pub(crate) async fn metrics(State(app): State<App>, caller: Caller) -> Result<Response, Refusal> {
    let loopback = caller
        .ip
        .as_deref()
        .and_then(|ip| ip.parse::<IpAddr>().ok())
        .is_some_and(|ip| ip.is_loopback());
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
        gauge("commits_total", "counter", "Commits of the store.", counters.commits as f64);
    }
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], text).into_response())
}
