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

/// Reads the text of an offers file of this name.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_offers(name: &str, text: &str) -> Result<Offers, Errors> {
    let mut problems = Vec::new();
    let offers = read(&name.into(), text, &mut problems);
    Errors::of(problems).map_or(Ok(offers), Err)
}

/// Reads the file's text; what is wrong is added to `problems` and left out.
pub fn read(name: &Arc<str>, text: &str, problems: &mut Vec<Problem>) -> Offers {
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
            std::slice::from_ref(&entry.name),
            "unknown key, expected currency, areas, places or options",
        );
    }
    let currency = reader.currency();
    let ((areas, area_lines), (places, place_lines)) = (reader.list("areas"), reader.list("places"));
    let offers = Offers { currency, areas, places, options: reader.options() };
    for (mut path, message) in offers.mistakes() {
        // Those that could not be read are not counted there, but they are in the file.
        let lines = match path[0].as_str() {
            "areas" => &area_lines[..],
            "places" => &place_lines[..],
            _ => &[],
        };
        if let Some(line) = path[1].parse().ok().and_then(|index: usize| lines.get(index)) {
            path[1] = line.to_string();
        }
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

    /// The tables of a list, without those that cannot be read, and the index of each in the file.
    fn list<T: DeserializeOwned>(&mut self, name: &str) -> (Vec<T>, Vec<usize>) {
        match self.tree.get(name).map(|node| (&node.value, &node.place)) {
            None => (Vec::new(), Vec::new()),
            Some((Value::List(nodes), _)) => {
                let path = |index: usize| vec![name.to_owned(), index.to_string()];
                let read = |(index, node)| self.one(node, path(index)).map(|read| (read, index));
                nodes.iter().enumerate().filter_map(read).unzip()
            }
            Some((other, place)) => {
                let message = format!("expected a list of tables ([[{name}]]), found {}", other.kind());
                self.wrong(place.clone(), &[name.to_owned()], &message);
                (Vec::new(), Vec::new())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_accepted_and_offers_every_option() {
        let example = include_str!("../../deploy/offers.toml");
        let offers = read_offers("offers.toml", example).expect("the example");
        assert_eq!(offers.options.len(), RerouteOption::ALL.len());
        assert_eq!((offers.areas.len(), offers.places.len()), (2, 3));
        assert!(offers.mistakes().is_empty());
    }

    #[test]
    fn every_mistake_is_reported_at_once_with_its_place() {
        let file = r#"currency = "yuan"
prices = 7

[[areas]]
prefix = ""
time_zone = "Asia/Peking"
tour = "20:00-08:00"

[[areas]]
prefix = "31"
time_zone = "Asia/Shanghai"
tour = "08:00-20:00"

[[areas]]
prefix = "31"
time_zone = "Asia/Shanghai"
tour = "08:00-20:00"
slots = ["morning"]

[[places]]
id = "LK|1"
kind = "cupboard"
areas = []

[[places]]
id = "LK-2"
kind = "locker"
areas = ["31"]
opening = "always"

[[places]]
id = "LK-3"
kind = "locker"
areas = ["31"]

[[places]]
id = "LK-3"
kind = "outlet"
areas = ["31"]

[options.locker]
fee = 1.5
cut_off = "soon"

[options.teleport]
fee = "0.00"

[options.hold]
fee = "0.00"
cut_off = "2h"
"#;
        let errors = read_offers("o.toml", file).expect_err("mistakes");
        let found: Vec<String> = errors.problems().iter().map(ToString::to_string).collect();
        let options = RerouteOption::ALL.map(RerouteOption::name).join(", ");
        assert_eq!(
            found,
            [
                r#"o.toml:1:12: currency: expected a currency (CNY, say), found "yuan""#.to_owned(),
                "o.toml:2:1: prices: unknown key, expected currency, areas, places or options".to_owned(),
                r#"o.toml:6:13: areas.0.time_zone: expected a time zone (Asia/Shanghai, say), found "Asia/Peking""#.to_owned(),
                r#"o.toml:7:8: areas.0.tour: expected part of a day ("14:00-18:00"), found "20:00-08:00""#.to_owned(),
                r#"o.toml:18:10: areas.2.slots.0: expected part of a day ("14:00-18:00"), found "morning""#.to_owned(),
                "o.toml:21:6: places.0.id: expected 1 to 200 characters without bars, found 4".to_owned(),
                r#"o.toml:22:8: places.0.kind: expected locker, station or outlet, found "cupboard""#.to_owned(),
                "o.toml:23:9: places.0.areas: expected at least one, found none".to_owned(),
                "o.toml:29:11: places.1.opening: unknown key, expected id, kind, areas, name, address, hours, fee, max_days or services".to_owned(),
                "o.toml:37:6: places.3.id: expected an id of its own, found that of another place".to_owned(),
                r#"o.toml:42:7: options.locker.fee: expected a text, found a number"#.to_owned(),
                r#"o.toml:43:11: options.locker.cut_off: expected a duration (30m, 2h, 1d), found "soon""#.to_owned(),
                format!("o.toml:45:10: options.teleport: expected one of {options}, found another"),
                "o.toml:48:10: options.hold.days: expected for how many days a parcel is kept longer, found nothing".to_owned(),
            ]
        );
    }

    #[test]
    fn nobody_offers_slots_for_longer_than_two_weeks() {
        let example = include_str!("../../deploy/offers.toml");
        assert!(read_offers("o.toml", &example.replace("days_ahead = 3", "days_ahead = 14")).is_ok());
        let found = read_offers("o.toml", &example.replace("days_ahead = 5", "days_ahead = 15")).expect_err("too long");
        assert!(found.to_string().ends_with("areas.1.days_ahead: expected at most 14 days, found 15"), "{found}");
    }

    #[test]
    fn a_text_that_is_no_toml_is_reported_where_it_ends() {
        let found = read_offers("o.toml", "currency = ").expect_err("no TOML").to_string();
        assert!(found.contains("o.toml:1:12"), "{found}");
    }
}
