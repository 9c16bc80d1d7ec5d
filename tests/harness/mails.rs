//! What arrives in mailboxes: mails that were caught.

use super::app::App;
use serde_json::Value as Json;
use std::time::Duration;

/// How often, and with what wait, a mail that comes in its own time is looked for.
const LOOKS: usize = 400;
const WAIT: Duration = Duration::from_millis(15);

/// A mail as it was caught.
pub(crate) struct Caught {
    pub(crate) subject: String,
    pub(crate) html: String,
    pub(crate) template: String,
}

impl Caught {
    /// The address that its link leads to.
    pub(crate) fn link(&self) -> String {
        let rest = self.html.split_once("href=\"").expect("a mail with a link").1;
        rest.split('"').next().unwrap_or_default().replace("&amp;", "&")
    }

    /// The token that its link brings.
    pub(crate) fn token(&self) -> String {
        let link = self.link();
        let rest = link.split_once("token=").expect("a link with a token").1;
        rest.split(['&', '#']).next().unwrap_or_default().to_owned()
    }

    /// The code that it tells.
    pub(crate) fn code(&self) -> String {
        let rest = self.html.split_once("<strong>").expect("a mail with a code").1;
        rest.split('<').next().unwrap_or_default().to_owned()
    }
}

impl App {
    /// The `count` mails that came to an address, the first first; they are waited for, and there are
    /// no more.
    pub(crate) async fn mails_to(&self, address: &str, count: usize) -> Vec<Caught> {
        let mut rows: Vec<Json> = Vec::new();
        for _ in 0..LOOKS {
            let list = self.admin().get("/mails?limit=200").await;
            let list = list.expect_status(200).body["data"].as_array().cloned();
            rows = list.unwrap_or_default();
            rows.retain(|row| row["email"] == address);
            let arrived = rows.iter().filter(|row| row["status"] == "caught").count();
            if arrived >= count && arrived == rows.len() {
                break;
            }
            tokio::time::sleep(WAIT).await;
        }
        assert_eq!(rows.len(), count, "mails to {address}: {rows:?}");
        let mut mails = Vec::new();
        for row in rows.iter().rev() {
            let id = row["id"].as_str().map_or_else(|| row["id"].to_string(), str::to_owned);
            let one = self.admin().get(&format!("/mails/{id}")).await;
            let mail = one.expect_status(200).body["data"].clone();
            let text = |json: &Json| json.as_str().unwrap_or_default().to_owned();
            mails.push(Caught {
                subject: text(&mail["subject"]),
                html: text(&mail["content"]["html"]),
                template: text(&mail["templateName"]),
            });
        }
        mails
    }

    /// The last of `count` mails that came to an address.
    pub(crate) async fn last_mail(&self, address: &str, count: usize) -> Caught {
        self.mails_to(address, count).await.pop().expect("a mail")
    }
}
