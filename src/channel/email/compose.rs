//! Makes a mail of a message: headers, both texts, encodings.

use lettre::address::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};

use super::super::settings::Email as Settings;
use super::super::{Outcome, Problem};
use crate::model::{Attempt, Destination, Message};

/// From whom our mails come.
pub(super) struct Sender {
    from: Mailbox,
    reply_to: Option<Mailbox>,
}

/// A mail, ready to be sent.
pub(super) struct Letter {
    pub(super) from: Address,
    pub(super) to: Address,
    /// Headers and parts. ASCII: other text is encoded, so that any relay takes it.
    pub(super) body: Vec<u8>,
    /// An address is not ASCII, which a relay must be able to take.
    pub(super) needs_utf8: bool,
}

impl Sender {
    pub(super) fn new(settings: &Settings) -> Result<Sender, Problem> {
        let read = |key, text: &str| {
            mailbox(text).ok_or_else(|| Problem::at(key, "expected a mail address, found something else"))
        };
        let reply_to =
            if settings.reply_to.is_empty() { None } else { Some(read("email.reply_to", &settings.reply_to)?) };
        Ok(Sender { from: read("email.from", &settings.from)?, reply_to })
    }

    /// The part after the `@`.
    pub(super) fn domain(&self) -> &str {
        self.from.email.domain()
    }

