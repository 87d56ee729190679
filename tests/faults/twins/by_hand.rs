//! A leg of six parcels made by hand, of which everything is told as it should be, and ways to forge it.
//!
//! - P lies at a hub: from 14 s on that is known, from 26 s on it is told; it is collected at 50 s.
//! - Q does, too, but had been collected at 10 s, as an upload says at 60 s: it was never true.
//! - R waits to be collected from 5 s to 15 s; S is held, which explains its silence; T is lost.
//! - What hubs hear of silences is gathered for 15 s each, and told in digests; of U's it is only that it has become worse.
//! - U is late from 388 s on, which is told; that it has fallen silent, too, is known from 389 s on and no worse, so that is not sent.
//! - V is late from 288 s on, which is told, and silent from 294 s on, which is no worse. At 310 s an upload says that it was never late. As it is still
//!   silent, and nobody was told that, its reader hears of the mistake only when it is collected at 340 s; and nothing of that silence.

use std::path::Path;

use chrono::DateTime;
use serde_json::{Map, Value, json};

use crate::feed::stamp;
use crate::judge::{Cut, Verdict, judge};

/// When all of it begins, in milliseconds since 1970.
const START: i64 = 1_800_000_000_000;
/// Up to when is judged, in seconds; long after everything.
const CUT: f64 = 400.0;

fn at(second: f64) -> i64 {
    START + (second * 1000.0).round() as i64
}

fn text(second: f64) -> String {
    stamp(DateTime::from_timestamp_millis(at(second)).expect("this century"))
}

/// What is written to the judge's files, a record each.
#[derive(Clone, Default)]
pub struct Files {
    inputs: Vec<Value>,
    conditions: Vec<Value>,
    notices: Vec<Value>,
    deliveries: Vec<Value>,
    received: Vec<Value>,
    rounds: Vec<Value>,
}

impl Files {
    fn input(&mut self, topic: &str, parcel: &str, second: f64, line: &Value) {
        let offset = self.inputs.len();
        self.inputs.push(json!({
            "topic": topic, "partition": 0, "offset": offset, "key": parcel, "line": line.to_string(),
            "time": at(second), "acked": at(second),
        }));
    }

    /// Picked up a second after its order.
    fn announced(&mut self, parcel: &str, ordered: f64, promise: f64) {
        let recipient = json!({"id": "c-1", "email": "r1@example.com"});
        let line = json!({"parcel_id": parcel, "ordered_at": text(ordered), "promise": text(promise), "merchant": "M-1",
                          "service": "remote", "recipient": recipient});
        self.input("shipments.v1", parcel, ordered, &line);
        self.scanned(parcel, "picked_up", ordered + 1.0, ordered + 1.0);
    }

    fn scanned(&mut self, parcel: &str, code: &str, event: f64, read: f64) {
        let line = json!({"parcel_id": parcel, "code": code, "hub": "H2", "event_time": text(event)});
        self.input("scans.v1", parcel, read, &line);
    }

    fn changed(&mut self, parcel: &str, change: [&str; 4], second: f64, limit: f64) {
        let [condition, change, level, cause] = change;
        self.conditions.push(json!({
            "parcel_id": parcel, "journey": 1, "condition": condition, "change": change, "level": level, "episode": 1,
            "at": text(second), "limit": text(limit), "cause": cause, "written": at(second + 0.1),
        }));
    }

    /// Issued when it became true, and at its receiver soon after. The id says which it is: parcel, kind, level, audience.
    pub fn told(&mut self, parcel: &str, kind: &str, level: &str, audience: &str, second: f64) -> String {
        let id = format!("{parcel} {kind} {level} {audience}");
        let episode = i32::from(!matches!(kind, "collection" | "recovered" | "corrected"));
        self.notices.push(json!({
            "change": "issued", "id": id, "parcel_id": parcel, "journey": 1, "kind": kind, "episode": episode, "level": level,
            "audience": audience, "at": text(second), "expires": text(second + 3600.0), "written": at(second + 0.2),
        }));
        self.deliveries.push(json!({
            "notice_id": id, "decision": "sent", "outcome": "delivered", "reason": null, "at": text(second + 0.9),
        }));
        let event = if audience == "recipient" {
            json!({"event": "body", "headers": {"message-id": format!("<{id}@courier.example>")}})
        } else {
            json!({"event": "request", "refusal": null, "headers": {"webhook-id": id}})
        };
        self.received.push(event);
        self.received.last_mut().expect("just pushed")["at"] = json!(at(second + 0.9));
        id
    }

