//! A client's membership: the background thread of librdkafka that beats, joins again and notes what the group asks.
//!
//! As `rdkafka_cgrp.c` does it for cooperative assignors: one question at a time, nothing is joined anew while one waits for its answer;
//! after a revocation follows an assignment, empty or not, and then the join in which the partition is given on; a member
//! that the coordinator does not know, or that heard nothing of it for a session, has lost its assignment.

use std::collections::BTreeSet;
use std::time::Duration;

use parcelwatch::stream::brokers::{Asked, BrokerError, Committed, Membership};

use super::groups::{Heard, REBALANCE_WITHIN};
use super::instance::Reach;
use super::state::State;
use super::time::Event;
use super::transactions::GroupMetadata;

/// A call that waits looks again after that long.
const LOOKS_AGAIN: Duration = Duration::from_millis(20);

/// A client's side of its membership.
#[derive(Debug)]
pub struct Client {
    #[allow(missing_docs)]
    pub instance: String,
    group: String,
    topic: String,
    member: Option<String>,
    generation: i32,
    owned: BTreeSet<i32>,
    /// What waits for the worker's answer, and whether it was handed over.
    asked: Option<(Asked, bool)>,
    /// The assignment that follows the revocation at hand.
    follows: Option<Vec<i32>>,
    /// To join again once the worker has answered.
    rejoins: bool,
    /// The JoinGroup is not answered yet.
    joining: bool,
    lost: bool,
    /// The assignment is lost, and the worker is to be told after its present answer.
    loses: bool,
    leaving: bool,
    left: bool,
    polled: Duration,
    /// When the coordinator answered last.
    heard: Duration,
}

impl State {
    /// A client subscribes.
    pub fn subscribe(&mut self, instance: &str, group: &str, topic: &str) -> u64 {
        let (now, id) = (self.now, self.handle());
        let client = Client {
            instance: instance.to_owned(),
            group: group.to_owned(),
            topic: topic.to_owned(),
            member: None,
            generation: -1,
            owned: BTreeSet::new(),
            asked: None,
            follows: None,
            rejoins: false,
            joining: false,
            lost: false,
            loses: false,
            leaving: false,
            left: false,
            polled: now,
            heard: now,
        };
        self.clients.insert(id, client);
        let at = now + self.answer_delay();
        self.agenda.note(at, Event::Beat { client: id });
        id
    }

    /// The background thread's turn.
    pub fn beat(&mut self, id: u64) {
        let Some(client) = self.clients.get(&id) else { return };
        let (now, instance) = (self.now, client.instance.clone());
        let paused = self.machines.get(&instance).map_or(Duration::ZERO, |machine| machine.paused_until);
        if paused > now {
            self.agenda.note(paused, Event::Beat { client: id });
            return;
        }
        let next = now + self.session_timeout / 6 + self.answer_delay();
        self.agenda.note(next, Event::Beat { client: id });
        let is_cut = self.is_cut(&instance);
        let session = self.session_timeout;
        let Some(client) = self.clients.get_mut(&id) else { return };
        if client.left {
            return;
        }
        if now.saturating_sub(client.polled) > REBALANCE_WITHIN {
            // max.poll.interval.ms: the worker hangs, so the client leaves for it.
            let member = client.member.take();
            let group = client.group.clone();
            self.lose(id);
            if let (Some(member), false) = (member, is_cut) {
                self.leave(&group, &member);
            }
            return;
        }
        if is_cut {
            if client.member.is_some() && now.saturating_sub(client.heard) > session && !client.joining {
                self.lose(id);
            }
            return;
        }
        match client.member.clone() {
            _ if client.joining => {}
            Some(_) if client.rejoins && client.asked.is_none() => self.join_again(id),
            None if client.asked.is_none() => self.join_again(id),
            None => {}
            Some(member) => {
                let (group, generation) = (client.group.clone(), client.generation);
                match self.heartbeat(&group, &member, generation) {
                    Heard::Fine => self.heard(id),
                    Heard::Rebalancing => {
                        self.heard(id);
                        self.join_again(id);
                    }
                    Heard::Unknown => self.lose(id),
                }
            }
        }
    }

