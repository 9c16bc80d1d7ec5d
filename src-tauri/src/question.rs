//! A question that the program asks in a dialog of the system: the page can neither answer it nor
//! draw over it.

use std::time::Duration;

use tauri::AppHandle;
use tokio::sync::oneshot;

/// What is asked. Both texts are shown as they are, without markup.
pub(crate) struct Question {
    pub title: String,
    pub text: String,
    /// What the button says that agrees; `_` stands before its key.
    pub yes: &'static str,
}

/// Nobody agrees sooner: a key or a press that comes as the dialog does was meant for the page.
const LOOK: Duration = Duration::from_millis(700);

const NO: &str = "Cancel";

/// Whether the person agreed. A dialog that is closed, or cannot be shown, is a no.
pub(crate) async fn ask(app: &AppHandle, question: Question) -> bool {
    let (say, said) = oneshot::channel();
    let own = app.clone();
    match app.run_on_main_thread(move || put(&own, &question, say)) {
        Ok(()) => said.await.unwrap_or(false),
        Err(error) => {
            log::warn!("a question was not put: {error}");
            false
        }
    }
}

/// GTK's own dialog: in the one of the plugin Return agrees.
#[cfg(target_os = "linux")]
fn put(app: &AppHandle, question: &Question, say: oneshot::Sender<bool>) {
    use gtk::prelude::{DialogExt, GtkWindowExt, MessageDialogExt, ObjectExt, WidgetExt};
    use gtk::{ButtonsType, DialogFlags, MessageType, ResponseType};

    let parent = crate::window::main(app).and_then(|window| window.gtk_window().ok());
    let flags = DialogFlags::MODAL | DialogFlags::DESTROY_WITH_PARENT;
    let (kind, none) = (MessageType::Warning, ButtonsType::None);
    let dialog = gtk::MessageDialog::new(parent.as_ref(), flags, kind, none, &question.title);
    dialog.set_title(&question.title);
    dialog.set_secondary_text(Some(&question.text));
    let cancel = dialog.add_button(NO, ResponseType::Cancel);
    dialog.add_button(question.yes, ResponseType::Accept);
    dialog.set_default_response(ResponseType::Cancel);
    dialog.set_response_sensitive(ResponseType::Accept, false);
    let shown = dialog.downgrade();
    gtk::glib::timeout_add_local_once(LOOK, move || {
        if let Some(dialog) = shown.upgrade() {
            dialog.set_response_sensitive(ResponseType::Accept, true);
        }
    });
    let say = std::cell::Cell::new(Some(say));
    dialog.connect_response(move |dialog, response| {
        if let Some(say) = say.take() {
            // Whoever asked may be gone with its window.
            let _ = say.send(response == ResponseType::Accept);
        }
        if response != ResponseType::DeleteEvent {
            dialog.close();
        }
    });
    dialog.show_all();
    cancel.grab_focus();
    dialog.present();
}

#[cfg(not(target_os = "linux"))]
fn put(app: &AppHandle, question: &Question, say: oneshot::Sender<bool>) {
    use tauri_plugin_dialog::{DialogExt, MessageDialogButtons, MessageDialogKind};

    let yes = question.yes.replace('_', "");
    let mut dialog = app
        .dialog()
        .message(&question.text)
        .title(&question.title)
        .kind(MessageDialogKind::Warning)
        .buttons(MessageDialogButtons::OkCancelCustom(yes, NO.to_owned()));
    if let Some(window) = crate::window::main(app) {
        dialog = dialog.parent(&window);
    }
    let shown = std::time::Instant::now();
    dialog.show(move |agreed| {
        // Whoever asked may be gone with its window.
        let _ = say.send(agreed && shown.elapsed() >= LOOK);
    });
}
