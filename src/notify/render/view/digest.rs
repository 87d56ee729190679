//! What a digest may say.

use serde_json::json;

use super::super::Reader;
use super::super::content::Digest;
use super::super::text::line;
use super::super::when::Habit;
use super::super::words::Said;
use super::{Form, Saying};
use crate::model::{Eta, NoticeKind, World};

/// What a hub is told.
pub fn digest(digest: &Digest, reader: &Reader, form: Form, world: &World) -> Said {
    let (words, locale) = (&*world.words, reader.locale);
    let own = if form == Form::Sms { words.sms(locale) } else { words.sheet(locale) };
    let habit = Habit { own, common: words.sheet(locale), reader };
    let mut saying = Saying { said: Said::new(), words, locale, habit, at: digest.to };
    let policy = &world.policy.notify;
    let condition = |name: &str| words.word(locale, "conditions", name).unwrap_or_default();
    let level = |name: &str| words.word(locale, "levels", name).unwrap_or_default();
    let counts = digest.counts.iter().map(
        |row| json!({"condition": condition(row.kind.name()), "level": level(row.level.name()), "count": row.count}),
    );
    let parcels = digest.parcels.iter().map(|row| {
        let id = line(&row.parcel_id);
        json!({"parcel_id": id, "condition": condition(row.kind.name()), "level": level(row.level.name())})
    });
    saying.say("counts", counts.collect::<Vec<_>>());
    saying.say("parcels", parcels.collect::<Vec<_>>());
    saying.say("audience", reader.audience.name());
    saying.say("kind", NoticeKind::Digest.name());
    saying.say("from", line(&policy.from));
    saying.say("sign", line(policy.sms_signs.get(locale.name()).unwrap_or(&policy.from)));
    saying.say("hub", line(digest.subject()));
    saying.say_window("window", Some(Eta { from: digest.from, to: digest.to }));
    saying.say("total", digest.total);
    saying.say("more", digest.more);
    saying.said
}
