//! Joins identities with mails, which are neighbours and know nothing of each other.

use auth::{Letter, Making, Post};
use engine::Engine;
use notify::template::Templates;
use notify::{Mail, Mailer};

/// Brings the letters of `auth` through the mails of `notify`.
pub(crate) struct House {
    pub(crate) engine: Engine,
    pub(crate) mailer: Mailer,
}

impl Post for House {
    fn operation<'a>(&'a self, letter: &'a Letter) -> Making<'a> {
        Box::pin(async move {
            let Letter { to, kind, tenant, variables } = letter;
            let made = Templates::render(&self.engine, tenant.as_deref(), kind, variables).await?;
            self.mailer.operation(&Mail {
                to: to.clone(),
                subject: made.subject,
                html: made.html,
                text: made.text,
                template: Some((*kind).to_owned()),
                tenant: tenant.clone(),
            })
        })
    }

    fn wake(&self) {
        self.mailer.wake();
    }
}
