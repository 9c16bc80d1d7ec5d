//! What a mail brings and is good once: links and codes, kept as nothing that could be used
//! (`spec/auth.md` 5).

use crate::sign_in::instant_ms;
use crate::token::{fingerprint, hex_token};
use crate::{Auth, totp};
use access::Actor;
use base::{Code, Error, Result};
use engine::field_is;
use query::{Filter, Operation, Read, Write};
use serde_json::{Map, Value as Json, json};
use subtle::ConstantTimeEq;

const ROWS: &str = "baasix_Verification";

/// Signs of a code: 31 to choose from, so that eight are 39 bits. It lives for minutes.
const CODE_SIGNS: usize = 8;

/// Guesses at a code by whoever names the account that it was sent to.
const GUESSES_MAX: i64 = 5;

/// Whether it was taken between our look and our write; then it is looked at again.
const TRIES: usize = 8;

/// What a mail is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Signs in, by its link.
    Link,
    /// Signs in, by a code that is typed.
    Code,
    /// Sets a new password.
    Reset,
    /// Confirms the address.
    Verify,
}

impl Purpose {
    /// The first part of the identifier; a link and a code to sign in with are of one kind, and the
    /// later one ends the earlier.
    fn word(self) -> &'static str {
        match self {
            Self::Link | Self::Code => "magic-link",
            Self::Reset => "password-reset",
            Self::Verify => "email-verification",
        }
    }

    fn identifier(self, email: &str) -> String {
        format!("{}:{email}", self.word())
    }

    /// Minutes that it is good for.
    pub(crate) fn minutes(self) -> i64 {
        match self {
            Self::Code => 10,
            Self::Link => 15,
            Self::Reset => 60,
            Self::Verify => 24 * 60,
        }
    }
}

/// What was made: the secret, which is told in the mail and nowhere else.
pub(crate) struct Issued {
    /// The token of a link, or the code.
    pub(crate) secret: String,
    /// When it ends, in milliseconds since 1970.
    pub(crate) until_ms: i64,
    /// What keeps it, and ends what was sent for the same before.
    pub(crate) operations: Vec<Operation>,
}

/// What was brought back, and holds. It is not used up before [`Proven::used`] is written.
pub(crate) struct Proven {
    /// Whose it is.
    pub(crate) user: String,
    /// The address that it was sent to.
    pub(crate) email: String,
    key: Json,
}

impl Proven {
    /// What uses it up. Of two who bring the same at once one is too late: [`late`].
    pub(crate) fn used(&self) -> Operation {
        Operation::Delete {
            collection: ROWS.to_owned(),
            key: self.key.clone(),
            expect: Map::new(),
            force: true,
        }
    }
}

impl Auth {
    /// Makes a secret for an account, to stand in one write with the mail that tells it.
    pub(crate) async fn issue(&self, purpose: Purpose, user: &str, email: &str) -> Result<Issued> {
        let until_ms = self.engine().clock().now_ms() + purpose.minutes() * 60 * 1_000;
        let (secret, value) = match purpose {
            Purpose::Code => {
                let code = totp::random_signs(CODE_SIGNS)?.to_uppercase();
                let value = self.0.keys.code_print(&code)?;
                (code, value)
            }
            Purpose::Link | Purpose::Reset | Purpose::Verify => {
                let token = hex_token()?;
                let value = fingerprint(&token);
                (token, value)
            }
        };
        let identifier = purpose.identifier(email);
        let before = self.rows_of(field_is("identifier", identifier.as_str()), None).await?;
        let mut operations: Vec<Operation> = before
            .into_iter()
            .filter_map(|mut row| row.remove("id"))
            .map(|key| Operation::Delete {
                collection: ROWS.to_owned(),
                key,
                expect: Map::new(),
                force: true,
            })
            .collect();
        let body = json!({
            "identifier": identifier,
            "value": value,
            "user_Id": user,
            "expiresAt": base::iso_millis(until_ms),
        });
        let body = body.as_object().cloned().unwrap_or_default();
        operations.push(Operation::Create { collection: ROWS.to_owned(), body });
        Ok(Issued { secret, until_ms, operations })
    }

    /// Looks at the token of a link. `TOKEN_INVALID` for one that is unknown, used or past its time.
    pub(crate) async fn proven(&self, purpose: Purpose, token: &str) -> Result<Proven> {
        let rows = self.rows_of(field_is("value", fingerprint(token)), Some(1)).await?;
        let row = rows.into_iter().next();
        row.and_then(|row| self.living(purpose, &row)).ok_or_else(token_invalid)
    }

