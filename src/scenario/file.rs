//! The TOML around timelines: what is common to the scenarios of a file, and what each says otherwise.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::expectation::{Expectation, Found};
use super::record::{FIELDS, TABLES, shipment_record};
use super::timeline::{self, Line, What};
use super::when::Clock;
use crate::document::{Node, Place, Problem};
use crate::model::{ConditionKind, Merchant};

/// One scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The file's name as it was given.
    pub file: Arc<str>,
    /// Where in the file its timeline begins, from 1.
    pub number: usize,
    /// A sentence.
    pub name: String,
    pub(super) clock: Clock,
    pub(super) only: Only,
    pub(super) merchant: Option<Merchant>,
    pub(super) lines: Vec<Line>,
}

/// What is compared; what else comes of a parcel is passed over.
#[derive(Clone, Debug, Default)]
pub(super) struct Only {
    /// None: all.
    conditions: Option<BTreeSet<ConditionKind>>,
    /// Whether nobody's being told is passed over.
    is_silent: bool,
}

impl Only {
    /// `told` and names of conditions.
    fn read(names: Option<&[String]>) -> Result<Only, String> {
        let Some(names) = names else { return Ok(Only::default()) };
        let mut conditions = BTreeSet::new();
        for name in names.iter().filter(|name| *name != "told") {
            let kind = ConditionKind::ALL.into_iter().find(|kind| kind.name() == name);
            conditions.insert(kind.ok_or_else(|| format!("expected told or conditions, found {name:?}"))?);
        }
        Ok(Only { conditions: Some(conditions), is_silent: !names.iter().any(|name| name == "told") })
    }

    /// Whether this is compared.
    pub fn found(&self, found: &Found) -> bool {
        match found {
            Found::Change(change) => self.condition(change.condition),
            Found::Told(_) => !self.is_silent,
        }
    }

    fn expected(&self, expected: &Expectation) -> bool {
        match expected {
            Expectation::Changes { kind, .. } => self.condition(*kind),
            Expectation::Tells { .. } => !self.is_silent,
        }
    }

    fn condition(&self, kind: ConditionKind) -> bool {
        self.conditions.as_ref().is_none_or(|all| all.contains(&kind))
    }
}

/// What is common to the scenarios of a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whole {
    zone: Option<String>,
    only: Option<Vec<String>>,
    shipment: Option<Map<String, Value>>,
    merchant: Option<Map<String, Value>>,
    scenario: Vec<One>,
}

/// A scenario; what it says otherwise than its file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    name: String,
    zone: Option<String>,
    only: Option<Vec<String>>,
    shipment: Option<Map<String, Value>>,
    merchant: Option<Map<String, Value>>,
    timeline: String,
}

/// Reads the scenarios of a file of this name.
///
/// # Errors
/// Everything that is wrong with its timelines, or the first thing that is wrong with what is around them, each with its place.
pub fn read(name: &str, text: &str) -> Result<Vec<Scenario>, Vec<Problem>> {
    let file: Arc<str> = name.into();
    let tree = Node::of_file(&file, text).map_err(|problem| vec![problem])?;
    let whole = Whole::deserialize(&tree).map_err(|fault| {
        vec![Problem { place: tree.place_of(&fault.path), key: fault.path.join("."), message: fault.message }]
    })?;
    let (mut scenarios, mut problems) = (Vec::new(), Vec::new());
    for (index, one) in whole.scenario.iter().enumerate() {
        let begins = begins(&tree, text, index);
        match scenario(&file, begins, &whole, one, &mut problems) {
            Ok(scenario) => scenarios.push(scenario),
            Err((key, message)) => {
                let path = ["scenario".to_owned(), index.to_string(), key.to_owned()];
                let common = [key.to_owned()];
                let place =
                    tree.place_of(if tree.get("scenario").and_then(|all| all.get(&path[1])?.get(key)).is_some() {
                        &path[..]
                    } else {
                        &common[..]
                    });
                problems.push(Problem { place, key: format!("{}: {key}", one.name), message });
            }
        }
    }
    if problems.is_empty() { Ok(scenarios) } else { Err(problems) }
}

