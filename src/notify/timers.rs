//! A queue of limits derived from state: for each key its one next instant.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::model::Timestamp;

/// The next limit of each key; equal limits in the order of keys, so that a restored machine goes on in the
/// same order.
#[derive(Debug, Default)]
pub struct Queue {
    order: BTreeSet<(Timestamp, Arc<str>)>,
    of: HashMap<Arc<str>, Timestamp>,
}

impl Queue {
    /// Sets or takes away the limit of `key`.
    pub fn set(&mut self, key: &str, limit: Option<Timestamp>) {
        let before = self.of.get_key_value(key).map(|(key, at)| (*at, key.clone()));
        match (&before, limit) {
            (Some((at, _)), Some(limit)) if *at == limit => return,
            (Some(entry), _) => {
                self.order.remove(entry);
            }
            (None, None) => return,
            (None, Some(_)) => {}
        }
        match limit {
            Some(limit) => {
                let key = before.map_or_else(|| Arc::from(key), |(_, key)| key);
                self.of.insert(key.clone(), limit);
                self.order.insert((limit, key));
            }
            None => {
                self.of.remove(key);
            }
        }
    }

    /// The earliest limit.
    pub fn first(&self) -> Option<(Timestamp, Arc<str>)> {
        self.order.first().cloned()
    }

    /// Empties it.
    pub fn clear(&mut self) {
        self.order.clear();
        self.of.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_limit_and_the_earliest_comes_first() {
        let mut queue = Queue::default();
        let at = Timestamp::from_millis;
        queue.set("b", Some(at(5)));
        queue.set("a", Some(at(5)));
        queue.set("c", Some(at(1)));
        queue.set("c", Some(at(9)));
        assert_eq!(queue.first(), Some((at(5), "a".into())));
        queue.set("a", None);
        queue.set("a", None);
        assert_eq!(queue.first(), Some((at(5), "b".into())));
        queue.set("b", Some(at(10)));
        assert_eq!(queue.first(), Some((at(9), "c".into())));
    }
}
