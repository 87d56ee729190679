//! What one parcel can take of the state, however much is read about it.

use std::time::Duration;

use xxhash_rust::xxh3::xxh3_64_with_seed;

use super::timeline::{choosing, instant, world};
use crate::model::{Code, Detail, Effect, Notice, Recipient, Reroute, RerouteChange, RerouteOption, Timestamp, World};
use crate::state::Machine;
use crate::state::block::ENTRY_BYTES_MAX;
use crate::track::{Endpoint, Identity, Input, Milestone, Place, Scan, Shipment, Tracker};

const PARCEL: &str = "P1";

/// Records, of which every field is as long as it may be.
struct Wild {
    read: u64,
    now: Timestamp,
}

impl Wild {
    fn dice(&mut self, sides: usize) -> usize {
        self.read += 1;
        (xxh3_64_with_seed(b"wild", self.read) % sides as u64) as usize
    }

    fn name(&mut self, of: usize) -> Option<Box<str>> {
        let number = self.dice(of);
        // 200 characters, nearly all of four bytes.
        Some(format!("{number:04}{}", "𝄞".repeat(196)).into())
    }

    fn record(&mut self) -> Input {
        match self.dice(20) {
            0 => self.shipment(),
            1..=4 => self.reroute(),
            _ => self.scan(),
        }
    }

    fn before(&mut self) -> Timestamp {
        self.now - Duration::from_secs(60 * self.dice(3000) as u64)
    }

    fn scan(&mut self) -> Input {
        let event_time = self.before();
        // Ends are rare: most are read while the parcel is under way.
        let codes = Code::ALL.map(|code| if code.is_end() { Code::ArrivedHub } else { code });
        let code = if self.dice(200) == 0 { Code::Delivered } else { codes[self.dice(codes.len())] };
        let second = event_time.as_millis().div_euclid(1000);
        Input::Scan(Box::new(Scan {
            parcel_id: PARCEL.to_owned(),
            identity: Identity { code, hub: self.name(40), second, zoned: true },
            event_time,
            offset_minutes: 0,
            upload_time: None,
            corrected: None,
            reason: self.name(1000),
            place: Place { place: self.name(9), kind: self.name(9), pickup_code: self.name(1000), free_until: None },
            malformed: Vec::new(),
        }))
    }

    fn shipment(&mut self) -> Input {
        let mut route = Vec::new();
        let milestones = if self.dice(10) == 0 { 256 } else { 100 };
        for _ in 0..milestones {
            let code = Code::ALL[self.dice(Code::ALL.len())];
            route.push(Milestone { code, hub: self.name(40), within_ms: Some(self.dice(100_000_000) as u64) });
        }
        let person = |wild: &mut Wild| Recipient {
            phone: Some(format!("+8613{:09}", wild.dice(1_000_000_000))),
            name: wild.name(1000).map(Into::into),
            ..Recipient::default()
        };
        let names = |wild: &mut Wild| (0..32).filter_map(|_| wild.name(1000)).collect::<Vec<_>>();
        Input::Shipment(Box::new(Shipment {
            parcel_id: PARCEL.to_owned(),
            ordered_at: self.now - Duration::from_secs(3600),
            shipped_at: None,
            promise: Some(self.now + Duration::from_secs(3600)),
            updated_at: None,
            merchant: self.name(5),
            service: Some("inter-city".into()),
            origin: Some(Endpoint { hub: self.name(40), area: self.name(40) }),
            destination: Some(Endpoint { hub: self.name(40), area: Some("310104".into()) }),
            route: Some(route),
            recipient: Some(person(self)),
            sender: Some(person(self)),
            flags: Some(names(self)),
            consent: Some(names(self)),
            cancelled: None,
            malformed: Vec::new(),
        }))
    }

    fn reroute(&mut self) -> Input {
        let change = RerouteChange::ALL[self.dice(RerouteChange::ALL.len())];
        let record = Reroute {
            id: format!("rr_{:04}{}", self.dice(1000), "𝄞".repeat(193)),
            parcel_id: PARCEL.to_owned(),
            journey: 1 + self.dice(3) as u32,
            notice_id: None,
            change,
            option: Some(RerouteOption::ALL[self.dice(RerouteOption::ALL.len())]),
            detail: Detail { text: Some("𝄞".repeat(500)), place: Some("LK-1".to_owned()), ..Detail::default() },
            fee: None,
            at: self.now,
            by: Some("recipient".to_owned()),
            reason: None,
            proof: None,
            revision: None,
        };
        Input::Reroute { record: Box::new(record), malformed: Vec::new() }
    }
}

/// Bytes of the parcel's entries, as they are saved: its state, what was announced, what was chosen. Nothing of it was committed yet.
fn saved_bytes(tracker: &mut Tracker) -> [usize; 3] {
    let mut bytes = [0; 3];
    for (table, bytes) in tracker.tables().into_iter().zip(&mut bytes) {
        table.changed(0, &mut |_, value, _| *bytes += value.map_or(0, <[u8]>::len));
    }
    bytes
}

#[test]
fn a_parcel_stays_bounded_whatever_is_read_about_it() {
    let world: World = choosing(world(&[]));
    let mut tracker = Tracker::default();
    tracker.restored(&world);
    tracker.set_open(true);
    let mut wild = Wild { read: 0, now: instant("0:00") };
    let (mut out, mut most, mut notices) = (Vec::new(), [0; 3], 0);
    for read in 0..5000 {
        wild.now = wild.now + Duration::from_secs(60 * wild.dice(90) as u64);
        while tracker.handle_timeout(wild.now, 100, &world, &mut out) == 100 {}
        let record = wild.record();
        tracker.handle(wild.now, record, &world, &mut out);
        notices += out.iter().filter(|e| matches!(e, Effect::Notice { notice: Notice::Issued(_), .. })).count();
        out.clear();
        if read % 50 == 0 {
            let bytes = saved_bytes(&mut tracker);
            most = [0, 1, 2].map(|entry| bytes[entry].max(most[entry]));
        }
    }
    assert!(notices > 300, "it was told about: {notices}");
    // More than 128 scans, 256 missing ones, and what was told; 256 milestones and 64 flags of 800 bytes; 32 choices of 3,000.
    let [parcel, announced, choices] = most;
    assert!((100_000..500_000).contains(&parcel), "{most:?} bytes");
    assert!((200_000..ENTRY_BYTES_MAX).contains(&announced), "{most:?} bytes");
    assert!((40_000..200_000).contains(&choices), "{most:?} bytes");
    assert!(most.iter().sum::<usize>() < 2 << 20, "{most:?} bytes");
}
