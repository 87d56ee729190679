//! Who owns which partition at which address: the records of `instances.v1`, so that a question can be passed on to the one who
//! knows; and whether two processes run under one name.
//!
//! Every process announces itself under its instance's name with an incarnation, a text that no other process has. Of two
//! incarnations of a name the newer is the one whose first word stands later in the log: no clock is asked. A word of the older
//! after that shows that it still lives. It stops as soon as it reads the newer's: two that run on would fence each other for
//! ever, and neither would decide anything. A process that was killed says nothing more, so its successor goes on at once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;

use crate::model::{Announcement, Timestamp};

/// Names that are remembered. More: names that change with every start (a pod's, say) fill the memory over the years, since each leaves
/// a record behind. Fewer: a large group cannot find its members.
pub const INSTANCES_MAX: usize = 1000;

/// Incarnations of a name that are remembered. Fewer: one that wakes after so many successors counts as new. More: memory for
/// processes long gone.
const INCARNATIONS_MAX: usize = 16;

/// What was said under one name, in the log's order.
#[derive(Clone, Debug)]
pub struct Spoken {
    /// In the order of their first words, the newest last.
    incarnations: VecDeque<String>,
    /// The newest incarnation's last word.
    pub last: Announcement,
    /// When an older incarnation spoke after the newest had begun, by its clock: both lived then.
    pub overlap: Option<Timestamp>,
    /// The older one said then that it makes way.
    pub has_made_way: bool,
}

impl Spoken {
    fn first(word: Announcement) -> Spoken {
        Spoken {
            incarnations: VecDeque::from([word.incarnation.clone()]),
            last: word,
            overlap: None,
            has_made_way: false,
        }
    }

    fn hear(&mut self, word: Announcement) {
        if !self.incarnations.contains(&word.incarnation) {
            self.incarnations.push_back(word.incarnation.clone());
            if self.incarnations.len() > INCARNATIONS_MAX {
                self.incarnations.pop_front();
            }
            self.overlap = None;
        }
        if self.incarnations.back() == Some(&word.incarnation) {
            self.last = word;
        } else {
            (self.overlap, self.has_made_way) = (Some(word.at), word.leaves);
        }
    }

    /// Whether a newer one than this incarnation has begun.
    fn is_outdated(&self, incarnation: &str) -> bool {
        self.incarnations.back().is_some_and(|newest| newest != incarnation)
    }
}

/// What was said under every name.
#[derive(Clone, Debug, Default)]
pub struct Names(BTreeMap<String, Spoken>);

impl Names {
    /// Takes a record; a tombstone ends a name.
    pub fn hear(&mut self, read: Option<(String, Option<Announcement>)>) {
        match read {
            Some((name, Some(word))) => match self.0.get_mut(&name) {
                Some(spoken) => spoken.hear(word),
                None => drop(self.0.insert(name, Spoken::first(word))),
            },
            Some((name, None)) => drop(self.0.remove(&name)),
            None => {}
        }
        if self.0.len() > INSTANCES_MAX {
            let oldest = self.0.iter().min_by_key(|(_, spoken)| spoken.last.at).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| self.0.remove(&oldest));
        }
    }

    /// Every name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Spoken)> {
        self.0.iter().map(|(name, spoken)| (name.as_str(), spoken))
    }
}

/// Another process runs under this one's name, and began later.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "another instance runs under the name {name} at {address} and began later than this one, which stops: give every instance a name of \
     its own (runtime.instance), or stop the other one"
)]
pub struct Twin {
    #[allow(missing_docs)]
    pub name: String,
    /// Where its admin listener is.
    pub address: String,
}

/// What a record meant for this process.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Nothing.
    Fine,
    /// An older process of this name has spoken after this one: it is to read that it is not the newest.
    Older,
    /// A newer one has spoken.
    Twin(Twin),
}

/// The announcements of every instance, and who this one is.
#[derive(Debug, Default)]
pub struct Instances(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    names: Names,
    /// Name and incarnation of this process; none where it announces nothing.
    me: Option<(String, String)>,
}

impl Instances {
    /// This process is called so.
    pub fn i_am(&self, name: &str, incarnation: &str) {
        self.lock().me = Some((name.to_owned(), incarnation.to_owned()));
    }

    /// Takes what was read.
    pub fn apply(&self, read: Option<(String, Option<Announcement>)>) -> Heard {
        let mut state = self.lock();
        let said = read.clone().and_then(|(name, word)| Some((name, word?)));
        state.names.hear(read);
        let (Some((name, mine)), Some((said_by, word))) = (&state.me, said) else { return Heard::Fine };
        let begun = |spoken: &&Spoken| spoken.incarnations.contains(mine);
        let Some(spoken) = state.names.0.get(name).filter(begun) else { return Heard::Fine };
        if said_by != *name || word.incarnation == *mine {
            return Heard::Fine;
        }
        // A version that names no incarnation stops for nobody, so this one has to, whichever began earlier.
        if spoken.is_outdated(mine) || word.incarnation.is_empty() {
            return Heard::Twin(Twin { name: name.clone(), address: word.address });
        }
        Heard::Older
    }

    /// When this process said what is read here, by its clock; none for anybody else's word.
    pub fn own(&self, read: Option<&(String, Option<Announcement>)>) -> Option<Timestamp> {
        let (name, Some(word)) = read? else { return None };
        let state = self.lock();
        let (mine, incarnation) = state.me.as_ref()?;
        (name == mine && word.incarnation == *incarnation).then_some(word.at)
    }

