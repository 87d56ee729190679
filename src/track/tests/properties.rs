//! What holds for any history: how it is batched, saved, restored, aborted and told shows in nothing else.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::prelude::*;

use super::timeline::{choosing, world};
use crate::model::{
    Audience, Change, Code, ConditionKind, Count, Detail, Effect, Eta, LINK_AUDIENCES, Notice, Recipient, Reroute,
    RerouteChange, RerouteOption, StateVersion, Timestamp, WORK_CASE, WorkOrderChange, World,
};
use crate::reroute::{Link, Links, Offer, PageState, proof};
use crate::state::Machine;
use crate::track::parcel::Parcel;
use crate::track::{Endpoint, Identity, Input, Milestone, Place, Scan, Shipment, Tracker};

const MINUTE_MS: i64 = 60_000;

/// A record and how long after the one before it comes.
#[derive(Clone, Debug)]
pub(super) struct Step {
    gap_minutes: i64,
    parcel: u8,
    what: Record,
}

#[derive(Clone, Debug)]
enum Record {
    /// `ago` in minutes.
    Scan {
        code: Code,
        hub: u8,
        ago: i64,
        place: u8,
    },
    Shipment {
        ago: i64,
        promise: Option<i64>,
        service: u8,
        route: Option<Vec<(Code, u8, u64)>>,
        cancelled: bool,
    },
    Reroute {
        change: RerouteChange,
        option: RerouteOption,
        /// Which of the slots of the next days, or which place.
        which: i64,
        /// Of few, so that records repeat and answer each other.
        id: u8,
        revision: Option<u32>,
        by_sender: bool,
    },
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let gap = prop_oneof![4 => Just(0), 4 => 1..120i64, 3 => 120..3000i64, 1 => 3000..100_000i64];
    let code = || (0..Code::ALL.len()).prop_map(|index| Code::ALL[index]);
    let scan = (code(), 0..4u8, prop_oneof![3 => Just(0), 3 => 0..300i64, 1 => 0..6000i64], 0..3u8);
    let scan = scan.prop_map(|(code, hub, ago, place)| Record::Scan { code, hub, ago, place });
    let route = prop::collection::vec((code(), 0..4u8, 0..2000u64), 0..5);
    let shipment =
        (0..3000i64, prop::option::of(-2000..4000i64), 0..5u8, prop::option::of(route), prop::bool::weighted(0.05));
    let shipment = shipment.prop_map(|(ago, promise, service, route, cancelled)| Record::Shipment {
        ago,
        promise,
        service,
        route,
        cancelled,
    });
    let change = prop_oneof![4 => Just(0usize), 2 => Just(1), 2 => Just(2), 1 => Just(3), 1 => Just(4), 1 => Just(5), 1 => Just(6)];
    let reroute = (change, 0..9usize, 0..5i64, 0..6u8, prop::option::weighted(0.3, 0..4u32), prop::bool::weighted(0.2));
    let reroute = reroute.prop_map(|(change, option, which, id, revision, by_sender)| Record::Reroute {
        change: RerouteChange::ALL[change],
        option: RerouteOption::ALL[option],
        which,
        id,
        revision,
        by_sender,
    });
    let record = prop_oneof![8 => scan, 3 => shipment, 3 => reroute];
    let step = (gap, 0..3u8, record).prop_map(|(gap_minutes, parcel, what)| Step { gap_minutes, parcel, what });
    prop::collection::vec(step, 1..40)
}

fn hub(number: u8) -> Option<Box<str>> {
    (number > 0).then(|| format!("H{number}").into())
}

