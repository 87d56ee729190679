//! Every text is made at least once; a few stand here to be read.

use super::*;

#[test]
fn our_own_words_have_no_problems() {
    let problems = lint::lint(&Words::builtin(), &crate::notify::Policy::default());
    let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(problems.is_empty(), "{}:\n{}", problems.len(), lines.join("\n"));
}

/// Not a test of ours: shows everything, to be read.
#[test]
#[ignore]
fn show() {
    let mut out = String::new();
    for locale in Locale::ALL {
        let world = sample::world(locale, &crate::notify::Policy::default());
        for kind in crate::model::NoticeKind::all() {
            for audience in [Audience::Recipient, Audience::Merchant] {
                for (shape, content) in lint::contents(kind, audience, crate::model::Level::Warn, locale) {
                    let reader = sample::reader(locale, audience);
                    for channel in [crate::model::Channel::Sms, crate::model::Channel::Email] {
                        let route = lint::route(channel, crate::model::SmsProvider::Twilio, reader);
                        match message(&NoticeId::from_text("n"), &content, &route, &world) {
                            Some(Message::Text { text, .. }) => {
                                out += &format!(
                                    "## {} {} {} {shape} sms {}\n{text}\n",
                                    locale.name(),
                                    kind.name(),
                                    audience.name(),
                                    parts::count(&text).units
                                )
                            }
                            Some(Message::Mail { subject, text, .. }) => {
                                out += &format!(
                                    "## {} {} {} {shape}\n{subject}\n--\n{text}\n",
                                    locale.name(),
                                    kind.name(),
                                    audience.name()
                                )
                            }
                            other => {
                                out += &format!(
                                    "## {} {} {} {shape}: {other:?}\n",
                                    locale.name(),
                                    kind.name(),
                                    audience.name()
                                )
                            }
                        }
                    }
                }
            }
        }
    }
    println!("{out}");
}