/// The line after which a timeline's first line stands: the text begins behind its quotation marks, or in the line below.
fn begins(tree: &Node, text: &str, index: usize) -> usize {
    let path = ["scenario", &index.to_string(), "timeline"];
    let Place::File { line, column, .. } = tree.place_of(&path) else { return 0 };
    let quoted =
        text.lines().nth(line - 1).and_then(|line| line.char_indices().nth(column - 1 + 3).map(|(i, _)| &line[i..]));
    if quoted.is_none_or(|rest| rest.trim().is_empty()) { line } else { line - 1 }
}

/// One scenario; what is wrong around its timeline comes with its key.
fn scenario(
    file: &Arc<str>,
    begins: usize,
    whole: &Whole,
    one: &One,
    problems: &mut Vec<Problem>,
) -> Result<Scenario, (&'static str, String)> {
    let zone = one.zone.as_ref().or(whole.zone.as_ref()).map_or("UTC", String::as_str);
    let zone =
        zone.parse().map_err(|_| ("zone", format!("expected a time zone (Asia/Shanghai, say), found {zone:?}")))?;
    let clock = Clock { zone };
    let only = Only::read(one.only.as_deref().or(whole.only.as_deref())).map_err(|wrong| ("only", wrong))?;
    let shipment = laid_over(whole.shipment.as_ref(), one.shipment.as_ref());
    if let Some(unknown) =
        shipment.keys().find(|key| !FIELDS.contains(&key.as_str()) && !TABLES.contains(&key.as_str()))
    {
        let known = [&TABLES[..], &FIELDS[..]].concat().join(", ");
        return Err(("shipment", format!("expected {known}, found {unknown:?}")));
    }
    shipment_record(&shipment, clock, None).map_err(|wrong| ("shipment", wrong))?;
    let mut wrong = Vec::new();
    let lines = timeline::read(&one.timeline, begins, clock, &shipment, &mut wrong);
    let passed_over = lines.iter().filter_map(|line| match &line.what {
        What::Expected(Some(expected)) if !only.expected(expected) => {
            Some((line.number, "expected what `only` names, found what it leaves out".to_owned()))
        }
        _ => None,
    });
    wrong.extend(passed_over.collect::<Vec<_>>());
    if lines.is_empty() && wrong.is_empty() {
        return Err(("timeline", "expected a line, found none".to_owned()));
    }
    problems.extend(wrong.into_iter().map(|(line, message)| Problem {
        place: Place::File { name: file.clone(), line, column: 1 },
        key: String::new(),
        message,
    }));
    let merchant = merchant(laid_over(whole.merchant.as_ref(), one.merchant.as_ref()), &shipment)?;
    Ok(Scenario { file: file.clone(), number: begins, name: one.name.clone(), clock, only, merchant, lines })
}

/// The merchant as merchants.v1 has it; none where nothing is said of it.
fn merchant(
    mut fields: Map<String, Value>,
    shipment: &Map<String, Value>,
) -> Result<Option<Merchant>, (&'static str, String)> {
    if fields.is_empty() {
        return Ok(None);
    }
    if let Some(name) = shipment.get("merchant") {
        fields.entry("merchant").or_insert_with(|| name.clone());
    }
    let read = serde_json::from_value(Value::Object(fields));
    read.map(Some).map_err(|error| ("merchant", format!("expected a merchant as in merchants.v1, found none: {error}")))
}

fn laid_over(below: Option<&Map<String, Value>>, above: Option<&Map<String, Value>>) -> Map<String, Value> {
    let fields = below.into_iter().flatten().chain(above.into_iter().flatten());
    fields.map(|(key, value)| (key.clone(), value.clone())).collect()
}
