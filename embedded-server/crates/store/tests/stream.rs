//! A long stream, alone in its process so that its memory can be measured.

#[cfg(test)]
mod harness;

use base::{Code, Limits};
use harness::{on_every_store, page};
use sql::Form;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_waits_for_its_taker_and_ends_with_him() {
    on_every_store(Limits::default(), async |store| {
        let million = "{WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000) SELECT i, 'row number ' \\|\\| i FROM n|SELECT i::bigint, 'row number ' \\|\\| i FROM generate_series(1, 1000000) i}".replace("\\|", "\u{1}");
        let mut read = page(store, &million, &[("i", Form::Int), ("t", Form::Text)]);
        read.page.text = read.page.text.replace('\u{1}', "|").into();
        let before = resident_bytes();
        let mut chunks = store.stream(&read).await.unwrap();
        // The reader runs ahead by a few chunks at most while nobody takes them.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let (mut rows, mut bytes, mut last) = (0, 0, Vec::new());
        while let Some(chunk) = chunks.recv().await {
            let chunk = chunk.unwrap();
            assert!(!chunk.ends_with(b"\n") && chunk.len() < 200_000);
            rows += chunk.split(|byte| *byte == b'\n').count();
            bytes += chunk.len();
            last = chunk;
        }
        assert_eq!(rows, 1_000_000);
        assert!(bytes > 30_000_000);
        assert!(last.ends_with(b"{\"i\":1000000,\"t\":\"row number 1000000\"}"));
        let grown = resident_bytes().saturating_sub(before);
        assert!(grown < 24_000_000, "{grown} bytes for a stream of {bytes}");

        // Places are few: those who leave early give theirs back.
        for _ in 0..20 {
            let mut chunks = loop {
                match store.stream(&read).await {
                    Ok(chunks) => break chunks,
                    Err(error) => assert_eq!(error.code(), Code::Unavailable),
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            };
            assert!(chunks.recv().await.unwrap().is_ok());
        }
    })
    .await;
}

fn resident_bytes() -> usize {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    text.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).unwrap_or(0) * 4096
}