fn input(step: &Step, now: Timestamp, world: &World) -> Input {
    let parcel_id = format!("P{}", step.parcel);
    let before = |ago: i64| Timestamp::from_millis(now.as_millis() - ago * MINUTE_MS);
    match &step.what {
        Record::Scan { code, hub: at, ago, place } => {
            let event_time = before(*ago);
            let second = event_time.as_millis().div_euclid(1000);
            Input::Scan(Box::new(Scan {
                parcel_id,
                identity: Identity { code: *code, hub: hub(*at), second, zoned: true },
                event_time,
                offset_minutes: 480,
                upload_time: (*place > 0).then_some(now),
                corrected: None,
                reason: None,
                place: Place {
                    pickup_code: hub(*place),
                    kind: (*place > 1).then(|| "locker".into()),
                    ..Place::default()
                },
                malformed: Vec::new(),
            }))
        }
        Record::Shipment { ago, promise, service, route, cancelled } => {
            let milestone = |&(code, at, within): &(Code, u8, u64)| {
                let within_ms = (within > 0).then_some(within * MINUTE_MS as u64);
                Milestone { code, hub: hub(at), within_ms }
            };
            let services = [None, Some("same-city"), Some("inter-city"), Some("on-demand"), Some("no such")];
            let person = |phone: &str| Some(Recipient { phone: Some(phone.to_owned()), ..Recipient::default() });
            Input::Shipment(Box::new(Shipment {
                parcel_id,
                ordered_at: before(*ago),
                shipped_at: None,
                promise: promise.map(|ahead| before(-ahead)),
                updated_at: None,
                merchant: Some("M1".into()),
                service: services[usize::from(*service)].map(Into::into),
                origin: None,
                destination: Some(Endpoint { hub: None, area: Some("310104".into()) }),
                route: route.as_ref().map(|route| route.iter().map(milestone).collect()),
                recipient: person("+8613800001234"),
                sender: person("+8613900005678"),
                flags: None,
                consent: None,
                cancelled: Some(*cancelled),
                malformed: Vec::new(),
            }))
        }
        Record::Reroute { change, option, which, id, revision, by_sender } => {
            let links = world.links.as_deref().expect("links");
            let day = now.as_millis() - now.as_millis().rem_euclid(24 * 60 * MINUTE_MS);
            let hour = |hours: i64| Timestamp::from_millis(day + (which / 2 * 24 + hours) * 60 * MINUTE_MS);
            let hours = if which % 2 == 0 { (9, 12) } else { (14, 18) };
            let place = ["LK-1", "LK-2", "ST-1", "OU-1", "gone"][*which as usize];
            let detail = match option {
                RerouteOption::Reschedule => {
                    Detail { slot: Some(Eta { from: hour(hours.0), to: hour(hours.1) }), ..Detail::default() }
                }
                RerouteOption::Locker | RerouteOption::Station | RerouteOption::Outlet => {
                    Detail { place: Some(place.to_owned()), ..Detail::default() }
                }
                RerouteOption::Address | RerouteOption::SafePlace | RerouteOption::Neighbour => {
                    Detail { text: Some("by the bins".to_owned()), ..Detail::default() }
                }
                RerouteOption::Hold | RerouteOption::Return => Detail::default(),
            };
            let record = Reroute {
                id: format!("rr_{id}"),
                proof: proof(links, &parcel_id, if *which == 0 { "0001" } else { "1234" }),
                parcel_id,
                journey: 1,
                notice_id: None,
                change: *change,
                option: Some(*option),
                detail,
                fee: None,
                at: now,
                by: Some(if *by_sender { "sender" } else { "recipient" }.to_owned()),
                reason: None,
                revision: *revision,
            };
            Input::Reroute { record: Box::new(record), malformed: Vec::new() }
        }
    }
}

/// What the page writes when an offer is taken up.
fn choose(id: &str, offer: &Offer, audience: Audience, revision: u32, now: Timestamp, world: &World) -> Input {
    let links = world.links.as_deref().expect("links");
    let text = offer.asks_text.then(|| "by the bins".to_owned());
    let digits = if audience == Audience::Recipient { "1234" } else { "5678" };
    let record = Reroute {
        id: format!("rr_{}", now.as_millis()),
        parcel_id: id.to_owned(),
        journey: 1,
        notice_id: None,
        change: RerouteChange::Requested,
        option: Some(offer.option),
        detail: Detail { text, ..offer.detail.clone() },
        fee: Some(offer.fee.clone()),
        at: now,
        by: Some(audience.name().to_owned()),
        reason: None,
        proof: offer.asks_proof.then(|| proof(links, id, digits)).flatten(),
        revision: Some(revision),
    };
    Input::Reroute { record: Box::new(record), malformed: Vec::new() }
}

