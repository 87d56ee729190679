//! A document read into types, part by part: the default with the file and the environment laid over it.
//!
//! What a type refuses is reported once with its place and put back to the default, so that the rest is still looked at.

use serde::de::DeserializeOwned;

use super::tree::{Node, Value};
use super::{Check, Errors, Place, Problem, environment, overlay, print};

/// A document, and what is wrong with it as far as it was looked at.
pub struct Sections {
    tree: Node,
    default: Node,
    problems: Vec<Problem>,
}

impl Sections {
    /// Lays a file (its name, for places, and its text) and the variables among these that are overrides over the `default`, a
    /// TOML text of ours.
    ///
    /// # Panics
    /// Where the default is no TOML.
    pub fn new(default: &str, file: Option<(&str, &str)>, variables: &[(String, String)]) -> Sections {
        let (default, mut problems) = (parse_default(default), Vec::new());
        let mut tree = default.clone();
        if let Some((name, text)) = file {
            match Node::of_file(&name.into(), text) {
                Ok(file) => overlay::overlay(&mut tree, file, &mut problems),
                Err(problem) => problems.push(problem),
            }
        }
        environment::apply(&mut tree, variables, &mut problems);
        Sections { tree, default, problems }
    }

    /// The table of this name.
    pub fn table<T: DeserializeOwned>(&mut self, name: &str) -> Option<T> {
        self.read(&[name], |tree| tree.get(name).cloned())
    }

    /// The tables that this part of the default shows, together.
    pub fn tables_of<T: DeserializeOwned>(&mut self, reference: &str) -> Option<T> {
        let shown = parse_default(reference);
        self.read(&[], |tree| {
            let entries = tree.entries().iter().filter(|entry| shown.get(&entry.name).is_some());
            Some(Node { place: Place::Default, value: Value::Table(entries.cloned().collect()) })
        })
    }

    /// What is wrong so far, to be added to.
    pub fn problems(&mut self) -> &mut Vec<Problem> {
        &mut self.problems
    }

    /// For what single values cannot say.
    pub fn check(&mut self) -> Check<'_> {
        Check::new(&self.tree, &mut self.problems)
    }

    /// What is in force, as TOML with the place of what is not default; meaningful where nothing is wrong.
    pub fn print(&self) -> String {
        print::print(&self.tree)
    }

    /// What is read, unless anything was wrong.
    ///
    /// # Errors
    /// Everything that was.
    pub fn finish<T>(self, read: Option<T>) -> Result<T, Errors> {
        match (read, Errors::of(self.problems)) {
            (_, Some(errors)) => Err(errors),
            (Some(read), None) => Ok(read),
            (None, None) => unreachable!("a section that cannot be read leaves a problem"),
        }
    }

    /// Tries until the type accepts: each refused value is reported once and put back to the default.
    fn read<T: DeserializeOwned>(&mut self, prefix: &[&str], part: impl Fn(&Node) -> Option<Node>) -> Option<T> {
        loop {
            let node = part(&self.tree).unwrap_or(Node { place: Place::Default, value: Value::Table(Vec::new()) });
            let fault = match T::deserialize(&node) {
                Ok(read) => return Some(read),
                Err(fault) => fault,
            };
            let path: Vec<String> = prefix.iter().map(|name| (*name).to_owned()).chain(fault.path).collect();
            let place = self.tree.place_of(&path);
            self.problems.push(Problem { place, key: path.join("."), message: fault.message });
            if !self.tree.mend(&path, Some(&self.default)) {
                return None;
            }
        }
    }
}

fn parse_default(reference: &str) -> Node {
    Node::parse(reference, &|_| Place::Default)
        .unwrap_or_else(|problem| panic!("the built-in default is no TOML: {problem}"))
        .into_default()
}
