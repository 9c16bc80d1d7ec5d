//! Where mails go: to the server that the settings name, else to the catcher.

use crate::mail::{Delivered, Mail, Status, Undelivered};
use engine::{Engine, MailServer};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::net::IpAddr;
use std::time::Duration;

/// How long a server may take for one answer, and for the whole of a mail.
const ANSWER: Duration = Duration::from_secs(20);
const WHOLE: Duration = Duration::from_secs(60);

/// Signs of the sender's name.
const NAME_MAX: usize = 100;

/// Signs of a server's words that are kept.
const WORDS_MAX: usize = 500;

/// Sends mails of one project.
pub(crate) struct Sender {
    engine: Engine,
    production: bool,
}

/// Where a mail goes.
enum Way {
    To(Box<MailServer>),
    Catch,
}

impl Sender {
    pub(crate) fn new(engine: Engine, production: bool) -> Self {
        Self { engine, production }
    }

    async fn way(&self, tenant: Option<&str>) -> Result<Way, Undelivered> {
        match self.engine.mail_server(tenant).await {
            Ok(Some(server)) => Ok(Way::To(Box::new(server))),
            Ok(None) if !self.production => Ok(Way::Catch),
            Ok(None) => Err(for_good("no mail server is named in the settings")),
            // A store that is away comes back; a password under another key does not.
            Err(fault) => {
                let for_now = fault.code() != base::Code::SecretUnreadable;
                Err(Undelivered { why: fault.message().to_owned(), for_now })
            }
        }
    }

    /// Sends a mail. No lock or transaction is held meanwhile.
    pub(crate) async fn send(&self, mail: &Mail) -> Result<Delivered, Undelivered> {
        let server = match self.way(mail.tenant.as_deref()).await? {
            Way::To(server) => server,
            Way::Catch => {
                return Ok(Delivered {
                    status: Status::Caught,
                    sender: None,
                    message_id: None,
                    said: String::from("it is kept here to be looked at: no mail server is named"),
                });
            }
        };
        let name = match self.engine.settings(mail.tenant.as_deref()).await {
            Ok(settings) => {
                let named = |name| settings.get(name).and_then(|name| name.as_str());
                named("from_email_name").or_else(|| named("project_name")).map(str::to_owned)
            }
            Err(fault) => {
                return Err(Undelivered { why: fault.message().to_owned(), for_now: true });
            }
        };
        let message = message(mail, &server, name)?;
        let id = message.headers().get_raw("Message-ID").map(str::to_owned);
        let transport = transport(&server)?;
        match tokio::time::timeout(WHOLE, transport.send(message)).await {
            Ok(Ok(answer)) => {
                let said: Vec<&str> = answer.message().collect();
                Ok(Delivered {
                    status: Status::Sent,
                    sender: Some(format!("{}:{}", server.host, server.port)),
                    message_id: id,
                    said: shortened(&format!("{} {}", answer.code(), said.join(" "))),
                })
            }
            Ok(Err(fault)) => Err(Undelivered {
                why: shortened(&words(&fault)),
                for_now: !fault.is_permanent() || is_of_the_account(&fault),
            }),
            Err(_) => Err(Undelivered {
                why: format!("{} did not answer in {} s", server.host, WHOLE.as_secs()),
                for_now: true,
            }),
        }
    }
}

fn for_good(why: impl Into<String>) -> Undelivered {
    Undelivered { why: why.into(), for_now: false }
}

/// What a fault says, with what it came of: by itself it says "network error".
fn words(fault: &lettre::transport::smtp::Error) -> String {
    let mut said = fault.to_string();
    let mut cause = std::error::Error::source(fault);
    while let Some(deeper) = cause {
        let deeper_said = deeper.to_string();
        if !said.contains(&deeper_said) {
            said = format!("{said}: {deeper_said}");
        }
        cause = deeper.source();
    }
    said
}

fn shortened(text: &str) -> String {
    let plain = |sign: char| if sign.is_control() { ' ' } else { sign };
    text.chars().map(plain).take(WORDS_MAX).collect()
}

/// The sender that a mail names: the one of the settings, else the account that signs in.
fn from(server: &MailServer, name: Option<String>) -> Result<Mailbox, Undelivered> {
    let said = server.from.as_deref().or(server.user.as_deref().filter(|user| user.contains('@')));
    let said = said.ok_or_else(|| for_good("no sender is named: set `smtp_from_address`"))?;
    match said.parse::<Mailbox>() {
        Ok(mailbox) if mailbox.name.is_some() => Ok(mailbox),
        Ok(mailbox) => Ok(Mailbox::new(name.and_then(one_line), mailbox.email)),
        Err(_) => Err(for_good("`smtp_from_address` is no address")),
    }
}

