//! What can be chosen, at what fee, until when and where; and what was chosen.

use serde_json::{Value, json};

use super::super::text::line;
use super::super::{Reader, when};
use super::{Saying, place};
use crate::model::{Chosen, Fee, Issued, NoticeKind, RerouteOption, World};
use crate::reroute::Link;

/// What can be chosen, each with its fee, and until when.
pub fn say_options(saying: &mut Saying<'_>, issued: &Issued) {
    // After the end of a matter there is nothing left to choose.
    if matches!(issued.kind, NoticeKind::Recovered | NoticeKind::Corrected) {
        return;
    }
    let offered: Vec<(RerouteOption, Option<&Fee>)> = match issued.offers.is_empty() {
        false => issued.offers.iter().map(|offer| (offer.option, Some(&offer.fee))).collect(),
        true => issued.options.iter().filter_map(|name| Some((RerouteOption::from_name(name)?, None))).collect(),
    };
    let options: Vec<Value> = offered
        .iter()
        .filter_map(|(option, offered)| {
            let name = saying.word("options", option.name())?;
            Some(match offered {
                Some(offered) => json!({"name": name, "fee": fee(saying, offered)}),
                None => json!({"name": name}),
            })
        })
        .collect();
    if options.is_empty() {
        return;
    }
    use RerouteOption::*;
    let has = |wanted: &[RerouteOption]| offered.iter().any(|(option, _)| wanted.contains(option));
    saying.say("has_time", has(&[Reschedule, Hold]));
    saying.say("has_place", has(&[Locker, Station, Outlet, Address, SafePlace, Neighbour]));
    saying.say("options", options);
    saying.say_moment("offer_until", issued.offer_until);
}

/// "free", or the amount as the language writes it.
fn fee(saying: &Saying<'_>, fee: &Fee) -> String {
    if fee.is_free() {
        return saying.word("fees", "free").unwrap_or_default();
    }
    let (amount, currency) = (line(&fee.amount), line(&fee.currency));
    let amount = amount.strip_suffix(".00").unwrap_or(&amount);
    let pattern = saying.word("fees", &currency).or_else(|| saying.word("fees", "other")).unwrap_or_default();
    when::fill(&pattern, &[("amount", amount), ("currency", &currency)])
}

/// The link, as a whole and in the parts that an approved template takes.
pub fn say_link(saying: &mut Saying<'_>, issued: &Issued, reader: &Reader, world: &World) {
    let (Some(links), Some(day)) = (&world.links, issued.link_day) else { return };
    let link = links.parcel(&issued.parcel_id, Link { journey: issued.journey, audience: reader.audience, day });
    let short = link.strip_prefix("https://").unwrap_or(&link);
    let mut parts = short.rsplitn(3, '/');
    if let (Some(token), Some(parcel), Some(base)) = (parts.next(), parts.next(), parts.next()) {
        saying.say("link_base", format!("{base}/"));
        saying.say("link_parcel", parcel);
        saying.say("link_token", token);
    }
    // Phones make a link of a text without its scheme too, and eight characters are a ninth of a text in Chinese.
    let is_sms = std::ptr::eq(saying.habit.own, saying.words.sms(saying.locale));
    saying.say("link", if is_sms { short } else { &link });
}

/// What was chosen and what became of it.
pub fn say_choice(saying: &mut Saying<'_>, chosen: &Chosen) {
    saying.say("choice", chosen.option.name());
    saying.say("choice_change", chosen.change.name());
    saying.say_some("choice_label", saying.word("options", chosen.option.name()));
    let is_place = matches!(chosen.option, RerouteOption::Locker | RerouteOption::Station | RerouteOption::Outlet);
    let (kind, name, id) = (chosen.option.name(), chosen.place_name.as_deref(), chosen.place.as_deref());
    let place = is_place.then(|| place(saying, Some(kind), name, id)).flatten();
    saying.say_some("choice_place", place);
    saying.say_window("choice_slot", chosen.slot);
    let fee = chosen.fee.as_ref().map(|due| fee(saying, due));
    saying.say_some("choice_fee", fee);
    let reason = chosen.reason.as_deref().and_then(|word| saying.word("refusals", word));
    saying.say_some("choice_reason", reason);
}
