//! Collects what single values cannot say: that settings fit together. A section's `check` says what is
//! expected; the place of the key is found here.

use super::tree::Node;
use super::{Place, Problem};

/// The problems found so far, and the tree in which keys have their places.
pub struct Check<'a> {
    tree: &'a Node,
    problems: &'a mut Vec<Problem>,
}

impl<'a> Check<'a> {
    /// Adds to these problems.
    pub(super) fn new(tree: &'a Node, problems: &'a mut Vec<Problem>) -> Check<'a> {
        Check { tree, problems }
    }

    /// Reports `message` at `key`, a dotted path, unless it holds.
    pub fn that(&mut self, holds: bool, key: &str, message: impl Into<String>) {
        if !holds {
            self.wrong_at(&key.split('.').collect::<Vec<_>>(), message);
        }
    }

    /// Reports `message` at the first of two keys unless they fit together; its place is that of the one
    /// that somebody wrote.
    pub fn fit(&mut self, holds: bool, keys: [&str; 2], message: impl Into<String>) {
        if !holds {
            let places = keys.map(|key| self.tree.place_of(&key.split('.').collect::<Vec<_>>()));
            let place = places.iter().find(|place| **place != Place::Default).unwrap_or(&places[0]).clone();
            self.problems.push(Problem { place, key: keys[0].to_owned(), message: message.into() });
        }
    }

    /// Reports the error, if it is one, at `key`.
    pub fn ok<T, E: std::fmt::Display>(&mut self, result: Result<T, E>, key: &str) -> Option<T> {
        result.map_err(|error| self.that(false, key, error.to_string())).ok()
    }

    /// Reports `message` at a path whose names may contain dots.
    pub fn wrong_at(&mut self, path: &[&str], message: impl Into<String>) {
        let place: Place = self.tree.place_of(path);
        self.problems.push(Problem { place, key: path.join("."), message: message.into() });
    }
}