/// Whether a server refuses the account and not the mail: that is mended in the settings.
fn is_of_the_account(fault: &lettre::transport::smtp::Error) -> bool {
    fault.status().is_some_and(|code| matches!(u16::from(code), 530 | 534 | 535 | 538))
}

/// A name as a header takes it: the library holds for impossible that one has a break in it.
fn one_line(name: String) -> Option<String> {
    let plain = |sign: char| if sign.is_control() { ' ' } else { sign };
    let name: String = name.chars().map(plain).take(NAME_MAX).collect();
    let name = name.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

fn message(mail: &Mail, server: &MailServer, name: Option<String>) -> Result<Message, Undelivered> {
    let to: Address = mail.to.parse().map_err(|_| for_good("it is for what is no address"))?;
    Message::builder()
        .from(from(server, name)?)
        .to(Mailbox::new(None, to))
        .subject(mail.subject.clone())
        .message_id(None)
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .map_err(|fault| for_good(format!("the mail cannot be written: {fault}")))
}

/// Whether a name is one of this machine.
fn is_here(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host
            .trim_matches(['[', ']'])
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn transport(server: &MailServer) -> Result<AsyncSmtpTransport<Tokio1Executor>, Undelivered> {
    let parameters = || {
        TlsParameters::new(server.host.clone())
            .map_err(|fault| for_good(format!("`smtp_host` cannot be asked with TLS: {fault}")))
    };
    let tls = if server.secure {
        Tls::Wrapper(parameters()?)
    } else if is_here(&server.host) {
        Tls::None
    } else if server.password.is_some() {
        // A password goes over no line that others can read.
        Tls::Required(parameters()?)
    } else {
        Tls::Opportunistic(parameters()?)
    };
    let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&server.host);
    let builder = builder.port(server.port).tls(tls).timeout(Some(ANSWER));
    Ok(match (&server.user, &server.password) {
        (Some(user), Some(password)) => {
            builder.credentials(Credentials::new(user.clone(), password.clone())).build()
        }
        _ => builder.build(),
    })
}

#[cfg(test)]
mod tests {
    use super::{from, is_here, message, shortened};
    use crate::mail::Mail;
    use engine::MailServer;

    fn server() -> MailServer {
        MailServer {
            host: String::from("mail.example.com"),
            port: 587,
            secure: false,
            user: None,
            password: None,
            from: Some(String::from("shop@example.com")),
        }
    }

    #[test]
    fn a_mail_has_both_forms_and_no_header_of_somebody_else() {
        let mail = Mail {
            to: String::from("ann@example.com"),
            subject: String::from("Grüße"),
            html: String::from("<p>Grüße</p>"),
            text: String::from("Grüße"),
            ..Mail::default()
        };
        let name = Some(String::from("Corner \"Shop\"\r\nBcc: eve@example.com"));
        let written = message(&mail, &server(), name).unwrap().formatted();
        let written = String::from_utf8(written).unwrap();
        assert!(written.contains("multipart/alternative"), "{written}");
        assert!(!written.lines().any(|line| line.starts_with("Bcc:")), "{written}");
        let outside = Mail { to: String::from("ann@example.com, eve@example.com"), ..mail };
        assert!(message(&outside, &server(), None).is_err());
    }

    #[test]
    fn the_sender_is_the_one_that_is_named_else_the_account() {
        let told = |server: &MailServer| {
            from(server, Some(String::from("Shop"))).map(|sender| sender.to_string())
        };
        assert_eq!(told(&server()).unwrap(), "Shop <shop@example.com>");
        let named = MailServer { from: Some(String::from("Us <us@example.com>")), ..server() };
        assert_eq!(told(&named).unwrap(), "Us <us@example.com>");
        let account =
            MailServer { from: None, user: Some(String::from("a@b.example")), ..server() };
        assert_eq!(told(&account).unwrap(), "Shop <a@b.example>");
        for none in [None, Some(String::from("no address"))] {
            assert!(told(&MailServer { from: none, user: None, ..server() }).is_err());
        }
    }

    #[test]
    fn what_a_server_says_is_one_line_and_no_book() {
        assert_eq!(shortened("550 no\r\nsuch"), "550 no  such");
        assert_eq!(shortened(&"x".repeat(1_000)).len(), 500);
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for here in ["localhost", "LOCALHOST", "127.0.0.1", "::1", "[::1]"] {
            assert!(is_here(here), "{here}");
        }
        for away in ["mail.example.com", "10.0.0.1", "localhost.example.com", ""] {
            assert!(!is_here(away), "{away}");
        }
    }
}
