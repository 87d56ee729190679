//! Who is to be told what is true at last: rules.md, "Who is told", with the defaults, read a second time.

use std::collections::BTreeSet;
use std::fmt;

use serde_json::Value;

/// Something that somebody is told.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Told {
    pub parcel: String,
    pub journey: u64,
    pub kind: String,
    pub episode: u64,
    pub level: String,
    pub audience: String,
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Told { parcel, journey, kind, episode, level, audience } = self;
        write!(f, "{parcel}/{journey} {kind}#{episode} {level} to {audience}")
    }
}

impl Told {
    /// What an issued notice tells.
    pub fn by(notice: &Value) -> Told {
        Told::of(notice, notice["audience"].as_str().unwrap_or_default())
    }

    fn of(record: &Value, audience: &str) -> Told {
        let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
        let number = |field: &str| record[field].as_u64().unwrap_or_default();
        Told {
            parcel: text("parcel_id"),
            journey: number("journey"),
            kind: text("kind"),
            episode: number("episode"),
            level: text("level"),
            audience: audience.to_owned(),
        }
    }

    /// What a reader is told of as one matter; within it only the worst has to be told.
    pub fn matter(&self) -> (&str, u64, &str, &str) {
        let group = match self.kind.as_str() {
            "never_uploaded" | "stalled" | "delayed" | "thoroughly_delayed" => "lateness",
            kind => kind,
        };
        (&self.parcel, self.journey, group, &self.audience)
    }

    /// How bad it is within its matter.
    pub fn rank(&self) -> (usize, usize) {
        let place = |names: &[&str], name: &str| names.iter().position(|known| *known == name).unwrap_or_default();
        let kinds = ["never_uploaded", "stalled", "delayed", "thoroughly_delayed"];
        (place(&["info", "warn", "major", "critical"], &self.level), place(&kinds, &self.kind))
    }
}

/// The notices that there may be at an instant.
#[derive(Default)]
pub struct Wanted {
    /// Each exactly once.
    pub must: BTreeSet<Told>,
    /// Each at most once.
    pub may: BTreeSet<Told>,
}

impl Wanted {
    /// Of what is true.
    pub fn of(truth: &[Value]) -> Wanted {
        let mut wanted = Wanted::default();
        for one in truth {
            // Hubs get digests, of which each window tells what is true in it.
            wanted.may.insert(Told::of(one, "hub_ops"));
            for audience in audiences(one) {
                // What `held` explains is told by its next level; the reference does not say which level that is.
                let explained = one["kind"] == "stalled" && one["held"] == true;
                let set = if explained { &mut wanted.may } else { &mut wanted.must };
                set.insert(Told::of(one, audience));
            }
        }
        wanted
    }
}

fn audiences(one: &Value) -> &'static [&'static str] {
    if one["shell"] == true {
        return &[];
    }
    match (one["kind"].as_str().unwrap_or_default(), one["level"].as_str().unwrap_or_default()) {
        ("stalled", "info") => &[],
        ("never_uploaded" | "stalled" | "delayed" | "customs_held", _) => &["recipient", "merchant"],
        ("thoroughly_delayed" | "damaged" | "refused" | "lost", _) => &["recipient", "merchant", "customer_service"],
        ("suspect_signature", _) => &["recipient"],
        // After `returning` these concern the sender, of whom nothing is known here.
        ("attempt_failed" | "uncollected" | "collection", _) if one["returning"] == false => &["recipient"],
        _ => &[],
    }
}
