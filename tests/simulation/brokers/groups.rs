//! The group coordinator: members, generations, rebalances and committed offsets, by the classic protocol.
//!
//! As Apache Kafka's `ClassicGroup` and the cooperative-sticky assignor (KIP-429) do it: a member that joins, leaves or is silent for a
//! session begins a rebalance; it is complete when everybody has joined again, with the next generation; a partition
//! that another member still claims is given to nobody in that round, its owner is told to let go, and joins again when it has.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::state::State;
use super::time::Event;
use super::transactions::Refused;

/// A new group waits this long at most for more members (`group.initial.rebalance.delay.ms`).
const FIRST_WAIT: Duration = Duration::from_secs(3);
/// Who has not joined again by then is left out (`max.poll.interval.ms` of the client).
pub const REBALANCE_WITHIN: Duration = Duration::from_secs(300);

/// A member, as the coordinator knows it.
#[derive(Debug)]
pub struct Seat {
    #[allow(missing_docs)]
    pub client: u64,
    /// What it said it owned when it joined.
    claims: BTreeSet<i32>,
    /// The present rebalance has its JoinGroup.
    joined: bool,
    /// When it was heard of last.
    pub heard: Duration,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Empty,
    /// Waits for everybody to join.
    Preparing,
    Stable,
}

#[allow(missing_docs)]
#[derive(Debug, Default)]
pub struct Group {
    pub generation: i32,
    phase: Phase,
    pub members: BTreeMap<String, Seat>,
    /// Who owns what, as the last complete rebalance says; for the driver.
    pub assigned: BTreeMap<String, BTreeSet<i32>>,
    pub offsets: BTreeMap<(String, i32), i64>,
    /// Offsets of transactions that are not decided here yet, by producer id.
    pub pending: BTreeMap<i64, BTreeMap<(String, i32), i64>>,
    /// How many partitions there are to assign.
    partitions: i32,
    named: u64,
}

impl Group {
    /// Whether offsets of this member may be taken (`ClassicGroup.validateOffsetCommit`); also in the midst of a rebalance, for as
    /// long as the generation is the present one.
    pub fn admits(&self, member: &str, generation: i32) -> Result<(), Refused> {
        if !self.members.contains_key(member) {
            return Err(Refused::UnknownMember);
        }
        if generation != self.generation {
            return Err(Refused::IllegalGeneration);
        }
        Ok(())
    }
}

/// The answer to a heartbeat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    #[allow(missing_docs)]
    Fine,
    /// Join again.
    Rebalancing,
    /// You are out.
    Unknown,
}

impl State {
    /// JoinGroup: a first one names the member; the answer comes when everybody has joined.
    pub fn join(
        &mut self,
        group: &str,
        client: u64,
        member: Option<String>,
        partitions: i32,
        claims: &BTreeSet<i32>,
    ) -> String {
        let (now, wait) = (self.now, self.jitter(FIRST_WAIT));
        let of = self.groups.entry(group.to_owned()).or_default();
        of.partitions = partitions;
        let known = member.filter(|member| of.members.contains_key(member));
        let is_new = known.is_none();
        let member = known.unwrap_or_else(|| {
            of.named += 1;
            format!("{group}-{client}-{}", of.named)
        });
        let claims = claims.clone();
        let first = of.members.is_empty();
        of.members.insert(member.clone(), Seat { client, claims, joined: true, heard: now });
        if is_new {
            let event = Event::SessionCheck { group: group.to_owned(), member: member.clone() };
            self.agenda.note(now + self.session_timeout, event);
        }
        self.prepare(group, if first { wait } else { REBALANCE_WITHIN });
        self.complete_join(group, false);
        member
    }

    /// LeaveGroup.
    pub fn leave(&mut self, group: &str, member: &str) {
        let Some(of) = self.groups.get_mut(group) else { return };
        if of.members.remove(member).is_some() {
            of.assigned.remove(member);
            self.prepare(group, REBALANCE_WITHIN);
            self.complete_join(group, false);
        }
    }

    /// Heartbeat.
    pub fn heartbeat(&mut self, group: &str, member: &str, generation: i32) -> Heard {
        let now = self.now;
        let Some(of) = self.groups.get_mut(group) else { return Heard::Unknown };
        let Some(seat) = of.members.get_mut(member) else { return Heard::Unknown };
        if generation != of.generation {
            // ILLEGAL_GENERATION; while its own join is being answered the client knows better.
            return if seat.joined { Heard::Fine } else { Heard::Unknown };
        }
        seat.heard = now;
        match of.phase {
            Phase::Preparing if !seat.joined => Heard::Rebalancing,
            _ => Heard::Fine,
        }
    }