/// A tracker with its state log, as far as that is a map of the last values.
pub(super) struct Partition {
    pub world: World,
    pub tracker: Tracker,
    log: BTreeMap<(usize, String), Vec<u8>>,
}

impl Partition {
    pub fn new(world: &World) -> Partition {
        let mut tracker = Tracker::default();
        tracker.restored(world);
        tracker.set_open(true);
        Partition { world: world.clone(), tracker, log: BTreeMap::new() }
    }

    /// Saves what was touched.
    fn commit(&mut self) {
        self.commit_tables(usize::MAX);
    }

    /// Saves what was touched as a version that knows fewer tables: it carries the others.
    fn commit_tables(&mut self, known: usize) {
        for (number, table) in self.tracker.tables().into_iter().enumerate().take(known) {
            table.changed(1, &mut |key, value, _| {
                let key = (number, key.to_owned());
                match value {
                    Some(bytes) => self.log.insert(key, bytes.to_vec()),
                    None => self.log.remove(&key),
                };
            });
        }
        self.tracker.committed();
    }

    /// An instance of a version takes over, from the log.
    fn taken_over(&mut self, by: StateVersion) {
        self.world.state_version = by;
        let mut tracker = Tracker::default();
        for ((number, key), bytes) in &self.log {
            tracker.tables()[*number].restore(key, Some(bytes), 0).expect("what was saved can be read");
        }
        tracker.restored(&self.world);
        tracker.set_open(true);
        assert_eq!(self.counts(), counts(&tracker));
        self.tracker = tracker;
    }

    /// Another instance takes over at `now`, from the log.
    fn restore(&mut self, now: Timestamp) {
        self.taken_over(StateVersion::NEWEST);
        let mut effects = Vec::new();
        self.pass(now, &mut effects);
        assert_eq!(effects, []);
    }

    fn counts(&self) -> Vec<(&'static str, usize)> {
        counts(&self.tracker)
    }

    fn pass(&mut self, now: Timestamp, out: &mut Vec<Effect>) {
        while self.tracker.handle_timeout(now, 7, &self.world, out) == 7 {}
    }

    pub fn apply(&mut self, step: &Step, now: Timestamp, out: &mut Vec<Effect>) {
        self.pass(now, out);
        self.tracker.handle(now, input(step, now, &self.world), &self.world, out);
    }
}

fn counts(tracker: &Tracker) -> Vec<(&'static str, usize)> {
    tracker.stage_counts().collect()
}

/// Each step with its time, and a time long after all.
pub(super) fn timed(steps: &[Step]) -> (Vec<(&Step, Timestamp)>, Timestamp) {
    let mut now = super::timeline::instant("1000:00");
    let timed = steps.iter().map(|step| {
        now = Timestamp::from_millis(now.as_millis() + step.gap_minutes * MINUTE_MS);
        (step, now)
    });
    let timed = timed.collect();
    (timed, Timestamp::from_millis(now.as_millis() + 90 * 24 * 60 * MINUTE_MS))
}

/// The history played in one go.
fn undisturbed(steps: &[Step]) -> Vec<Effect> {
    let (steps, end) = timed(steps);
    let mut partition = Partition::new(&choosing(world(&[])));
    let mut effects = Vec::new();
    for (step, now) in steps {
        partition.apply(step, now, &mut effects);
    }
    partition.pass(end, &mut effects);
    effects
}

/// A kind of condition that is saved with a parcel and that a version cannot read, if there is one.
fn unreadable(log: &BTreeMap<(usize, String), Vec<u8>>, version: StateVersion) -> Option<String> {
    let parcels = log.iter().filter(|((table, _), _)| *table == 0);
    let parcels = parcels.map(|(_, bytes)| crate::saved::read::<Parcel>(bytes).0);
    let left_out: Vec<&str> = version.leaves_out().map(ConditionKind::name).collect();
    let kind = |parcel: serde_json::Value| {
        let of = |list: &serde_json::Value, kind: &str| {
            let all = list.as_array().into_iter().flatten();
            all.filter_map(|one| Some(one.pointer(kind)?.as_str()?.to_owned())).collect::<Vec<_>>()
        };
        let saved =
            [of(&parcel["open"], "/kind"), of(&parcel["episodes"], "/0"), of(&parcel["telling"]["over"], "/kind")];
        saved.into_iter().flatten().find(|kind| left_out.contains(&kind.as_str()))
    };
    parcels.into_iter().find_map(kind)
}

