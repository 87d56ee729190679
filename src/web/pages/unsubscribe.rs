//! The page behind a mail's "unsubscribe".

use serde::Serialize;

use super::Pages;
use crate::model::Channel;
use crate::notify::render::Locale;

/// How far an unsubscription is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsubscribe {
    /// It is asked whether it is meant.
    Ask,
    /// Done; it can be taken back.
    Done,
    /// Taken back.
    Again,
}

impl Pages {
    /// The page that ends a channel, or says that it was done.
    pub fn unsubscribe(&self, channel: Channel, step: Unsubscribe, locale: Locale) -> String {
        #[derive(Serialize)]
        struct View {
            title: String,
            text: String,
            again: Option<String>,
            button: Option<String>,
            field: &'static str,
            value: &'static str,
            is_done: bool,
        }
        let words = self.words(locale);
        let text = |name: &str| words.text("unsubscribe", name);
        let of = |name: &str| text(&format!("{name}_{}", channel.name()));
        let view = match step {
            Unsubscribe::Ask => View {
                title: of("title"),
                text: text("lead"),
                again: None,
                button: Some(of("button")),
                field: "List-Unsubscribe",
                value: "One-Click",
                is_done: false,
            },
            Unsubscribe::Done => View {
                title: of("done"),
                text: text("done_next"),
                again: Some(text("again")),
                button: Some(text("again_button")),
                field: "change",
                value: "opt_in",
                is_done: true,
            },
            Unsubscribe::Again => View {
                title: of("on"),
                text: text("on_next"),
                again: None,
                button: None,
                field: "",
                value: "",
                is_done: true,
            },
        };
        let title = view.title.clone();
        self.render("unsubscribe.html", locale, &title, None, "", view)
    }
}