    /// Whether SyncGroup is answered with the assignment: not where another rebalance has begun meanwhile.
    pub fn is_in_sync(&self, group: &str, member: &str, generation: i32) -> bool {
        let in_sync =
            |of: &Group| of.phase == Phase::Stable && of.generation == generation && of.members.contains_key(member);
        self.groups.get(group).is_some_and(in_sync)
    }

    /// A member that was silent for a session is out.
    pub fn session_check(&mut self, group: &str, member: &str) {
        let (now, session) = (self.now, self.session_timeout);
        let Some(of) = self.groups.get_mut(group) else { return };
        let Some(seat) = of.members.get(member) else { return };
        // Who waits for the answer to its JoinGroup is not expected to beat.
        let waits = seat.joined && of.phase == Phase::Preparing;
        if !waits && now >= seat.heard + session {
            *self.counts.entry("session expired").or_default() += 1;
            self.leave(group, member);
            return;
        }
        let at = if waits { now + session } else { seat.heard + session };
        self.agenda.note(at, Event::SessionCheck { group: group.to_owned(), member: member.to_owned() });
    }

    /// The time to join is over.
    pub fn join_deadline(&mut self, group: &str, generation: i32) {
        if self.groups.get(group).is_some_and(|of| of.generation == generation) {
            self.complete_join(group, true);
        }
    }

    fn prepare(&mut self, group: &str, within: Duration) {
        let now = self.now;
        let Some(of) = self.groups.get_mut(group) else { return };
        if of.phase == Phase::Preparing {
            return;
        }
        of.phase = Phase::Preparing;
        let generation = of.generation;
        self.agenda.note(now + within, Event::JoinDeadline { group: group.to_owned(), generation });
    }

    /// Everybody has joined, or the others had their time: a new generation, and what each is assigned.
    fn complete_join(&mut self, group: &str, is_over: bool) {
        let now = self.now;
        let Some(of) = self.groups.get_mut(group) else { return };
        if of.phase != Phase::Preparing {
            return;
        }
        let is_first = of.generation == 0;
        if !is_over && (is_first || of.members.values().any(|seat| !seat.joined)) {
            return;
        }
        of.members.retain(|_, seat| seat.joined);
        of.generation += 1;
        of.phase = if of.members.is_empty() { Phase::Empty } else { Phase::Stable };
        let claims = of.members.iter().map(|(member, seat)| (member.clone(), seat.claims.clone())).collect();
        of.assigned = assign(&claims, of.partitions);
        let generation = of.generation;
        let mut answers = Vec::new();
        for (member, seat) in &mut of.members {
            (seat.joined, seat.heard) = (false, now);
            answers.push((seat.client, member.clone(), of.assigned[member].iter().copied().collect()));
        }
        for (client, member, partitions) in answers {
            let at = now + self.answer_delay();
            self.agenda.note(at, Event::Synced { client, member, generation, partitions, stands: None });
        }
        *self.counts.entry("rebalance").or_default() += 1;
    }
}

/// The cooperative-sticky assignor: balanced, and everybody keeps what it can; what another member still claims is withheld from its new owner
/// for this round.
pub fn assign(claims: &BTreeMap<String, BTreeSet<i32>>, partitions: i32) -> BTreeMap<String, BTreeSet<i32>> {
    let mut assigned: BTreeMap<String, BTreeSet<i32>> =
        claims.keys().map(|member| (member.clone(), BTreeSet::new())).collect();
    if claims.is_empty() {
        return assigned;
    }
    let (each, mut more) = (partitions as usize / claims.len(), partitions as usize % claims.len());
    let mut taken = BTreeSet::new();
    // Those who own most keep one more.
    let mut members: Vec<&String> = claims.keys().collect();
    members.sort_by_key(|member| std::cmp::Reverse(claims[*member].len()));
    let mut room = BTreeMap::new();
    for member in members {
        let most = if more > 0 { each + 1 } else { each };
        let kept: BTreeSet<i32> =
            claims[member].iter().copied().filter(|p| *p < partitions && !taken.contains(p)).take(most).collect();
        more -= usize::from(most > each && kept.len() > each);
        room.insert(member.clone(), kept.len());
        taken.extend(kept.iter().copied());
        assigned.insert(member.clone(), kept);
    }
    for partition in (0..partitions).filter(|partition| !taken.contains(partition)) {
        let Some((member, count)) = room.iter_mut().min_by_key(|(_, count)| **count) else { break };
        *count += 1;
        if !claims.iter().any(|(other, claims)| other != member && claims.contains(&partition)) {
            assigned.entry(member.clone()).or_default().insert(partition);
        }
    }
    assigned
}
