//! Who is told what.

use super::timeline::{Timeline, notices, with_merchant, world};
use crate::model::{Audience, ConditionKind, Level, RecipientKey, Timestamp};
use crate::track::input::Place;
use crate::track::parcel::Open;
use crate::track::telling::{Collection, Told, collection_id, condition_id};

#[test]
fn each_level_replaces_the_one_before_and_goes_to_whom_it_concerns() {
    notices(
        "0:00 ship ordered_at=0:00 merchant=M1 to=+8613800000000
         1:00 scan departed_hub H1
         49:00:00.002 time
             25:00:00.001 stalled info -> hub_ops until 49:00:00.001
             withdrawn: stalled info -> hub_ops
             49:00:00.001 stalled warn -> recipient until 73:00:00.001
             49:00:00.001 stalled warn -> hub_ops until 73:00:00.001
             49:00:00.001 stalled warn -> merchant until 73:00:00.001",
    );
}

#[test]
fn an_end_withdraws_at_once_and_tells_those_who_were_told() {
    notices(
        "0:00 ship ordered_at=0:00 merchant=M1 to=+8613800000000
         1:00 scan departed_hub H1
         49:00:00.002 time
             25:00:00.001 stalled info -> hub_ops until 49:00:00.001
             withdrawn: stalled info -> hub_ops
             49:00:00.001 stalled warn -> recipient until 73:00:00.001
             49:00:00.001 stalled warn -> hub_ops until 73:00:00.001
             49:00:00.001 stalled warn -> merchant until 73:00:00.001
         50:00 scan arrived_hub H2
             withdrawn: stalled warn -> recipient
             withdrawn: stalled warn -> hub_ops
             withdrawn: stalled warn -> merchant
         50:00:00.001 time
             50:00 recovered info from stalled -> recipient until 74:00
             50:00 recovered info from stalled -> merchant until 74:00",
    );
}

#[test]
fn what_opens_and_ends_at_one_instant_is_not_told() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         1:00 scan attempt_failed
         1:00 scan out_for_delivery event_time=1:00:00.500
         2:00 time",
    );
}

#[test]
fn of_levels_passed_at_one_instant_the_last_is_told() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         40:00 scan awaiting_collection event_time=-10:00 place=LK-1 pickup_code=4711
             24:00:00.001 never_uploaded warn -> recipient until 72:00:00.001
             withdrawn: never_uploaded warn -> recipient
         41:00 time
             40:00 uncollected warn 4711 -> recipient until 88:00
             40:00 collection info 4711 -> recipient until 88:00
             40:00 corrected info from never_uploaded -> recipient until 64:00",
    );
}

#[test]
fn a_retraction_says_that_the_records_were_wrong() {
    notices(
        "0:00 ship ordered_at=0:00 promise=10:00 to=+8613800000000 merchant=M1
         11:00 scan attempt_failed event_time=9:00
             10:30:00.001 delayed major -> recipient until 58:30:00.001
             10:30:00.001 delayed major -> merchant until 58:30:00.001
             withdrawn: delayed major -> recipient
             withdrawn: delayed major -> merchant
         12:00 time
             11:00 attempt_failed warn -> recipient until 35:00
             11:00 corrected info from delayed -> recipient until 35:00
             11:00 corrected info from delayed -> merchant until 35:00",
    );
}

#[test]
fn nobody_hears_of_recovery_from_a_scan_with_other_news_or_while_something_told_stays_open() {
    notices(
        "0:00 ship ordered_at=0:00 shipped_at=-1:00 promise=10:00 to=+8613800000000
         1:00 scan damaged
         10:40 scan arrived_hub H1
             1:00 damaged critical -> recipient until 169:00
             1:00 damaged critical -> customer_service until 169:00
             10:30:00.001 delayed major -> recipient until 58:30:00.001
         11:00 scan attempt_failed
             withdrawn: delayed major -> recipient
         12:00 scan out_for_delivery
             11:00 attempt_failed warn -> recipient until 35:00
             withdrawn: attempt_failed warn -> recipient
         13:00 scan delivered
         14:00 time",
    );
    notices(
        "0:00 ship ordered_at=0:00 promise=10:00 to=+8613800000000
         1:00 scan arrived_hub H1
         11:00 scan awaiting_collection pickup_code=11
             10:30:00.001 delayed major -> recipient until 58:30:00.001
             withdrawn: delayed major -> recipient
         12:00 time
             11:00 collection info 11 -> recipient until 59:00",
    );
}

