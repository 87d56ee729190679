//! Lays what the user wrote over the default; a key that the default does not know is an error with a
//! suggestion, unless it stands in a table with free keys.

use super::Problem;
use super::free::free;
use super::tree::{Entry, Node, Value};

/// Changes `base`, a table, to what `over` says. What cannot be laid over is reported and left out, so that the
/// rest is still checked.
pub(crate) fn overlay(base: &mut Node, over: Node, problems: &mut Vec<Problem>) {
    lay_table(base, over, &mut Vec::new(), problems);
}

fn lay_table(base: &mut Node, over: Node, path: &mut Vec<String>, problems: &mut Vec<Problem>) {
    let Value::Table(over) = over.value else { return };
    for entry in over {
        path.push(entry.name.clone());
        if let Err(problem) = lay_entry(base, entry, path, problems) {
            problems.push(problem);
        }
        path.pop();
    }
}

fn lay_entry(base: &mut Node, over: Entry, path: &mut Vec<String>, problems: &mut Vec<Problem>) -> Result<(), Problem> {
    let Value::Table(entries) = &mut base.value else { return Ok(()) };
    let Some(index) = entries.iter().position(|entry| entry.name == over.name) else {
        if free(&path[..path.len() - 1]).is_none() {
            let message = unknown(&over.name, entries.iter().map(|entry| entry.name.as_str()));
            return Err(Problem { place: over.place, key: path.join("."), message });
        }
        entries.push(over);
        return Ok(());
    };
    let known = &mut entries[index].node;
    match (&known.value, &over.node.value) {
        (Value::Table(_), Value::Table(_)) => lay_table(known, over.node, path, problems),
        (expected @ Value::Table(_), found) | (expected, found @ Value::Table(_)) => {
            let message = format!("expected {}, found {}", expected.kind(), found.kind());
            return Err(Problem { place: over.node.place, key: path.join("."), message });
        }
        _ => *known = over.node,
    }
    Ok(())
}

/// What is said about a key that nobody knows.
pub(crate) fn unknown<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let near = known.map(|known| (distance(name, known), known)).min();
    match near {
        // A third of the letters wrong is still a slip; more is another word.
        Some((distance, near)) if distance * 3 <= name.chars().count().max(3) => {
            format!("unknown key; did you mean `{near}`?")
        }
        _ => "unknown key".to_owned(),
    }
}

/// Levenshtein's: the fewest letters to insert, delete or replace.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = std::mem::replace(&mut row[j + 1], 0);
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
