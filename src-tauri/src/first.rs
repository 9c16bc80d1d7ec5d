//! One studio runs at a time: a second launch shows the window of the first and ends.

#[cfg(target_os = "linux")]
use std::time::Duration;

/// How long a studio that runs may take to show its window, before this launch goes on and lets
/// the plugin decide.
#[cfg(target_os = "linux")]
const WAIT: Duration = Duration::from_secs(5);

/// Asks a studio that runs already to show its window, and tells whether one did.
///
/// The plugin asks as well, but only from within a program whose toolkit has begun, and ends that
/// program in the midst of its threads: on Linux a second launch then crashed at times as it ended.
/// So the question is put first, before there is anything to end.
#[cfg(target_os = "linux")]
pub(crate) fn is_shown(identifier: &str) -> bool {
    let name = format!("{identifier}.SingleInstance");
    tauri::async_runtime::block_on(async move {
        let asked = tokio::time::timeout(WAIT, ask(&name)).await;
        matches!(asked, Ok(Ok(())))
    })
}

/// The call that the plugin of the first studio answers.
#[cfg(target_os = "linux")]
async fn ask(name: &str) -> zbus::Result<()> {
    let path = format!("/{}", name.replace('.', "/").replace('-', "_"));
    let arguments: Vec<_> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let folder = std::env::current_dir().unwrap_or_default().to_string_lossy().into_owned();
    let bus = zbus::Connection::session().await?;
    let interface = Some("org.SingleInstance.DBus");
    bus.call_method(Some(name), path.as_str(), interface, "ExecuteCallback", &(arguments, folder))
        .await?;
    Ok(())
}

/// Elsewhere the plugin asks before anything has begun.
#[cfg(not(target_os = "linux"))]
pub(crate) fn is_shown(_identifier: &str) -> bool {
    false
}