    /// Looks at a code. With the address that it was sent to, guesses count for its account, and the
    /// last one ends it; without it for whom they come from, with a growing wait.
    pub(crate) async fn proven_code(
        &self,
        code: &str,
        email: Option<&str>,
        ip: Option<&str>,
    ) -> Result<Proven> {
        let code: String = code.chars().filter(char::is_ascii_alphanumeric).collect();
        let print = self.0.keys.code_print(&code.to_uppercase())?;
        if let Some(email) = email {
            let proven = self.guessed(&print, &email.trim().to_lowercase()).await?;
            return proven.ok_or_else(token_invalid);
        }
        let keys: Vec<String> = ip.map(|ip| format!("code from {ip}")).into_iter().collect();
        let now_ms = self.engine().clock().now_ms();
        self.0.attempts.check(&keys, now_ms)?;
        // Guesses that are sent side by side count before they are judged.
        self.0.attempts.failed(&keys, now_ms);
        let rows = self.rows_of(field_is("value", print.as_str()), Some(1)).await?;
        let proven = rows.first().and_then(|row| self.living(Purpose::Code, row));
        let proven = proven.ok_or_else(token_invalid)?;
        self.0.attempts.succeeded(&keys);
        Ok(proven)
    }

    /// Counts a guess at the code that was sent to an address, then judges it.
    async fn guessed(&self, print: &str, email: &str) -> Result<Option<Proven>> {
        let is = field_is("identifier", Purpose::Code.identifier(email));
        for _ in 0..TRIES {
            let rows = self.rows_of(is.clone(), Some(1)).await?;
            let Some(row) = rows.into_iter().next() else { return Ok(None) };
            let guesses = row.get("attempts").and_then(Json::as_i64).unwrap_or_default();
            if guesses >= GUESSES_MAX {
                return Ok(None);
            }
            let count = Operation::Update {
                collection: ROWS.to_owned(),
                key: row.get("id").cloned().unwrap_or_default(),
                body: Map::from_iter([(String::from("attempts"), json!(guesses + 1))]),
                expect: Map::from_iter([(String::from("attempts"), json!(guesses))]),
            };
            match self.write_as_house(vec![count], "count a guess").await {
                Ok(()) => {}
                Err(fault) if fault.code() == Code::Conflict => continue,
                Err(fault) if fault.code() == Code::ItemNotFound => return Ok(None),
                Err(fault) => return Err(fault),
            }
            let value = row.get("value").and_then(Json::as_str).unwrap_or_default();
            let right = bool::from(value.as_bytes().ct_eq(print.as_bytes()));
            return Ok(if right { self.living(Purpose::Code, &row) } else { None });
        }
        Ok(None)
    }

    /// What a stored row proves, while it holds and is for this.
    fn living(&self, purpose: Purpose, row: &Map<String, Json>) -> Option<Proven> {
        let text = |name: &str| row.get(name).and_then(Json::as_str);
        let (word, email) = text("identifier")?.split_once(':')?;
        let until = instant_ms(text("expiresAt")?)?;
        let guesses = row.get("attempts").and_then(Json::as_i64).unwrap_or_default();
        let holds = word == purpose.word()
            && until > self.engine().clock().now_ms()
            && guesses < GUESSES_MAX;
        let (user, email) = (text("user_Id")?.to_owned(), email.to_owned());
        holds.then(|| Proven { user, email, key: row.get("id").cloned().unwrap_or_default() })
    }

    async fn rows_of(&self, is: Filter, most: Option<i64>) -> Result<Vec<Map<String, Json>>> {
        let read = Read {
            collection: ROWS.to_owned(),
            filter: Some(is),
            limit: Some(most.unwrap_or(20)),
            ..Read::default()
        };
        self.engine().find(&read, "look for what a mail brought").await
    }

    pub(crate) async fn write_as_house(
        &self,
        operations: Vec<Operation>,
        reason: &'static str,
    ) -> Result<()> {
        let write = Write { operations, strict: true };
        self.engine().write(write, &Actor::system(reason), None).await.map(drop)
    }
}

/// The refusal of who brought the same at the same moment, and came second.
pub(crate) fn late(fault: Error) -> Error {
    if fault.code() == Code::ItemNotFound { token_invalid() } else { fault }
}

pub(crate) fn token_invalid() -> Error {
    Error::new(Code::TokenInvalid, "Invalid or expired token")
        .hint("ask for another; each is good once, and a later one ends those before it")
}