    /// The mail of this attempt. Its `Message-ID` is the notice's, so that a repeat is recognised.
    pub(super) fn compose(&self, attempt: &Attempt) -> Result<Letter, Outcome> {
        let (Destination::Email { address, name }, Message::Mail { subject, text, html, unsubscribe }) =
            (&attempt.destination, &attempt.message)
        else {
            return Err(Outcome::refused("not a mail"));
        };
        let id = attempt.notice_id.as_str();
        if !is_id(id) {
            return Err(Outcome::refused("the notice's id is no Message-ID"));
        }
        let to: Address = address.trim().parse().map_err(|_| Outcome::refused("not a mail address"))?;
        let name = name.as_deref().map(one_line).filter(|name| !name.is_empty());
        let mut builder = lettre::Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(name, to.clone()))
            .subject(one_line(subject))
            .message_id(Some(format!("<{id}@{}>", self.domain())))
            // Nobody's holiday notice answers to it (RFC 3834).
            .raw_header(header("Auto-Submitted", "auto-generated"));
        if let Some(reply_to) = &self.reply_to {
            builder = builder.reply_to(reply_to.clone());
        }
        if let Some(url) = unsubscribe.as_deref().filter(|url| is_url(url)) {
            // One click of the reader's mail program, without a page (RFC 8058). A relay that signs covers both.
            builder = builder
                .raw_header(header("List-Unsubscribe", &format!("<{url}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        // lettre adds `Date` by the real clock, which is right for a date that strangers check.
        let mail = builder
            .multipart(MultiPart::alternative_plain_html(text.to_owned(), html.to_owned()))
            .map_err(|_| Outcome::refused("no mail can be made of the message"))?;
        let needs_utf8 = !AsRef::<str>::as_ref(&to).is_ascii() || !AsRef::<str>::as_ref(&self.from.email).is_ascii();
        Ok(Letter { from: self.from.email.clone(), to, body: mail.formatted(), needs_utf8 })
    }
}

/// Reads `Name <address>` or the bare address.
pub(in super::super) fn mailbox(text: &str) -> Option<Mailbox> {
    text.parse().ok()
}

/// Ours are `ntc_` and digits; one from elsewhere must not break out of the header.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.".contains(&b))
}

/// A header of ASCII text.
fn header(name: &'static str, text: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), text.to_owned())
}

/// Whether a text stays within the brackets of its header.
fn is_url(text: &str) -> bool {
    text.starts_with("http") && text.bytes().all(|b| b.is_ascii_graphic() && b != b'<' && b != b'>')
}

/// A header's text is one line: a line break could begin a header of somebody else's choice.
fn one_line(text: &str) -> String {
    let spaced: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    spaced.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Gate;
    use crate::model::{NoticeId, RecipientKey, Timestamp};

    fn attempt() -> Attempt {
        Attempt {
            notice_id: NoticeId::from_text("ntc_1"),
            recipient_key: RecipientKey::service(),
            attempt: 1,
            unknown_since: None,
            deadline: Timestamp::LAST,
            destination: Destination::Email { address: String::new(), name: None },
            message: Message::Json(String::new()),
        }
    }

    fn compose(address: &str, name: &str, subject: &str, text: &str) -> Result<Letter, Outcome> {
        compose_with(address, name, subject, text, None)
    }

    fn compose_with(
        address: &str,
        name: &str,
        subject: &str,
        text: &str,
        unsubscribe: Option<&str>,
    ) -> Result<Letter, Outcome> {
        let settings = Settings { from: "包裹 <notices@parcels.example>".to_owned(), ..Settings::default() };
        let sender = Sender::new(&settings).map_err(|_| Outcome::refused("settings"))?;
        let destination = Destination::Email { address: address.to_owned(), name: Some(name.to_owned()) };
        let message = Message::Mail {
            subject: subject.to_owned(),
            text: text.to_owned(),
            html: "<p>你好</p>".to_owned(),
            unsubscribe: unsubscribe.map(str::to_owned),
        };
        sender.compose(&Attempt { destination, message, ..attempt() })
    }

    #[test]
    fn a_mail_is_ascii_and_carries_the_notice_as_its_id() {
        let letter = compose("wf@example.com", "王芳", "您的包裹可能延误", "您好").unwrap();
        let mail = String::from_utf8(letter.body).unwrap();
        assert!(mail.is_ascii() && !letter.needs_utf8);
        for line in ["Message-ID: <ntc_1@parcels.example>", "Auto-Submitted: auto-generated", "MIME-Version: 1.0"] {
            assert!(mail.lines().any(|found| found == line), "{line}\n{mail}");
        }
        assert!(mail.lines().all(|line| line.len() <= 998), "a line is too long for SMTP");
    }

    #[test]
    fn one_click_ends_mails_where_there_is_a_url_and_only_there() {
        let url = format!("https://pw.example/u/p:9f2c00112233445566778899/email/{}", "k".repeat(13));
        let mail = |url: Option<&str>| {
            String::from_utf8(compose_with("wf@example.com", "", "s", "t", url).unwrap().body).unwrap()
        };
        let found = mail(Some(&url));
        for line in [format!("List-Unsubscribe: <{url}>"), "List-Unsubscribe-Post: List-Unsubscribe=One-Click".into()] {
            assert!(found.lines().any(|found| found == line), "{line}\n{found}");
        }
        for none in [None, Some("javascript:alert(1)"), Some("https://a\r\nBcc: b@example.com"), Some("https://a>, <b")]
        {
            assert!(!mail(none).contains("List-Unsubscribe"), "{none:?}");
        }
    }

    #[test]
    fn no_text_of_others_begins_a_header() {
        let letter = compose("wf@example.com", "x\r\nBcc: a@example.com", "y\nBcc: b@example.com\r\n\r\nbody", "t");
        let mail = String::from_utf8(letter.unwrap().body).unwrap();
        assert!(!mail.lines().any(|line| line.starts_with("Bcc")), "{mail}");
    }

    #[test]
    fn what_is_no_address_is_refused_and_not_repeated() {
        for address in
            ["", "nobody", "a@b@c", "a@example.com\r\nRCPT TO:<b@example.com>", "a@example.com, b@example.com"]
        {
            assert_eq!(compose(address, "", "s", "t").err(), Some(Outcome::refused("not a mail address")), "{address}");
        }
    }

    #[test]
    fn a_notice_from_elsewhere_cannot_break_out_of_its_header() {
        for id in ["", "a@b", "ntc_1>\r\nBcc: a@example.com", "ntc 1"] {
            assert!(!is_id(id), "{id}");
        }
        assert!(is_id(crate::model::NoticeId::of(&["a"]).as_str()));
    }

    #[test]
    fn an_address_beyond_ascii_is_known_as_such() {
        assert!(compose("王芳@example.com", "", "s", "t").unwrap().needs_utf8);
    }

    #[tokio::test]
    async fn a_webhook_is_no_mail() {
        let settings = Settings { from: "a@example.com".into(), host: "h".into(), ..Settings::default() };
        let email = super::super::Email::open(&settings, &Default::default()).unwrap();
        let gate = Gate::new(Timestamp::LAST, std::sync::Arc::new(|| Timestamp::FIRST));
        assert_eq!(email.send(&attempt(), &gate).await, Outcome::refused("not a mail"));
    }
}
