//! Reads the offers file: every mistake at once, each with its line.
//!
//! Each place, area and option is read by itself; what is wrong in one hides nothing of another.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::tree::{Node, Value};
use super::{Errors, Place, Problem};
use crate::model::RerouteOption;
use crate::reroute::{Offers, currency};

/// The tables and keys of the file.
const KEYS: [&str; 4] = ["currency", "areas", "places", "options"];

/// Reads the file; what is wrong is added to `problems` and left out.
pub(super) fn load(path: &str, problems: &mut Vec<Problem>) -> Offers {
    let name: Arc<str> = path.into();
    match std::fs::read_to_string(path) {
        Ok(text) => read(&name, &text, problems),
        Err(error) => {
            let place = Place::File { name, line: 1, column: 1 };
            let message = format!("expected a readable file of UTF-8 text (reroute.offers): {error}");
            problems.push(Problem { place, key: String::new(), message });
            Offers::default()
        }
    }
}

/// Reads the text of an offers file of this name.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_offers(name: &str, text: &str) -> Result<Offers, Errors> {
    let mut problems = Vec::new();
    let offers = read(&name.into(), text, &mut problems);
    Errors::of(problems).map_or(Ok(offers), Err)
}

/// Reads the file's text.
fn read(name: &Arc<str>, text: &str, problems: &mut Vec<Problem>) -> Offers {
    let tree = match Node::of_file(name, text) {
        Ok(tree) => tree,
        Err(problem) => {
            problems.push(problem);
            return Offers::default();
        }
    };
    let mut reader = Reader { tree: &tree, start: Place::File { name: name.clone(), line: 1, column: 1 }, problems };
    for entry in tree.entries().iter().filter(|entry| !KEYS.contains(&entry.name.as_str())) {
        reader.wrong(
            entry.place.clone(),
            &[entry.name.clone()],
            "unknown key, expected currency, areas, places or options",
        );
    }
    let offers = Offers {
        currency: reader.currency(),
        areas: reader.list("areas"),
        places: reader.list("places"),
        options: reader.options(),
    };
    for (path, message) in offers.mistakes() {
        let place = reader.tree.place_of(&path);
        reader.wrong(place, &path, &message);
    }
    offers
}

struct Reader<'a> {
    tree: &'a Node,
    /// Where a file that lacks something is at fault.
    start: Place,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    fn wrong(&mut self, place: Place, path: &[String], message: &str) {
        self.problems.push(Problem { place, key: path.join("."), message: message.to_owned() });
    }

    fn currency(&mut self) -> String {
        let path = ["currency".to_owned()];
        let Some(node) = self.tree.get("currency") else {
            self.wrong(self.start.clone(), &path, "expected a currency (CNY, say), found nothing");
            return String::new();
        };
        currency(node).unwrap_or_else(|fault| {
            self.wrong(node.place.clone(), &path, &fault.message);
            String::new()
        })
    }

    /// The tables of a list, without those that cannot be read.
    fn list<T: DeserializeOwned>(&mut self, name: &str) -> Vec<T> {
        match self.tree.get(name).map(|node| (&node.value, &node.place)) {
            None => Vec::new(),
            Some((Value::List(nodes), _)) => {
                let path = |index: usize| vec![name.to_owned(), index.to_string()];
                nodes.iter().enumerate().filter_map(|(index, node)| self.one(node, path(index))).collect()
            }
            Some((other, place)) => {
                let message = format!("expected a list of tables ([[{name}]]), found {}", other.kind());
                self.wrong(place.clone(), &[name.to_owned()], &message);
                Vec::new()
            }
        }
    }

    fn options<T: DeserializeOwned>(&mut self) -> BTreeMap<RerouteOption, T> {
        let mut options = BTreeMap::new();
        let Some(tables) = self.tree.get("options") else { return options };
        for entry in tables.entries() {
            let path = vec!["options".to_owned(), entry.name.clone()];
            let Some(option) = RerouteOption::from_name(&entry.name) else {
                let names = RerouteOption::ALL.map(RerouteOption::name).join(", ");
                self.wrong(entry.place.clone(), &path, &format!("expected one of {names}, found another"));
                continue;
            };
            options.extend(self.one(&entry.node, path).map(|terms| (option, terms)));
        }
        options
    }

    /// One table. A value that is refused is reported once and taken out, to see what else is wrong.
    fn one<T: DeserializeOwned>(&mut self, node: &Node, path: Vec<String>) -> Option<T> {
        let mut node = node.clone();
        let mut reported = BTreeSet::new();
        loop {
            let fault = match T::deserialize(&node) {
                Ok(read) => return Some(read).filter(|_| reported.is_empty()),
                Err(fault) => fault,
            };
            if reported.insert(fault.path.clone()) {
                let place = node.place_of(&fault.path);
                self.wrong(place, &[path.clone(), fault.path.clone()].concat(), &fault.message);
            }
            if !node.mend(&fault.path, None) {
                return None;
            }
        }
    }
}
