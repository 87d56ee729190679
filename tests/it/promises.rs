//! The lists of promises are whole and up to date: `tests/mutate` takes an hour, this takes no time.

use std::collections::BTreeSet;
use std::path::Path;

use serde::Deserialize;

use crate::support::shared_data;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    promise: Vec<Promise>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Promise {
    id: String,
    says: String,
    because: Option<String>,
    #[serde(default)]
    mutation: Vec<Mutation>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutation {
    on: Option<String>,
    test: String,
    file: String,
    old: String,
    new: String,
}

/// `tests/simulation/planted.toml`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Planted {
    fault: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fault {
    id: String,
    says: String,
    because: Option<String>,
    #[serde(default)]
    seeds: Vec<u64>,
    #[serde(default)]
    stormy: bool,
    edit: Vec<Edit>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Edit {
    file: String,
    old: String,
    new: String,
}

/// The lists, with the page of the design that each cuts up, and the section of it; none: the whole page.
const LISTS: [(&str, &str, Option<&str>); 3] = [
    ("time", "runtime.md", Some("## Time")),
    ("once", "runtime.md", Some("## Exactly once")),
    ("rules", "rules.md", None),
];

/// Promises that cut up no page.
const FURTHER: &str = "further";

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn list(name: &str) -> Vec<Promise> {
    let file = repository().join("tests/promises").join(name).with_extension("toml");
    let text = std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let list: List = toml_edit::de::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    list.promise
}

fn all() -> impl Iterator<Item = Promise> {
    LISTS.into_iter().map(|(name, ..)| name).chain([FURTHER]).flat_map(list)
}

/// A file of the repository.
fn text(file: &str) -> String {
    std::fs::read_to_string(repository().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Words with one blank between them: how lines are broken says nothing.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_promise_has_a_name_of_its_own_and_a_mutation_or_a_reason_for_none() {
    let mut ids = BTreeSet::new();
    for promise in all() {
        assert!(ids.insert(promise.id.clone()), "{} stands there twice", promise.id);
        let has_none = promise.mutation.is_empty();
        assert_eq!(has_none, promise.because.is_some(), "{}: expected a mutation or a reason, not both", promise.id);
    }
    assert!(ids.len() > 80, "found {} promises", ids.len());
}

#[test]
fn every_mutation_finds_its_place_and_changes_something() {
    for promise in all() {
        for Mutation { file, old, new, .. } in &promise.mutation {
            let found = text(file).matches(old.as_str()).count();
            assert_eq!(found, 1, "{}: {old:?} stands {found} times in {file}", promise.id);
            assert_ne!(old, new, "{}", promise.id);
        }
    }
}

#[test]
fn every_planted_fault_finds_its_places_and_is_in_effect_only_where_it_is_asked_for() {
    let planted: Planted =
        toml_edit::de::from_str(&text("tests/simulation/planted.toml")).unwrap_or_else(|error| panic!("{error}"));
    let mut ids = BTreeSet::new();
    for Fault { id, says, because, seeds, stormy, edit } in &planted.fault {
        assert!(ids.insert(id), "{id} stands there twice");
        assert!(!edit.is_empty() && !says.is_empty(), "{id}: expected what it is and an edit");
        assert!(because.as_ref().is_none_or(|because| !because.is_empty()), "{id}: expected a reason");
        assert!(!stormy || !seeds.is_empty(), "{id}: expected the seeds that are stormy");
        let asks = format!("crate::planted(\"{id}\")");
        assert!(edit.iter().any(|edit| edit.new.contains(&asks)), "{id}: expected {asks} in what is new");
        for Edit { file, old, .. } in edit {
            let found = text(file).matches(old.as_str()).count();
            assert_eq!(found, 1, "{id}: {old:?} stands {found} times in {file}");
        }
    }
    assert!(ids.len() > 15, "found {} faults", ids.len());
}

#[test]
fn every_test_that_is_named_exists() {
    for promise in all() {
        for Mutation { on, test, .. } in &promise.mutation {
            let root = match on.as_deref() {
                None => "src",
                Some("it") => "tests/it",
                Some(other) => panic!("{}: expected it, found {other:?}", promise.id),
            };
            assert!(stands(root, test), "{}: there is no test {test} in {root}", promise.id);
        }
    }
}

/// Whether a test of this path is below the folder: in the module's file, its folder, or inline in a file further up.
fn stands(root: &str, test: &str) -> bool {
    let (modules, name) = test.rsplit_once("::").expect("a test is in a module");
    let mut path = repository().join(root);
    let mut files = Vec::new();
    for module in modules.split("::") {
        path.push(module);
        files.extend([path.with_extension("rs"), path.join("mod.rs")]);
    }
    let line = format!("fn {name}(");
    let holds = |file: &std::path::PathBuf| std::fs::read_to_string(file).is_ok_and(|text| text.contains(&line));
    files.iter().any(holds)
}

/// A section of a page without its title, or the whole page.
fn section<'a>(page: &'a str, title: Option<&str>) -> &'a str {
    let Some(title) = title else { return page };
    let begins = page.find(title).unwrap_or_else(|| panic!("expected {title:?}, found none"));
    let (_, section) = page[begins..].split_once('\n').expect("a section has a text");
    section.split_once("\n## ").map_or(section, |(section, _)| section)
}

/// What a list cuts up, as it is kept beside it.
fn kept(name: &str, title: Option<&str>) -> String {
    let text = text(&format!("tests/promises/{name}.md"));
    section(&text, title).to_owned()
}

/// Titles and the line below a table's head promise nothing.
fn is_sentence(line: &&str) -> bool {
    !line.starts_with('#') && !line.starts_with("|---")
}

#[test]
fn no_sentence_of_what_is_cut_up_is_missing() {
    for (name, page, title) in LISTS {
        let section = kept(name, title);
        // What a list item begins with is no part of its sentence.
        let lines = section.lines().filter(is_sentence).map(|line| line.strip_prefix("- ").unwrap_or(line));
        let section = words(&lines.collect::<Vec<_>>().join(" "));
        let mut rest = section.as_str();
        for Promise { id, says, .. } in list(name) {
            let says = words(&says);
            let after = rest.strip_prefix(says.as_str());
            rest = after
                .unwrap_or_else(|| panic!("{id} says {says:?}, where {page} goes on with {:?}", beginning(rest)))
                .trim_start();
        }
        assert_eq!(rest, "", "of {name}");
    }
}

#[test]
fn what_is_cut_up_is_kept_as_it_stands_in_the_design() {
    for (name, page, title) in LISTS {
        let Some(file) = shared_data(&format!("design/{page}")) else { return };
        let design = std::fs::read_to_string(file).expect("a readable file");
        assert_eq!(kept(name, title).trim_end(), section(&design, title).trim_end(), "tests/promises/{name}.md");
    }
}

fn beginning(text: &str) -> String {
    text.chars().take(200).collect()
}