#[test]
fn what_was_left_out_of_one_recovery_is_in_the_next() {
    notices(
        "0:00 ship ordered_at=0:00 promise=10:00 to=+8613800000000
         1:00 scan arrived_hub H1
         11:00 scan attempt_failed
             10:30:00.001 delayed major -> recipient until 58:30:00.001
             withdrawn: delayed major -> recipient
         13:00 scan delivered
             11:00 attempt_failed warn -> recipient until 35:00
             withdrawn: attempt_failed warn -> recipient
         13:00 over
             13:00 recovered info from delayed+attempt_failed -> recipient until 37:00",
    );
}

#[test]
fn nobody_hears_of_recovery_from_a_return_a_loss_or_a_cancellation() {
    for (scan, told) in [
        ("returning", ""),
        (
            "lost",
            "\n13:00 lost critical -> recipient until 181:00\n13:00 lost critical -> customer_service until 181:00",
        ),
        ("cancelled", ""),
    ] {
        notices(&format!(
            "0:00 ship ordered_at=0:00 promise=10:00 to=+8613800000000
             1:00 scan arrived_hub H1
             13:00 scan {scan}
                 10:30:00.001 delayed major -> recipient until 58:30:00.001
                 withdrawn: delayed major -> recipient
             13:00 over{told}",
        ));
    }
}

#[test]
fn a_found_parcel_is_good_news_to_those_who_heard_that_it_was_lost() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         1:00 scan lost
         2:00 scan sorted H1
             1:00 lost critical -> recipient until 169:00
             1:00 lost critical -> customer_service until 169:00
             withdrawn: lost critical -> recipient
             withdrawn: lost critical -> customer_service
         3:00 time
             2:00 recovered info from lost -> recipient until 26:00
             2:00 recovered info from lost -> customer_service until 26:00",
    );
}

#[test]
fn the_sender_is_concerned_after_returning() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000 from=+8613900000000
         1:00 scan attempt_failed
         2:00 scan returning
             1:00 attempt_failed warn -> recipient until 25:00
             withdrawn: attempt_failed warn -> recipient
         3:00 scan attempt_failed
         4:00 scan awaiting_collection pickup_code=12
             3:00 attempt_failed warn -> sender until 27:00
             withdrawn: attempt_failed warn -> sender
         23:00 time
             4:00 collection info 12 -> sender until 52:00
             22:00:00.001 uncollected info 12 -> sender until 70:00:00.001",
    );
}

#[test]
fn an_arrival_is_told_once_for_each_place_and_code_and_withdrawn_when_it_is_collected() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         1:00 scan awaiting_collection place=LK-1 pickup_code=11
         2:00 scan awaiting_collection place=LK-1 pickup_code=11
             1:00 collection info 11 -> recipient until 49:00
         3:00 scan awaiting_collection
         4:00 scan awaiting_collection pickup_code=22
             withdrawn: collection info 11 -> recipient
         5:00 scan collected
             4:00 collection info 22 -> recipient until 52:00
             withdrawn: collection info 22 -> recipient
         6:00 time",
    );
}

#[test]
fn a_shell_is_told_to_its_hub_and_to_everybody_once_it_is_announced() {
    notices(
        "0:00 scan damaged H1
         1:00 scan awaiting_collection H1 pickup_code=11
             0:00 damaged critical -> hub_ops until 168:00
         2:00 ship ordered_at=0:00 to=+8613800000000
         3:00 time
             2:00 damaged critical -> recipient until 170:00
             2:00 damaged critical -> customer_service until 170:00
             2:00 collection info 11 -> recipient until 50:00",
    );
}

#[test]
fn what_a_hold_explains_is_told_to_nobody() {
    notices(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         1:00 scan departed_hub H1
         2:00 scan held H1
         48:00 scan held H1 event_time=2:00
         50:00 scan arrived_hub H2 event_time=20:00
         93:00 time
             50:00 stalled warn -> recipient until 74:00
             50:00 stalled warn -> hub_ops until 74:00
             withdrawn: stalled warn -> recipient
             withdrawn: stalled warn -> hub_ops
             92:00:00.001 stalled major -> recipient until 116:00:00.001
             92:00:00.001 stalled major -> hub_ops until 116:00:00.001",
    );
}

