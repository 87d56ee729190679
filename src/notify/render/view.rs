//! What templates may say: the facts of a notice as texts for one reader on one channel. A fact that is unknown, or not for this
//! reader, is not there.

mod choice;
mod digest;
mod names;

use serde_json::Value;

pub use digest::digest;
pub use names::NAMES;

use super::text::line;
use super::when::{self, Habit};
use super::words::{Said, Words};
use super::{Locale, Reader};
use crate::model::{Audience, Eta, Issued, NoticeKind, Timestamp, World};
use crate::notify::policy::NotifyPolicy;

/// Where a notice is worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Form {
    Mail,
    Sms,
}

/// Whether a reader waits for a parcel or has sent it.
pub fn is_own(audience: Audience) -> bool {
    matches!(audience, Audience::Recipient | Audience::Sender)
}

/// What was said so far, and how.
struct Saying<'a> {
    said: Said,
    words: &'a Words,
    locale: Locale,
    habit: Habit<'a>,
    /// The notice's instant: a weekday alone is counted from it.
    at: Timestamp,
}

impl Saying<'_> {
    fn say(&mut self, name: &str, value: impl Into<Value>) {
        self.said.insert(name.to_owned(), value.into());
    }

    fn say_some(&mut self, name: &str, value: Option<impl Into<Value>>) {
        if let Some(value) = value {
            self.say(name, value);
        }
    }

    /// A text of somebody else's, as one line; nothing where nothing is left of it.
    fn say_line(&mut self, name: &str, text: Option<&str>) {
        self.say_some(name, text.map(line).filter(|text| !text.is_empty()));
    }

    fn say_moment(&mut self, name: &str, at: Option<Timestamp>) {
        let Some(at) = at else { return };
        self.say(name, self.habit.moment(at));
        self.say_near(name, self.habit.near_moment(at, self.at));
    }

    fn say_window(&mut self, name: &str, eta: Option<Eta>) {
        let Some(eta) = eta.map(|eta| Eta { from: eta.from.min(eta.to), to: eta.to }) else { return };
        self.say(name, self.habit.window(eta));
        self.say_near(name, self.habit.near_window(eta, self.at));
    }

    fn say_near(&mut self, name: &str, near: Option<String>) {
        let near_name = format!("{name}_near");
        if NAMES.contains(&near_name.as_str()) {
            self.say_some(&near_name, near);
        }
    }

    fn word(&self, table: &str, name: &str) -> Option<String> {
        self.words.word(self.locale, table, name).map(str::to_owned)
    }
}

/// What a reader may be told of a notice.
pub fn notice(issued: &Issued, reader: &Reader, form: Form, world: &World) -> Said {
    let (words, policy) = (&*world.words, &world.policy.notify);
    let locale = reader.locale;
    let common = words.sheet(locale);
    let own = if form == Form::Sms { words.sms(locale) } else { common };
    let habit = Habit { own, common, reader };
    let mut saying = Saying { said: Said::new(), words, locale, habit, at: issued.at };
    say_parcel(&mut saying, issued, reader, policy);
    say_course(&mut saying, issued, reader, policy);
    say_place(&mut saying, issued, reader);
    choice::say_options(&mut saying, issued);
    if is_own(reader.audience) {
        choice::say_link(&mut saying, issued, reader, world);
    }
    // Names to choose words by are always there, so that templates can compare them.
    ["choice", "choice_change"].into_iter().for_each(|name| saying.say(name, ""));
    if let Some(chosen) = &issued.facts.choice {
        choice::say_choice(&mut saying, chosen);
    }
    saying.said
}

/// Which parcel, about what, for whom.
fn say_parcel(saying: &mut Saying<'_>, issued: &Issued, reader: &Reader, policy: &NotifyPolicy) {
    let is_own = is_own(reader.audience);
    saying.say("audience", reader.audience.name());
    saying.say("kind", issued.kind.name());
    saying.say("level_name", issued.level.name());
    saying.say_some("level", saying.word("levels", issued.level.name()));
    saying.say_moment("at", Some(issued.at));
    saying.say("tail", tail(&line(&issued.parcel_id)));
    let sign = policy.sms_signs.get(reader.locale.name()).unwrap_or(&policy.from);
    saying.say("from", line(&policy.from));
    saying.say("sign", line(sign));
    saying.say_line("help", Some(&policy.help));
    saying.say_some("condition", issued.kind.condition().and_then(|kind| saying.word("conditions", kind.name())));
    if !is_own {
        saying.say_line("parcel_id", Some(&issued.parcel_id));
        saying.say_line("merchant", issued.merchant.as_deref());
    }
}