    /// A silence: opened at its first limit, told at its second to recipient and merchant, withdrawn when it ends.
    fn fell_silent(&mut self, parcel: &str, ends: f64, how: &str, over: &str) {
        self.scanned(parcel, "arrived_hub", 2.0, 2.0);
        self.changed(parcel, ["stalled", "opened", "info", "timer"], 14.001, 14.0);
        self.changed(parcel, ["stalled", "escalated", "warn", "timer"], 26.001, 26.0);
        self.changed(parcel, ["stalled", how, "warn", "scan"], ends, 14.0);
        for audience in ["recipient", "merchant"] {
            let id = self.told(parcel, "stalled", "warn", audience, 26.001);
            self.withdrawn(&id, ends + 0.2);
            self.told(parcel, over, "info", audience, ends);
            self.notices.last_mut().expect("just told")["resolves"] = json!([id]);
        }
    }

    /// A silence that a hub hears of in the digest of its window.
    fn gathered(&mut self, parcel: &str, level: &str, second: f64) -> String {
        let id = self.told(parcel, "stalled", level, "hub_ops", second);
        self.received.pop();
        let said = self.deliveries.last_mut().expect("just told");
        (said["decision"], said["outcome"], said["reason"]) = (json!("held"), Value::Null, json!("digest"));
        id
    }

    /// The last word on what was gathered.
    fn ended(&mut self, id: &str, reason: &str, digest: Option<&str>, second: f64) {
        self.deliveries.push(json!({
            "notice_id": id, "decision": "suppressed", "outcome": null, "reason": reason, "digest": digest, "at": text(second),
        }));
    }

    /// A window ends with a digest of silences of a level.
    fn digest(&mut self, gathered: &[String], level: &str, second: f64) {
        let digest = format!("D{second} digest {level} hub_ops");
        let mut parcels = Vec::new();
        for id in gathered {
            self.ended(id, "in digest", Some(&digest), second + 0.001);
            let parcel = id.split(' ').next().expect("ids begin with it");
            parcels.push(json!({"parcel_id": parcel, "kind": "stalled", "level": level}));
        }
        let counts = json!([{"kind": "stalled", "level": level, "count": parcels.len()}]);
        let data = json!({"hub": "H2", "total": parcels.len(), "counts": counts, "parcels": parcels, "more": 0});
        let body = json!({"type": "parcelwatch.notice.digest", "data": data}).to_string();
        self.deliveries.push(json!({
            "notice_id": digest, "decision": "sent", "outcome": "delivered", "reason": null, "at": text(second + 0.9),
        }));
        self.received.push(json!({
            "event": "request", "refusal": null, "headers": {"webhook-id": digest}, "body": body, "at": at(second + 0.9),
        }));
    }

    /// What hubs hear of the silences of P, Q and U.
    fn hubs(&mut self) {
        for (level, second, until, digest) in
            [("info", 14.001, [26.2, 26.2], 15.0), ("warn", 26.001, [50.2, 60.2], 30.0)]
        {
            let both = ["P", "Q"].map(|parcel| self.gathered(parcel, level, second));
            self.digest(&both, level, digest);
            both.iter().zip(until).for_each(|(id, until)| self.withdrawn(id, until));
        }
        let id = self.gathered("U", "info", 377.001);
        self.withdrawn(&id, 389.2);
        self.ended(&id, "withdrawn", None, 389.2);
        let id = self.gathered("U", "warn", 389.001);
        self.digest(&[id], "warn", 390.0);
    }

    /// Says another last word on what was gathered; none: there is no last word.
    pub fn end_by(&mut self, id: &str, reason: Option<&str>) {
        self.deliveries.retain(|delivery| delivery["notice_id"] != id || delivery["decision"] == "held");
        if let Some(reason) = reason {
            self.ended(id, reason, None, 30.001);
        }
    }

    /// The last word on what was gathered is written once more.
    pub fn say_twice(&mut self, id: &str) {
        let last = self.deliveries.iter().rfind(|delivery| delivery["notice_id"] == id).expect("it has one").clone();
        self.deliveries.push(last);
    }

    /// A digest leaves a parcel out, of which its records say that it is in it.
    pub fn leave_out(&mut self, digest: &str, parcel: &str) {
        let mut events = self.received.iter_mut();
        let event = events.find(|event| event["headers"]["webhook-id"] == digest).expect("it arrived");
        let mut body: Value = serde_json::from_str(event["body"].as_str().expect("a body")).expect("JSON");
        let data = &mut body["data"];
        data["parcels"].as_array_mut().expect("a list").retain(|row| row["parcel_id"] != parcel);
        let left = data["parcels"].as_array().map_or(0, Vec::len);
        (data["counts"][0]["count"], data["total"]) = (json!(left), json!(left));
        event["body"] = json!(body.to_string());
    }

    /// A digest gets lost on its way.
    pub fn lose(&mut self, digest: &str) {
        self.received.retain(|event| event["headers"]["webhook-id"] != digest);
    }

    fn withdrawn(&mut self, id: &str, second: f64) {
        self.notices.push(json!({"change": "withdrawn", "id": id, "written": at(second)}));
    }