    /// How many names are known.
    pub fn len(&self) -> usize {
        self.lock().names.0.len()
    }

    /// The address of the instance that announced a partition last.
    pub fn owner(&self, stage: &str, partition: i32) -> Option<String> {
        let state = self.lock();
        let owns = |a: &&Announcement| a.partitions.get(stage).is_some_and(|owned| owned.contains(&partition));
        let last = state.names.0.values().map(|spoken| &spoken.last);
        last.filter(owns).max_by_key(|a| a.at).map(|a| a.address.clone())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What process B of the instance `one` hears of these words, each an incarnation.
    fn heard_by_b(words: &str) -> Vec<&'static str> {
        let instances = Instances::default();
        instances.i_am("one", "B");
        let heard = words.split(' ').map(|by| {
            let incarnation = by.trim_matches('-').to_owned();
            let word = Announcement {
                instance: "one".to_owned(),
                address: format!("http://{by}"),
                partitions: BTreeMap::new(),
                at: Timestamp::from_millis(7),
                incarnation,
                leaves: false,
            };
            match instances.apply(Some(("one".to_owned(), Some(word)))) {
                Heard::Fine => "fine",
                Heard::Older => "older",
                Heard::Twin(_) => "twin",
            }
        });
        heard.collect()
    }

    #[test]
    fn the_older_of_two_stops_and_the_newer_goes_on() {
        for (words, heard) in [
            // A was killed, B is its successor.
            ("A A B B", "fine fine fine fine"),
            // C came while B lives.
            ("A B C", "fine fine twin"),
            // A lives and is older: it will read B's word.
            ("A B A B", "fine fine older fine"),
            // What came before B's own first word is of the past, whoever it was.
            ("A C A", "fine fine fine"),
            // A version without incarnations never stops.
            ("- B -", "fine fine twin"),
            ("- B B", "fine fine fine"),
        ] {
            assert_eq!(heard_by_b(words).join(" "), heard, "{words}");
        }
    }

    #[test]
    fn a_process_knows_its_own_word_again_and_no_other_of_its_name() {
        let instances = Instances::default();
        instances.i_am("one", "B");
        let own = |name: &str, by: &str| {
            let word = format!(
                r#"{{"instance":"{name}","address":"http://b","partitions":{{}},"at":"2026-11-22T09:00:00.000Z","incarnation":"{by}"}}"#
            );
            instances.own(crate::decode::announcement(Some(name.as_bytes()), Some(word.as_bytes())).as_ref())
        };
        assert_eq!(own("one", "B"), Timestamp::parse("2026-11-22T09:00:00.000Z").ok());
        assert_eq!([own("one", "A"), own("two", "B")], [None, None]);
    }

    fn names(words: &[(&str, i64)]) -> Names {
        let mut names = Names::default();
        for (incarnation, at) in words {
            let (address, at) = (format!("http://{incarnation}"), Timestamp::from_millis(*at));
            let (instance, incarnation) = ("one".to_owned(), (*incarnation).to_owned());
            let word = Announcement { instance, address, partitions: BTreeMap::new(), at, incarnation, leaves: false };
            names.hear(Some(("one".to_owned(), Some(word))));
        }
        names
    }

    #[test]
    fn two_that_lived_at_once_are_known_by_their_words_until_a_third_begins() {
        let overlap = |words: &[(&str, i64)]| names(words).0["one"].overlap.map(Timestamp::as_millis);
        assert_eq!(overlap(&[("A", 1), ("A", 2), ("B", 3)]), None);
        assert_eq!(overlap(&[("A", 1), ("B", 2), ("A", 3), ("B", 4)]), Some(3));
        assert_eq!(overlap(&[("A", 1), ("B", 2), ("A", 3), ("C", 4)]), None);
    }

    #[test]
    fn the_last_word_of_the_older_hides_nothing_of_the_newer() {
        assert_eq!(names(&[("A", 1), ("B", 2), ("A", 3)]).0["one"].last.address, "http://B");
    }

    #[test]
    fn a_record_of_a_version_without_incarnations_is_read() {
        let value = br#"{"instance":"one","address":"http://a","partitions":{},"at":"2026-11-22T09:00:00.000Z"}"#;
        let (_, word) = crate::decode::announcement(Some(b"one"), Some(value)).expect("an announcement");
        assert_eq!(word.expect("no tombstone").incarnation, "");
    }

    fn announced(n: usize) -> Option<(String, Option<Announcement>)> {
        let value = Announcement {
            instance: format!("pod-{n}"),
            address: format!("http://10.0.0.1:{n}"),
            partitions: BTreeMap::from([("tracker".to_owned(), vec![n as i32])]),
            at: Timestamp::from_millis(1_795_132_800_000 + n as i64),
            incarnation: n.to_string(),
            leaves: false,
        };
        Some((value.instance.clone(), Some(value)))
    }

    #[test]
    fn of_instances_that_ever_were_the_newest_are_kept() {
        let instances = Instances::default();
        for n in 0..INSTANCES_MAX + 500 {
            instances.apply(announced(n));
        }
        assert_eq!(instances.len(), INSTANCES_MAX);
        assert_eq!((instances.owner("tracker", 499), instances.owner("tracker", 500).is_some()), (None, true));
    }
}
