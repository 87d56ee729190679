//! What a line expects, and whether something that was found is it.
//!
//! A line names what matters to it: whatever it leaves out may be anything.

use super::words::Rest;
use crate::model::{Audience, Change, Channel, ConditionChange, ConditionKind, Level, NoticeKind, Timestamp};

/// Something that came of a parcel.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    /// A condition changed.
    Change(Box<ConditionChange>),
    /// Somebody was told.
    Told(Told),
}

/// Who was told of what.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    pub audience: Audience,
    pub kind: NoticeKind,
    pub level: Level,
    pub channel: Channel,
}

/// What is expected.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expectation {
    /// That a condition changes.
    Changes {
        kind: ConditionKind,
        change: Change,
        level: Option<Level>,
        episode: Option<u32>,
        milestone: Option<u16>,
        limit: Option<Timestamp>,
        /// The empty text: nothing explains it.
        held_by: Option<String>,
    },
    /// That somebody is told.
    Tells { audience: Audience, kind: NoticeKind, level: Option<Level>, channel: Option<Channel> },
}

impl Expectation {
    /// Reads what stands after `=>`; none for `nothing`.
    pub fn read(first: &str, mut rest: Rest<'_>) -> Result<Option<Expectation>, String> {
        let expectation = match first {
            "nothing" => None,
            "told" => Some(tells(&mut rest)?),
            condition => Some(changes(condition, &mut rest)?),
        };
        rest.end("nothing more of this")?;
        Ok(expectation)
    }

    /// Whether it is this that was expected, whenever it came.
    pub fn is(&self, found: &Found) -> bool {
        fn same<T: PartialEq>(expected: &Option<T>, found: &T) -> bool {
            expected.as_ref().is_none_or(|expected| expected == found)
        }
        match (self, found) {
            (
                Expectation::Changes { kind, change, level, episode, milestone, limit, held_by },
                Found::Change(found),
            ) => {
                *kind == found.condition
                    && *change == found.change
                    && same(level, &found.level)
                    && same(episode, &found.episode)
                    && same(limit, &found.limit)
                    && milestone.is_none_or(|milestone| found.evidence.milestone == Some(milestone))
                    && same(held_by, &found.held_by.clone().unwrap_or_default())
            }
            (Expectation::Tells { audience, kind, level, channel }, Found::Told(told)) => {
                *audience == told.audience
                    && *kind == told.kind
                    && same(level, &told.level)
                    && same(channel, &told.channel)
            }
            _ => false,
        }
    }
}

/// `stalled opened warn episode=2 milestone=0 limit=08:00 held_by=held`
fn changes(condition: &str, rest: &mut Rest<'_>) -> Result<Expectation, String> {
    let kind = named(condition, ConditionKind::ALL, ConditionKind::name, "nothing, told or a condition")?;
    let change = rest.next().unwrap_or_default();
    let number = |key: &str, text: Option<&str>| match text {
        None => Ok(None),
        Some(text) => {
            text.parse::<u16>().map(Some).map_err(|_| format!("{key}: expected a whole number, found {text:?}"))
        }
    };
    let (episode, milestone) = (rest.take("episode"), rest.take("milestone"));
    Ok(Expectation::Changes {
        kind,
        change: named(change, Change::ALL, Change::name, "opened, escalated, cleared or retracted")?,
        level: rest.next().map(level).transpose()?,
        episode: number("episode", episode)?.map(u32::from),
        milestone: number("milestone", milestone)?,
        limit: rest.take_time("limit")?,
        held_by: rest.take("held_by").map(str::to_owned),
    })
}

/// `told recipient stalled warn by=sms`
fn tells(rest: &mut Rest<'_>) -> Result<Expectation, String> {
    let audience = rest.next().unwrap_or_default();
    let audience = named(audience, Audience::ALL, Audience::name, "an audience (recipient, merchant, sender, ..)")?;
    let kind = rest.next().unwrap_or_default();
    let kind = NoticeKind::from_name(kind).ok_or_else(|| {
        format!(
            "expected what is told (a condition, collection, recovered, corrected, choice or digest), found {kind:?}"
        )
    })?;
    let channel = rest.take("by");
    Ok(Expectation::Tells {
        audience,
        kind,
        level: rest.next().map(level).transpose()?,
        channel: channel.map(|by| named(by, Channel::ALL, Channel::name, "email, webhook or sms")).transpose()?,
    })
}

fn level(text: &str) -> Result<Level, String> {
    let levels = [Level::Info, Level::Warn, Level::Major, Level::Critical];
    named(text, levels, Level::name, "info, warn, major or critical")
}

/// The one of this name.
fn named<T: Copy, const N: usize>(
    text: &str,
    all: [T; N],
    name: fn(T) -> &'static str,
    expected: &str,
) -> Result<T, String> {
    all.into_iter().find(|one| name(*one) == text).ok_or_else(|| format!("expected {expected}, found {text:?}"))
}