    /// Everything as it should be.
    pub fn honest() -> Files {
        let mut files = Files::default();
        for parcel in ["P", "Q", "R", "S", "T"] {
            files.announced(parcel, 0.0, 9000.0);
        }
        files.fell_silent("P", 50.0, "cleared", "recovered");
        files.scanned("P", "collected", 50.0, 50.0);
        files.fell_silent("Q", 60.0, "retracted", "corrected");
        files.scanned("Q", "collected", 10.0, 60.0);
        files.scanned("R", "awaiting_collection", 5.0, 5.0);
        let id = files.told("R", "collection", "info", "recipient", 5.0);
        files.scanned("R", "collected", 15.0, 15.0);
        files.withdrawn(&id, 15.2);
        files.held();
        files.scanned("T", "lost", 5.0, 5.0);
        files.changed("T", ["lost", "opened", "critical", "scan"], 5.0, 5.0);
        for audience in ["recipient", "merchant", "customer_service"] {
            files.told("T", "lost", "critical", audience, 5.0);
        }
        files.late();
        files.hubs();
        files.mistaken();
        files
    }

    /// U is late, and as silent as a parcel is that is late.
    fn late(&mut self) {
        self.announced("U", 363.0, 385.0);
        self.scanned("U", "arrived_hub", 365.0, 365.0);
        self.changed("U", ["stalled", "opened", "info", "timer"], 377.001, 377.0);
        self.changed("U", ["delayed", "opened", "major", "timer"], 388.001, 388.0);
        self.changed("U", ["stalled", "escalated", "warn", "timer"], 389.001, 389.0);
        for audience in ["recipient", "merchant"] {
            self.told("U", "delayed", "major", audience, 388.001);
            let id = self.told("U", "stalled", "warn", audience, 389.001);
            self.suppress(&id, "not worse");
        }
    }

    /// V is not late, as an upload says while it is silent.
    fn mistaken(&mut self) {
        self.announced("V", 263.0, 285.0);
        self.scanned("V", "arrived_hub", 270.0, 270.0);
        self.scanned("V", "awaiting_collection", 265.0, 310.0);
        self.scanned("V", "collected", 340.0, 340.0);
        self.changed("V", ["stalled", "opened", "info", "timer"], 282.001, 282.0);
        self.changed("V", ["delayed", "opened", "major", "timer"], 288.001, 288.0);
        self.changed("V", ["stalled", "escalated", "warn", "timer"], 294.001, 294.0);
        self.changed("V", ["delayed", "retracted", "major", "scan"], 310.0, 288.0);
        self.changed("V", ["stalled", "cleared", "warn", "scan"], 340.0, 282.0);
        for audience in ["recipient", "merchant"] {
            let late = self.told("V", "delayed", "major", audience, 288.001);
            let silent = self.told("V", "stalled", "warn", audience, 294.001);
            self.suppress(&silent, "not worse");
            self.withdrawn(&late, 310.2);
            self.correct("V", audience, 310.0, &late);
            self.withdrawn(&silent, 340.2);
            let recovered = self.told("V", "recovered", "info", audience, 340.0);
            self.resolve(&recovered, &silent);
            self.suppress(&recovered, "nothing told");
            self.tell_at(&format!("V corrected info {audience}"), 340.9);
        }
    }

    /// S is silent from 2 s to 30 s, and it is known why.
    fn held(&mut self) {
        self.scanned("S", "arrived_hub", 2.0, 2.0);
        self.scanned("S", "held", 3.0, 3.0);
        self.changed("S", ["held", "opened", "info", "scan"], 3.0, 3.0);
        self.changed("S", ["stalled", "opened", "info", "timer"], 14.001, 14.0);
        self.changed("S", ["stalled", "escalated", "warn", "timer"], 26.001, 26.0);
        self.scanned("S", "collected", 30.0, 30.0);
        self.changed("S", ["stalled", "cleared", "warn", "scan"], 30.0, 14.0);
        self.changed("S", ["held", "cleared", "info", "scan"], 30.0, 3.0);
    }

    /// A notice, by change and id.
    pub fn notice(&mut self, change: &str, id: &str) -> &mut Map<String, Value> {
        let found = self.notices.iter_mut().find(|notice| notice["change"] == change && notice["id"] == id);
        found.and_then(Value::as_object_mut).expect("it is there")
    }

    /// Takes a notice out, and what came of it.
    pub fn forget(&mut self, change: &str, id: &str) {
        self.notices.retain(|notice| notice["change"] != change || notice["id"] != id);
        if change == "issued" {
            self.notices.retain(|notice| notice["id"] != id);
            self.deliveries.retain(|delivery| delivery["notice_id"] != id);
            self.received.retain(|event| !event["headers"].to_string().contains(id));
        }
    }