#[test]
fn a_merchant_hears_what_it_asks_to_hear() {
    for (audiences, heard) in [
        (r#"["merchant","recipient"]"#, "1:00 attempt_failed warn -> merchant until 25:00"),
        (r#"["merchant"]"#, ""),
        (r#"["recipient","hub_ops"]"#, "1:00 attempt_failed warn -> merchant until 25:00"),
    ] {
        let merchant = format!(r#"{{"merchant":"M1","audiences":{audiences}}}"#);
        Timeline::new(with_merchant(world(&[]), &merchant), true).check(&format!(
            "0:00 ship ordered_at=0:00 to=+8613800000000 merchant=M1
             1:00 scan attempt_failed
             2:00 time
                 1:00 attempt_failed warn -> recipient until 25:00
                 {heard}",
        ));
    }
}

#[test]
fn a_hub_hears_of_a_parcel_that_it_never_saw_where_it_should_have() {
    notices(
        "0:00 ship ordered_at=0:00 origin=H9
         25:00 time
             24:00:00.001 never_uploaded warn -> hub_ops until 72:00:00.001",
    );
}

#[test]
fn who_is_told_is_configuration() {
    let changes = [
        ("held = {}", "held = { recipient = \"info\" }"),
        ("collection = { recipient = \"info\" }", "collection = { recipient = \"never\" }"),
    ];
    Timeline::new(world(&changes), true).check(
        "0:00 ship ordered_at=0:00 to=+8613800000000
         1:00 scan held
         2:00 scan awaiting_collection
             1:00 held info -> recipient until 25:00
             withdrawn: held info -> recipient
         3:00 time
             2:00 recovered info from held -> recipient until 26:00",
    );
}

#[test]
fn an_id_says_what_is_told_of_what_and_to_whom() {
    let limit = Timestamp::from_millis(1);
    let open = |kind, episode, limit| Open {
        kind,
        episode,
        limit,
        level: Level::Warn,
        milestone: None,
        promise: None,
        refutable_until: None,
        since: limit,
        untold: None,
        told: Vec::new(),
    };
    let told = |audience, key: &str, level, revision| {
        let key = RecipientKey::from_text(key);
        Told { audience, key, level, revision, withdrawn: false }
    };
    let (stalled, recipient) = (ConditionKind::Stalled, Audience::Recipient);
    let first = || (open(stalled, 1, limit), told(recipient, "p:1", Level::Warn, 1));
    let id = |parcel: &str, journey, (open, told): &(Open, Told)| condition_id(parcel, journey, open, told);
    let others = [
        (open(ConditionKind::Delayed, 1, limit), first().1),
        (open(stalled, 2, limit), first().1),
        // The same parcel id, long after it was forgotten.
        (open(stalled, 1, limit.next()), first().1),
        (first().0, told(Audience::Sender, "p:1", Level::Warn, 1)),
        (first().0, told(recipient, "p:2", Level::Warn, 1)),
        (first().0, told(recipient, "p:1", Level::Major, 1)),
        (first().0, told(recipient, "p:1", Level::Warn, 2)),
    ];
    let mut ids: Vec<_> = others.iter().map(|other| id("P1", 1, other)).collect();
    ids.extend([id("P1", 1, &first()), id("P2", 1, &first()), id("P1", 2, &first())]);
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(distinct.len(), ids.len());
    assert_eq!(id("P1", 1, &first()), id("P1", 1, &first()));
}

#[test]
fn an_id_of_an_arrival_says_when_where_and_with_which_code() {
    let key = RecipientKey::from_text("p:1");
    let told = Told { audience: Audience::Recipient, key, level: Level::Info, revision: 1, withdrawn: false };
    let id = |at, place: &str, code: &str| {
        let (place, pickup_code) = (Some(place.into()), Some(code.into()));
        let place = Place { place, kind: None, pickup_code, free_until: None };
        let arrival = Collection { event_time: Timestamp::from_millis(at), place, untold: None, told: Vec::new() };
        collection_id("P1", 1, &arrival, &told)
    };
    let ids = [id(1, "LK-1", "11"), id(2, "LK-1", "11"), id(1, "LK-2", "11"), id(1, "LK-1", "22")];
    assert_eq!(std::collections::BTreeSet::from(ids.clone()).len(), ids.len());
    assert_eq!(id(1, "LK-1", "11"), ids[0]);
}
