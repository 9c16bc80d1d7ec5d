//! What was staged and not committed, and how a person arranged their columns: texts of the studio
//! under names of its own, each in a file of the program's data folder. The webview's storage goes
//! with the webview; this stays. The studio leaves secrets out before it hands a text over.

use std::path::{Path, PathBuf};

use tauri::{AppHandle, Manager};

use crate::fault::{Fault, Outcome};
use crate::secret::write_private;

const FOLDER: &str = "drafts";
/// A file name holds 255 bytes on every system, its ending with it.
const NAME_BYTES_MAX: usize = 240;
/// Open work of a person, not a place for files.
const TEXT_BYTES_MAX: usize = 64 * 1024 * 1024;

#[tauri::command]
pub(crate) async fn draft_read(app: AppHandle, key: String) -> Outcome<Option<String>> {
    aside(app, move |folder| read(folder, &key)).await
}

#[tauri::command]
pub(crate) async fn draft_write(app: AppHandle, key: String, text: String) -> Outcome {
    aside(app, move |folder| write(folder, &key, &text)).await
}

#[tauri::command]
pub(crate) async fn draft_remove(app: AppHandle, key: String) -> Outcome {
    aside(app, move |folder| remove(folder, &key)).await
}

/// Off the main thread: it waits for a disk.
async fn aside<T: Send + 'static>(
    app: AppHandle,
    work: impl FnOnce(&Path) -> Outcome<T> + Send + 'static,
) -> Outcome<T> {
    let folder = app.path().app_data_dir().map_err(Fault::internal)?.join(FOLDER);
    let done = tauri::async_runtime::spawn_blocking(move || work(&folder)).await;
    done.map_err(Fault::internal)?
}

fn read(folder: &Path, key: &str) -> Outcome<Option<String>> {
    let file = file_of(folder, key)?;
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Fault::file(&file, &error)),
    }
}

/// Whole or not at all: a kill in the middle leaves what was there before.
fn write(folder: &Path, key: &str, text: &str) -> Outcome {
    let file = file_of(folder, key)?;
    if text.len() > TEXT_BYTES_MAX {
        return Err(Fault::new(
            "DRAFT_TOO_LARGE",
            format!("a draft of {} bytes is over the limit of {TEXT_BYTES_MAX}", text.len()),
        )
        .hint("commit some of the open changes"));
    }
    embedded_server::owners_folder().create(folder).map_err(|error| Fault::file(folder, &error))?;
    let beside = file.with_extension("new");
    let written =
        write_private(&beside, text.as_bytes()).and_then(|()| std::fs::rename(&beside, &file));
    written.map_err(|error| Fault::file(&file, &error))
}

fn remove(folder: &Path, key: &str) -> Outcome {
    let file = file_of(folder, key)?;
    match std::fs::remove_file(&file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(Fault::file(&file, &error))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// No name of the webview leaves the folder: every byte but letters and digits is spelled out.
fn file_of(folder: &Path, key: &str) -> Outcome<PathBuf> {
    let name: String = key
        .bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'0'..=b'9' | b'-' => char::from(byte).to_string(),
            // Capitals too: not every file system tells them from small letters.
            _ => format!("_{byte:02x}"),
        })
        .collect();
    if name.is_empty() || name.len() > NAME_BYTES_MAX {
        return Err(Fault::new(
            "DRAFT_NAME",
            format!("a draft's name has 1 to {NAME_BYTES_MAX} bytes; this one has {}", name.len()),
        ));
    }
    Ok(folder.join(format!("{name}.json")))
}

#[cfg(test)]
mod tests {
    use super::{NAME_BYTES_MAX, TEXT_BYTES_MAX, file_of, read, remove, write};
    use std::path::Path;

    #[test]
    fn a_draft_is_read_as_it_was_written_replaced_and_gone_when_removed() {
        let folder = std::env::temp_dir().join(format!("plinth-drafts-{}", std::process::id()));
        assert_eq!(read(&folder, "pending:a").unwrap(), None);
        write(&folder, "pending:a", "{\"n\":1}").unwrap();
        write(&folder, "pending:a", "{\"n\":2}").unwrap();
        write(&folder, "layout:a:Orders", "{}").unwrap();
        assert_eq!(read(&folder, "pending:a").unwrap().as_deref(), Some("{\"n\":2}"));
        remove(&folder, "pending:a").unwrap();
        remove(&folder, "pending:a").unwrap();
        assert_eq!(read(&folder, "pending:a").unwrap(), None);
        assert_eq!(read(&folder, "layout:a:Orders").unwrap().as_deref(), Some("{}"));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn no_name_leaves_the_folder_and_no_two_names_share_a_file() {
        let folder = Path::new("/drafts");
        for key in ["../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "a\0b", "..", "Ä"] {
            let file = file_of(folder, key).unwrap();
            assert_eq!(file.parent(), Some(folder), "{key}");
        }
        assert_ne!(file_of(folder, "Orders").unwrap(), file_of(folder, "orders").unwrap());
        assert_ne!(file_of(folder, "a_3a").unwrap(), file_of(folder, "a:").unwrap());
        assert_eq!(file_of(folder, "").unwrap_err().code, "DRAFT_NAME");
        assert_eq!(
            file_of(folder, &"a".repeat(NAME_BYTES_MAX + 1)).unwrap_err().code,
            "DRAFT_NAME"
        );
    }

    #[test]
    fn a_draft_has_a_limit() {
        let huge = "x".repeat(TEXT_BYTES_MAX + 1);
        let refused = write(Path::new("/drafts"), "a", &huge).unwrap_err();
        assert_eq!(refused.code, "DRAFT_TOO_LARGE");
    }
}