    /// Another instant for a notice.
    pub fn write(&mut self, change: &str, id: &str, second: f64) {
        self.notice(change, id).insert("written".to_owned(), json!(at(second)));
    }

    /// Another instant for what arrived of it.
    pub fn arrive(&mut self, id: &str, second: f64) {
        let arrived = self.received.iter_mut().filter(|event| event["headers"].to_string().contains(id));
        arrived.for_each(|event| event["at"] = json!(at(second)));
    }

    /// Another instant for what was told, and for its arrival.
    pub fn tell_at(&mut self, id: &str, second: f64) {
        let said = self.deliveries.iter_mut().filter(|delivery| delivery["notice_id"] == id);
        said.for_each(|delivery| delivery["at"] = json!(text(second)));
        self.arrive(id, second);
    }

    /// Faults of a kind, between two seconds.
    pub fn round(&mut self, kind: &str, from: f64, to: f64) {
        self.rounds.push(json!({"kinds": [kind], "from": at(from), "to": at(to)}));
    }

    /// What was sent is not, and this is why.
    pub fn suppress(&mut self, id: &str, reason: &str) {
        self.received.retain(|event| !event["headers"].to_string().contains(id));
        let said = self.deliveries.iter_mut().find(|delivery| delivery["notice_id"] == id).expect("it was sent");
        (said["decision"], said["outcome"], said["reason"]) = (json!("suppressed"), Value::Null, json!(reason));
    }

    /// Ids of what something was decided of, of these kinds; of no kinds: of all.
    fn of_kinds(&self, kinds: &[&str]) -> Vec<String> {
        let ids = self.deliveries.iter().filter_map(|delivery| delivery["notice_id"].as_str());
        let is_one = |id: &&str| kinds.is_empty() || id.split(' ').nth(1).is_some_and(|kind| kinds.contains(&kind));
        ids.filter(is_one).map(str::to_owned).collect()
    }

    /// Nobody hears of anything of these kinds, for one reason.
    pub fn suppress_all(&mut self, kinds: &[&str], reason: &str) {
        self.of_kinds(kinds).iter().for_each(|id| self.suppress(id, reason));
    }

    /// Nothing becomes of notices of these kinds, and nothing is on record.
    pub fn hush(&mut self, kinds: &[&str]) {
        for id in self.of_kinds(kinds) {
            self.received.retain(|event| !event["headers"].to_string().contains(&id));
            self.deliveries.retain(|delivery| delivery["notice_id"] != id.as_str());
        }
    }

    /// What was not sent is, and arrives.
    pub fn send(&mut self, id: &str) {
        let said = self.deliveries.iter_mut().find(|delivery| delivery["notice_id"] == id).expect("it is on record");
        (said["decision"], said["outcome"], said["reason"]) = (json!("sent"), json!("delivered"), Value::Null);
        let at = DateTime::parse_from_rfc3339(said["at"].as_str().expect("a time")).expect("a time").timestamp_millis();
        self.received.push(json!({"event": "request", "refusal": null, "headers": {"webhook-id": id}, "at": at}));
    }

    /// Tells something that nobody should hear.
    pub fn invent(&mut self, parcel: &str, kind: &str, level: &str, second: f64) {
        self.told(parcel, kind, level, "recipient", second);
    }

    /// A reader is told that a notice was mistaken.
    pub fn correct(&mut self, parcel: &str, audience: &str, second: f64, mistaken: &str) {
        let id = self.told(parcel, "corrected", "info", audience, second);
        self.resolve(&id, mistaken);
    }

    /// What is told to be over speaks of another notice.
    pub fn resolve(&mut self, id: &str, other: &str) {
        self.notice("issued", id).insert("resolves".to_owned(), json!([other]));
    }

    /// What is told to be over is called by another name.
    pub fn rename(&mut self, id: &str, kind: &str) {
        self.notice("issued", id).insert("kind".to_owned(), json!(kind));
    }

    /// The same told once more under an id of its own.
    pub fn repeat(&mut self, id: &str) {
        let mut notice = self.notice("issued", id).clone();
        notice.insert("id".to_owned(), json!("the same again"));
        self.notices.push(Value::Object(notice));
    }

    /// The verdict on them; they are written to this folder.
    pub fn judged(&self, folder: &Path) -> Verdict {
        let files = [
            ("inputs", &self.inputs),
            ("conditions", &self.conditions),
            ("notices", &self.notices),
            ("deliveries", &self.deliveries),
            ("received", &self.received),
            ("rounds", &self.rounds),
        ];
        for (name, records) in files {
            let lines: String = records.iter().map(|record| format!("{record}\n")).collect();
            std::fs::write(folder.join(format!("{name}.ndjson")), lines).expect("the folder is ours");
        }
        judge(folder, Cut { at: at(CUT), told: at(CUT - 10.0) })
    }
}
