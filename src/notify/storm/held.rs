//! Which threads hold what a storm holds back: an index derived from the threads.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::model::NoticeKind;

/// The held notices of each kind.
#[derive(Debug, Default)]
pub struct Held {
    /// For each thread that holds any, the kind of each.
    of: HashMap<Box<str>, Vec<NoticeKind>>,
    /// The threads of each kind, in the order of keys.
    threads: BTreeMap<NoticeKind, BTreeSet<Box<str>>>,
    /// How many notices of each kind.
    notices: BTreeMap<NoticeKind, usize>,
}

impl Held {
    /// The thread holds one notice of each of these kinds now.
    pub fn set(&mut self, thread: &str, kinds: Vec<NoticeKind>) {
        for kind in self.of.remove(thread).unwrap_or_default() {
            if let Some(threads) = self.threads.get_mut(&kind) {
                threads.remove(thread);
            }
            if let Some(count) = self.notices.get_mut(&kind) {
                *count -= 1;
            }
        }
        for kind in &kinds {
            self.threads.entry(*kind).or_default().insert(thread.into());
            *self.notices.entry(*kind).or_default() += 1;
        }
        if !kinds.is_empty() {
            self.of.insert(thread.into(), kinds);
        }
    }

    /// How many notices of a kind are held.
    pub fn count(&self, kind: NoticeKind) -> usize {
        self.notices.get(&kind).copied().unwrap_or(0)
    }

    /// The first thread that holds one of this kind.
    pub fn first(&self, kind: NoticeKind) -> Option<&str> {
        self.threads.get(&kind)?.first().map(|thread| &**thread)
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        *self = Held::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::NoticeKind::{Collection, Recovered};

    #[test]
    fn a_thread_counts_for_each_notice_that_it_holds() {
        let mut held = Held::default();
        held.set("b", vec![Collection, Collection, Recovered]);
        held.set("a", vec![Collection]);
        assert_eq!((held.count(Collection), held.count(Recovered), held.first(Collection)), (3, 1, Some("a")));
        held.set("a", vec![]);
        held.set("b", vec![Collection]);
        assert_eq!((held.count(Collection), held.count(Recovered), held.first(Collection)), (1, 0, Some("b")));
        assert_eq!(held.first(Recovered), None);
    }
}