/// Without how late a limit was looked at.
fn without_lateness(effects: Vec<Effect>) -> Vec<Effect> {
    effects.into_iter().filter(|effect| !matches!(effect, Effect::Count(Count::TimerFired { .. }))).collect()
}

fn is_condition(effect: &Effect) -> bool {
    matches!(effect, Effect::Condition(_))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn restoring_from_the_log_shows_in_nothing(steps in steps(), restores in prop::collection::vec(any::<bool>(), 40)) {
        let (timed, end) = timed(&steps);
        let mut partition = Partition::new(&choosing(world(&[])));
        let mut effects = Vec::new();
        for ((step, now), restore) in timed.into_iter().zip(restores) {
            partition.apply(step, now, &mut effects);
            partition.commit();
            if restore {
                partition.restore(now);
            }
        }
        partition.pass(end, &mut effects);
        prop_assert_eq!(effects, undisturbed(&steps));
    }

    #[test]
    fn an_abort_puts_back_everything(steps in steps(), batches in prop::collection::vec((1..5usize, 0..3u8), 40)) {
        let (timed, end) = timed(&steps);
        let mut partition = Partition::new(&choosing(world(&[])));
        let mut effects = Vec::new();
        let mut rest = &timed[..];
        for (length, aborts) in batches {
            let (batch, later) = rest.split_at(length.min(rest.len()));
            let counted = partition.counts();
            for _ in 0..aborts {
                let mut lost = Vec::new();
                for (step, now) in batch {
                    partition.apply(step, *now, &mut lost);
                }
                partition.tracker.aborted(&partition.world);
                prop_assert_eq!(&counted, &partition.counts());
            }
            for (step, now) in batch {
                partition.apply(step, *now, &mut effects);
            }
            partition.commit();
            rest = later;
        }
        for (step, now) in rest {
            partition.apply(step, *now, &mut effects);
        }
        partition.pass(end, &mut effects);
        prop_assert_eq!(effects, undisturbed(&steps));
    }

    #[test]
    fn what_must_be_readable_by_an_older_version_holds_nothing_that_it_cannot_read(steps in steps()) {
        let (timed, end) = timed(&steps);
        let older = StateVersion::V1;
        let mut partition = Partition::new(&World { state_version: older, ..choosing(world(&[])) });
        for (step, now) in timed {
            partition.apply(step, now, &mut Vec::new());
            partition.commit();
            prop_assert_eq!(unreadable(&partition.log, older), None);
        }
        partition.pass(end, &mut Vec::new());
        partition.commit();
        prop_assert_eq!(unreadable(&partition.log, older), None);
    }

    #[test]
    fn whoever_has_it_in_between_no_signature_that_a_tour_explains_is_suspect_and_nothing_is_kept(
        steps in steps(),
        owners in prop::collection::vec(any::<bool>(), 40),
    ) {
        let (timed, end) = timed(&steps);
        let mut partition = Partition::new(&choosing(world(&[])));
        let mut is_ours = true;
        for ((step, now), ours) in timed.into_iter().zip(owners) {
            if ours != is_ours {
                partition.taken_over(if ours { StateVersion::NEWEST } else { StateVersion::V1 });
                is_ours = ours;
            }
            let mut effects = Vec::new();
            partition.apply(step, now, &mut effects);
            // Once it may open conditions that an older version cannot read, none gets it back.
            partition.commit_tables(if is_ours { usize::MAX } else { 4 });
            for effect in effects {
                let Effect::Condition(change) = effect else { continue };
                let suspect = change.condition == ConditionKind::SuspectSignature && change.change == Change::Opened;
                let parcel = partition.tracker.parcels.get(&change.parcel_id);
                let accepted = parcel.map(|parcel| parcel.history.accepted()).unwrap_or_default();
                let delivered = accepted.iter().filter(|scan| scan.code == Code::Delivered);
                let delivered = delivered.map(|scan| scan.event_time).min().unwrap_or(now);
                let explains = |code| matches!(code, Code::OutForDelivery | Code::AwaitingCollection);
                let explained = accepted.iter().any(|scan| explains(scan.code) && scan.event_time <= delivered);
                prop_assert!(!(suspect && explained), "{change:?}");
            }
        }
        partition.taken_over(StateVersion::NEWEST);
        partition.pass(end, &mut Vec::new());
        prop_assert!(partition.tracker.signs.len() <= partition.tracker.parcels.len());
    }

    #[test]
    fn a_repeated_choice_has_no_effect(steps in steps()) {
        let (timed, end) = timed(&steps);
        let mut partition = Partition::new(&choosing(world(&[])));
        let mut effects = Vec::new();
        let mut before: Option<(&Step, Timestamp)> = None;
        for (step, now) in timed {
            if let Some((step, at)) = before.take() {
                partition.pass(now, &mut effects);
                let again = input(step, at, &partition.world);
                partition.tracker.handle(now, again, &partition.world, &mut effects);
            }
            partition.apply(step, now, &mut effects);
            let Record::Reroute { change, .. } = step.what else { continue };
            partition.apply(step, now, &mut effects);
            // Later, a parcel may be another one, and an answer to nothing may find something to end.
            let is_known = matches!(change, RerouteChange::Requested | RerouteChange::Revoked);
            before = Some((step, now)).filter(|_| is_known);
        }
        partition.pass(end, &mut effects);
        let without_counts = |effects: Vec<Effect>| {
            let effects = effects.into_iter().filter(|effect| !matches!(effect, Effect::Count(Count::Reroute { .. })));
            without_lateness(effects.collect())
        };
        prop_assert_eq!(without_counts(effects), without_counts(undisturbed(&steps)));
    }

    #[test]
    fn of_the_choices_about_a_parcel_one_stands_at_most(steps in steps()) {
        let mut partition = Partition::new(&choosing(world(&[])));
        for (step, now) in timed(&steps).0 {
            partition.apply(step, now, &mut Vec::new());
            for (id, choices) in partition.tracker.choices.iter() {
                let standing = choices.made.iter().filter(|choice| choice.stands()).count();
                prop_assert!(standing <= 1, "{id}: {choices:?}");
            }
        }
    }

    #[test]
    fn a_page_shows_no_contact_and_offers_what_can_be_chosen_at_that_instant(steps in steps()) {
        let mut partition = Partition::new(&choosing(world(&[])));
        let world = partition.world.clone();
        for (step, now) in timed(&steps).0 {
            partition.apply(step, now, &mut Vec::new());
            // What is tried below is put back.
            partition.commit();
            let id = format!("P{}", step.parcel);
            for audience in LINK_AUDIENCES {
                let link = Link { journey: 1, audience, day: Links::day(now) + 200 };
                let Some(PageState::Open(page)) = partition.tracker.page(&id, link, now, &world) else { continue };
                let json = serde_json::to_string(&page).expect("JSON");
                prop_assert!(!["00001234", "00005678", "by the bins"].iter().any(|secret| json.contains(secret)), "{json}");
                prop_assert!(page.offers.iter().all(|offer| offer.until >= now), "{:?}", page.offers);
                let mut values = HashSet::new();
                for offer in page.offers {
                    prop_assert!(values.insert(offer.value()), "two radio buttons of one value");
                    let fresh = choose(&id, &offer, audience, page.revision, now, &world);
                    let mut effects = Vec::new();
                    partition.tracker.handle(now, fresh, &world, &mut effects);
                    let is_work = |effect: &Effect| matches!(effect, Effect::WorkOrder(order) if order.change == WorkOrderChange::Created);
                    prop_assert!(effects.iter().any(is_work), "{offer:?}: {effects:?}");
                    partition.tracker.aborted(&world);
                }
            }
        }
    }

    #[test]
    fn no_choice_is_worked_on_past_its_cut_off(steps in steps()) {
        let mut worked_on = HashMap::new();
        for effect in undisturbed(&steps) {
            let Effect::WorkOrder(order) = effect else { continue };
            match order.change {
                WorkOrderChange::Created => {
                    let in_time = order.due.map_or(order.kind == WORK_CASE, |due| order.at <= due);
                    prop_assert!(in_time, "{order:?}");
                    worked_on.insert((order.kind.clone(), order.parcel_id.clone()), order.id.clone());
                }
                WorkOrderChange::Cancelled => {
                    let known = worked_on.remove(&(order.kind.clone(), order.parcel_id.clone()));
                    prop_assert_eq!(known, Some(order.id.clone()));
                }
            }
        }
    }

    #[test]
    fn how_time_is_cut_into_calls_shows_in_nothing(steps in steps(), spurious in prop::collection::vec(any::<bool>(), 40)) {
        let (timed, end) = timed(&steps);
        let mut partition = Partition::new(&choosing(world(&[])));
        let mut effects = Vec::new();
        let until = |partition: &mut Partition, now: Timestamp, effects: &mut Vec<Effect>| {
            while let Some(due) = partition.tracker.poll_timeout().filter(|due| *due < now) {
                partition.tracker.handle_timeout(due.next(), 1, &partition.world, effects);
            }
        };
        for ((step, now), spurious) in timed.into_iter().zip(spurious) {
            until(&mut partition, now, &mut effects);
            if spurious {
                partition.tracker.handle_timeout(now, 100, &partition.world, &mut effects);
            }
            let input = input(step, now, &partition.world);
            partition.tracker.handle(now, input, &partition.world, &mut effects);
        }
        until(&mut partition, end, &mut effects);
        prop_assert_eq!(without_lateness(effects), without_lateness(undisturbed(&steps)));
    }

    #[test]
    fn telling_shows_in_no_condition(steps in steps(), gates in prop::collection::vec(any::<bool>(), 40)) {
        let (timed, end) = timed(&steps);
        let mut partition = Partition::new(&choosing(world(&[])));
        let mut effects = Vec::new();
        for ((step, now), open) in timed.into_iter().zip(gates) {
            partition.tracker.set_open(open);
            partition.apply(step, now, &mut effects);
        }
        partition.tracker.set_open(false);
        partition.pass(end, &mut effects);
        let all = effects.clone();
        effects.retain(is_condition);
        let mut expected = undisturbed(&steps);
        expected.retain(is_condition);
        prop_assert_eq!(effects, expected);
        check_notices(&all)?;
    }

    #[test]
    fn changes_come_in_the_order_of_their_instants_and_fit_together(steps in steps()) {
        let effects = undisturbed(&steps);
        let mut last = Timestamp::MIN;
        let mut open = HashSet::new();
        for change in effects.iter().filter_map(|effect| if let Effect::Condition(change) = effect { Some(change) } else { None }) {
            prop_assert!(change.at >= last, "{change:?} after {last}");
            last = change.at;
            let key = (change.parcel_id.clone(), change.journey, change.condition, change.episode);
            let fits = match change.change {
                // An instant.
                _ if change.condition == ConditionKind::UploadedLate => change.change == Change::Opened,
                Change::Opened => open.insert(key),
                Change::Escalated => open.contains(&key),
                Change::Cleared | Change::Retracted => open.remove(&key),
            };
            // An id that was forgotten begins again with journey and episode 1; it was closed before.
            prop_assert!(fits, "{change:?}");
        }
        prop_assert!(open.is_empty(), "still open when all is forgotten: {open:?}");
        check_notices(&effects)?;
    }
}

/// No notice is issued twice, and what is withdrawn was issued, under the same key, and not withdrawn before.
fn check_notices(effects: &[Effect]) -> Result<(), TestCaseError> {
    let mut standing = HashMap::new();
    let mut issued_ids = HashSet::new();
    for effect in effects {
        let Effect::Notice { key, notice } = effect else { continue };
        match notice {
            Notice::Issued(issued) => {
                prop_assert!(issued_ids.insert(issued.id.clone()), "issued twice: {issued:?}");
                prop_assert!(issued.resolves.iter().all(|id| issued_ids.contains(id)), "{issued:?}");
                standing.insert(issued.id.clone(), key);
            }
            Notice::Withdrawn { id } => prop_assert_eq!(standing.remove(id), Some(key)),
        }
    }
    Ok(())
}