    fn heard(&mut self, id: u64) {
        let now = self.now;
        if let Some(client) = self.clients.get_mut(&id) {
            client.heard = now;
        }
    }

    /// Joins, with what is owned; later where the worker has yet to answer.
    fn join_again(&mut self, id: u64) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        if client.asked.is_some() {
            client.rejoins = true;
            return;
        }
        let is_known =
            |member: &String| self.groups.get(&client.group).is_some_and(|group| group.members.contains_key(member));
        if client.member.as_ref().is_some_and(|member| !is_known(member)) {
            // UNKNOWN_MEMBER_ID: silent for too long, in the middle of its last answer, say. (librdkafka joins without an id, is told
            // MEMBER_ID_REQUIRED, and takes that as the loss of its assignment.)
            self.lose(id);
            return;
        }
        (client.joining, client.rejoins) = (true, false);
        let (group, member, owned) = (client.group.clone(), client.member.clone(), client.owned.clone());
        let partitions = self.topics.get(&client.topic).map_or(0, |topic| topic.logs.len() as i32);
        let member = self.join(&group, id, member, partitions, &owned);
        if let Some(client) = self.clients.get_mut(&id) {
            client.member = Some(member);
        }
        self.heard(id);
    }

    /// The group's answer: the new generation and what is assigned. `stands`: whether the brokers answered SyncGroup well; none: not
    /// asked yet.
    pub fn synced(&mut self, id: u64, member: String, generation: i32, partitions: Vec<i32>, stands: Option<bool>) {
        let now = self.now;
        let Some(client) = self.clients.get(&id) else { return };
        let stands = stands.unwrap_or_else(|| self.is_in_sync(&client.group, &member, generation));
        let machine = self.machines.get(&client.instance);
        let later = machine.map_or(Duration::ZERO, |machine| machine.paused_until.max(machine.cut_until));
        if later > now {
            // The answer waits in the socket: what it says may be stale when it is read.
            let stands = Some(stands);
            self.agenda.note(later, Event::Synced { client: id, member, generation, partitions, stands });
            return;
        }
        let Some(client) = self.clients.get_mut(&id) else { return };
        if client.left || !client.joining || client.member.as_ref() != Some(&member) {
            // The answer to a join that is forgotten.
            return;
        }
        (client.joining, client.generation, client.heard) = (false, generation, now);
        if !stands {
            // The next heartbeat says whether to join again or that all is lost.
            return;
        }
        let assigned: BTreeSet<i32> = partitions.into_iter().collect();
        let revoked: Vec<i32> = client.owned.difference(&assigned).copied().collect();
        let added: Vec<i32> = assigned.difference(&client.owned).copied().collect();
        if revoked.is_empty() {
            client.owned.extend(&added);
            client.asked = Some((Asked::Assign(added), false));
        } else {
            client.owned.retain(|partition| assigned.contains(partition));
            client.follows = Some(added);
            client.asked = Some((Asked::Revoke(revoked), false));
        }
    }

    /// Somebody else may own what this client owned.
    fn lose(&mut self, id: u64) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        (client.member, client.generation, client.joining) = (None, -1, false);
        if client.owned.is_empty() && client.asked.is_none() {
            return;
        }
        *self.counts.entry("assignment lost").or_default() += 1;
        client.lost = true;
        if client.asked.is_some() {
            client.loses = true;
        } else {
            let owned = std::mem::take(&mut client.owned);
            client.asked = Some((Asked::Revoke(owned.into_iter().collect()), false));
        }
    }

    fn answered(&mut self, id: u64) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.asked = None;
        client.lost = false;
        if std::mem::take(&mut client.loses) {
            client.follows = None;
            self.lose(id);
            return;
        }
        if let Some(added) = client.follows.take() {
            client.owned.extend(&added);
            client.asked = Some((Asked::Assign(added), false));
            client.rejoins = true;
            return;
        }
        if client.leaving {
            self.go(id);
        } else if client.rejoins || client.member.is_none() {
            client.rejoins = true;
            let instance = client.instance.clone();
            if !self.is_cut(&instance) {
                self.join_again(id);
            }
        }
    }

    /// Leaves, giving up what is owned.
    fn go(&mut self, id: u64) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        if !client.owned.is_empty() {
            let owned = std::mem::take(&mut client.owned);
            client.asked = Some((Asked::Revoke(owned.into_iter().collect()), false));
            return;
        }
        client.left = true;
        let (member, group, instance) = (client.member.take(), client.group.clone(), client.instance.clone());
        if let (Some(member), false) = (member, self.is_cut(&instance)) {
            self.leave(&group, &member);
        }
    }
}

