//! An HTTP server that does nothing, in a process of its own: what the driver, the kernel and the
//! HTTP library leave for a server to spend.

use super::Limit;
use crate::load::{Asking, Turn, measure};
use crate::machine::Watched;
use crate::wire::{Reply, put};
use crate::{Outcome, Plan};
use axum::Router;
use axum::routing::get;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Command, Stdio};

const ANSWER: &str = "hello";

struct Greeting;

impl Asking for Greeting {
    fn request(&self, _turn: Turn, out: &mut Vec<u8>) {
        put(out, "GET", "/", "", &[]);
    }

    fn check(&self, _turn: Turn, reply: &Reply<'_>) -> Outcome {
        if reply.body == ANSWER.as_bytes() { Ok(()) } else { Err(reply.shown()) }
    }
}

pub(super) async fn take(plan: &Plan) -> Outcome<Vec<Limit>> {
    let own = std::env::current_exe().map_err(|fault| fault.to_string())?;
    let mut server = Command::new(own)
        .arg("hello")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|fault| format!("the bare server cannot be started: {fault}"))?;
    let mut line = String::new();
    if let Some(pipe) = server.stdout.take() {
        BufReader::new(pipe).read_line(&mut line).map_err(|fault| fault.to_string())?;
    }
    let address: SocketAddr =
        line.trim().parse().map_err(|_| "the bare server said no address".to_owned())?;
    let watched = Watched { server: Some(server.id()), database: None };
    let mut limits = Vec::new();
    for clients in [1, 32, 64] {
        let measured = measure(address, &watched, plan, clients, &Greeting).await?;
        let name = format!(
            "bare axum over HTTP, {clients} clients ({:.1} µs of server, {:.1} µs of driver each)",
            measured.server_us, measured.driver_us
        );
        limits
            .push(Limit { p50_ms: Some(measured.p50_ms), ..Limit::new(name, measured.per_second) });
    }
    // Its standard input closes, and it ends.
    drop(server.stdin.take());
    drop(server.wait());
    Ok(limits)
}

/// `bench hello`: says its address and serves until standard input closes.
#[expect(clippy::print_stdout, reason = "the address is told to who started us")]
pub(crate) fn serve() -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|fault| fault.to_string())?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await;
        let listener = listener.map_err(|fault| fault.to_string())?;
        println!("{}", listener.local_addr().map_err(|fault| fault.to_string())?);
        let router = Router::new().route("/", get(async || ANSWER));
        let served = tokio::spawn(axum::serve(listener, router).into_future());
        let closed = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0]));
        drop(closed.await);
        served.abort();
        Ok(())
    })
}