/// The last four letters and digits: a provider's type for numbers takes no hyphens. Of an id that has none, its last four characters.
fn tail(id: &str) -> String {
    let last = |id: String| id.chars().skip(id.chars().count().saturating_sub(4)).collect::<String>();
    let plain: String = id.chars().filter(char::is_ascii_alphanumeric).collect();
    last(if plain.is_empty() { id.to_owned() } else { plain })
}

/// Where it is, when it comes, and why.
fn say_course(saying: &mut Saying<'_>, issued: &Issued, reader: &Reader, policy: &NotifyPolicy) {
    let facts = &issued.facts;
    let is_own = is_own(reader.audience);
    saying.say("stage", facts.stage.map_or("", |code| code.name()));
    saying.say_some("stage_label", facts.stage.and_then(|code| saying.word("stages", code.name())));
    saying.say_some("hub", facts.hub.as_deref().and_then(|code| hub(code, reader.locale, is_own, policy)));
    saying.say_moment("last_scan", facts.last_scan);
    // "Still promised" is said of what is to come.
    saying.say_moment("promise", facts.promise.filter(|at| issued.kind != NoticeKind::Corrected || *at > issued.at));
    saying.say_window("eta", facts.eta);
    saying.say_window("slot", facts.slot);
    saying.say_moment("due", facts.due);
    if let Some(word) = facts.reason.as_deref() {
        match saying.word("reasons", word) {
            Some(clause) => saying.say("reason", clause),
            // A word of the hubs' that we do not know is jargon to a recipient.
            None if is_own => {}
            None => saying.say_line("reason", Some(word)),
        }
    }
    saying.say("ended", facts.ended.iter().map(|kind| kind.name()).collect::<Vec<_>>());
    let labels: Vec<String> = facts.ended.iter().filter_map(|kind| saying.word("conditions", kind.name())).collect();
    if !labels.is_empty() {
        let comma = saying.word("lists", "comma").unwrap_or_default();
        saying.say("ended_labels", labels.join(&comma));
    }
}

/// Where it waits, until when, under which code.
fn say_place(saying: &mut Saying<'_>, issued: &Issued, reader: &Reader) {
    let facts = &issued.facts;
    let is_own = is_own(reader.audience);
    let place = place(saying, facts.place_kind.as_deref(), facts.place_name.as_deref(), facts.place.as_deref());
    saying.say_some("place", place);
    saying.say_line("hours", facts.hours.as_deref());
    saying.say_line("pickup_code", facts.pickup_code.as_deref().filter(|_| is_own));
    // Nobody can collect by a day that is past.
    saying.say_moment("free_until", facts.free_until.filter(|until| !is_own || *until > issued.at));
}

/// "parcel locker LK-0310": its kind, unless its name says that, and its name for people, else its id.
fn place(saying: &Saying<'_>, kind: Option<&str>, name: Option<&str>, id: Option<&str>) -> Option<String> {
    let kind = kind.and_then(|kind| saying.word("places", kind));
    let text = |text: Option<&str>| text.map(line).filter(|text| !text.is_empty());
    match (kind, text(name), text(id)) {
        (Some(kind), Some(name), _) if name.to_lowercase().contains(&kind.to_lowercase()) => Some(name),
        (Some(kind), Some(name), _) => {
            let pattern = saying.word("lists", "place").unwrap_or_default();
            Some(when::fill(&pattern, &[("kind", &kind), ("name", &name)]))
        }
        (Some(kind), None, Some(id)) => Some(format!("{kind} {id}")),
        (kind, name, id) => name.or(id).or(kind),
    }
}

/// A hub by its name; by its code only to those who work with hubs.
fn hub(code: &str, locale: Locale, is_own: bool, policy: &NotifyPolicy) -> Option<String> {
    match (policy.hub_name(code, locale), is_own) {
        (Some(name), true) => Some(line(name)),
        (Some(name), false) => Some(line(&format!("{name} ({code})"))),
        (None, true) => None,
        (None, false) => Some(line(code)),
    }
}