/// The handle of one.
pub struct SimMembership {
    reach: Reach,
    id: u64,
}

impl SimMembership {
    /// Joins by subscribing.
    pub fn join(reach: Reach, group: &str, topic: &str) -> Result<SimMembership, BrokerError> {
        let id = reach.local(|state| state.subscribe(&reach.name, group, topic))?;
        Ok(SimMembership { reach, id })
    }
}

impl Membership for SimMembership {
    type Group = GroupMetadata;

    fn poll(&self) -> Result<Vec<Asked>, BrokerError> {
        let asked = self.reach.local(|state| {
            let now = state.now;
            let client = state.clients.get_mut(&self.id)?;
            client.polled = now;
            match &mut client.asked {
                Some((asked, told @ false)) => {
                    *told = true;
                    Some(asked.clone())
                }
                _ => None,
            }
        })?;
        Ok(asked.into_iter().collect())
    }

    fn answer(&self, _asked: &Asked) -> Result<(), BrokerError> {
        Ok(self.reach.local(|state| state.answered(self.id))?)
    }

    fn lost(&self) -> bool {
        self.reach.look(|state| state.clients.get(&self.id).is_none_or(|client| client.lost))
    }

    fn group(&self) -> Option<GroupMetadata> {
        let metadata = self.reach.local(|state| {
            let client = state.clients.get(&self.id).filter(|client| !client.lost && client.generation > 0)?;
            let (group, member) = (client.group.clone(), client.member.clone()?);
            Some(GroupMetadata { group, member, generation: client.generation })
        });
        metadata.ok().flatten()
    }

    fn committed(&self, topic: &str, partitions: &[i32], timeout: Duration) -> Result<Committed, BrokerError> {
        // UNSTABLE_OFFSET_COMMIT while a transaction's offsets are undecided: the client asks again until its time is over.
        let until = self.reach.look(|state| state.now) + timeout;
        loop {
            let told = self.reach.call(timeout, |state| {
                let group = &state.clients.get(&self.id)?.group;
                let group = state.groups.get(group)?;
                let place = |partition: &i32| (topic.to_owned(), *partition);
                let is_pending = |p: &i32| group.pending.values().any(|offsets| offsets.contains_key(&place(p)));
                if partitions.iter().any(is_pending) {
                    return None;
                }
                let offset = |p: &i32| group.offsets.get(&place(p)).copied();
                Some(partitions.iter().map(|p| (*p, Ok(offset(p)))).collect::<Committed>())
            })?;
            if let Some(told) = told {
                return Ok(told);
            }
            if self.reach.look(|state| state.now) >= until {
                return Err(BrokerError("the group's offsets are unstable: a transaction is pending".to_owned()));
            }
            self.reach.wait(LOOKS_AGAIN);
        }
    }

    fn leave(&self) {
        let _ = self.reach.local(|state| {
            let Some(client) = state.clients.get_mut(&self.id) else { return };
            client.leaving = true;
            if client.asked.is_none() {
                state.go(self.id);
            }
        });
    }
}

impl Drop for SimMembership {
    /// Closing a consumer leaves the group, unless the process is dead or the brokers are out of reach.
    fn drop(&mut self) {
        self.reach.look_mut(|state| {
            let Some(client) = state.clients.remove(&self.id) else { return };
            if let (Some(member), false) = (client.member, state.is_cut(&client.instance)) {
                state.leave(&client.group, &member);
            }
        });
    }
}
