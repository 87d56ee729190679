//! Every series that can be known at start. One that appears only with its first happening hides that happening from
//! `rate` and `increase`, and an alert on it says nothing.

use prometheus::core::{MetricVec, MetricVecBuilder};

use super::families::Families;
use super::partitions::PartitionState;
use crate::decode;
use crate::model::{
    Audience, Change, Channel, Code, ConditionKind, Decision, DeliveryOutcome, Ignored, NoticeKind, OptChange,
    RerouteOption, RerouteOutcome, ScanOutcome, ShipmentOutcome,
};
use crate::notify;

/// The two machines that the runtime drives, as their series are labelled.
const STAGES: [&str; 2] = ["tracker", "notifier"];
/// Why a record was rejected, as `model::Reject` names it.
pub(super) const REJECT_REASONS: [&str; 10] =
    ["empty", "utf8", "json", "missing", "type", "range", "time", "unknown_code", "unknown_word", "key"];
/// Inputs whose records go to `rejects.v1`.
const REJECTING_TOPICS: [&str; 7] =
    ["shipments.v1", "scans.v1", "reroutes.v1", "preferences.v1", "notices.v1", "receipts.v1", "controls.v1"];
/// Why an `event_time` was replaced.
pub(super) const CORRECTIONS: [&str; 2] = ["future", "no_zone"];
/// The label of a scan that names no hub.
pub(super) const NO_HUB: &str = "none";
/// The label of a record of `reroutes.v1` that names no option.
pub(super) const NO_OPTION: &str = "none";
/// What `send` is set to.
pub(super) const MODES: [&str; 3] = ["off", "shadow", "on"];

/// The stages of parcels: physical codes, before any of them, and after the end.
pub(super) fn parcel_stages() -> impl Iterator<Item = &'static str> {
    let physical = Code::ALL.into_iter().filter(|code| code.is_physical()).map(Code::name);
    physical.chain(["unscanned", "ended"])
}

impl Families {
    /// Makes the series.
    pub fn start_all(&self) {
        let codes = Code::ALL.map(Code::name);
        let kinds: Vec<_> = NoticeKind::all().map(NoticeKind::name).collect();
        let audiences = Audience::ALL.map(Audience::name);
        let channels = Channel::ALL.map(Channel::name);

        start(&self.scans, &[&codes, &ScanOutcome::ALL.map(ScanOutcome::name)]);
        start(&self.shipments, &[&ShipmentOutcome::ALL.map(ShipmentOutcome::name)]);
        let mut options = RerouteOption::ALL.map(RerouteOption::name).to_vec();
        options.push(NO_OPTION);
        start(&self.reroutes, &[&options, &RerouteOutcome::ALL.map(RerouteOutcome::name)]);
        start(&self.rejects, &[&REJECTING_TOPICS, &REJECT_REASONS]);
        start(&self.misplaced, &[&REJECTING_TOPICS]);
        start(&self.malformed_fields, &[&decode::OPTIONAL_FIELDS]);
        start(&self.corrected_times, &[&[NO_HUB], &CORRECTIONS]);
        start(&self.unknown_parcels, &[&[NO_HUB]]);
        start(&self.conditions, &[&ConditionKind::ALL.map(ConditionKind::name), &Change::ALL.map(Change::name)]);
        start(&self.issued, &[&kinds, &audiences]);
        start(&self.notices, &[&kinds, &audiences, &Decision::ALL.map(Decision::name)]);
        for (decision, reason) in notify::reasons() {
            start(&self.reasons, &[&[decision.name()], &[reason]]);
        }
        start(&self.ignored, &[&Ignored::ALL.map(Ignored::name)]);
        start(&self.attempts, &[&channels, &DeliveryOutcome::ALL.map(DeliveryOutcome::name)]);
        let reported = [DeliveryOutcome::Delivered, DeliveryOutcome::Refused];
        start(&self.reports, &[&reported.map(DeliveryOutcome::name)]);
        start(&self.storms, &[&kinds]);
        start(&self.storm_held, &[&kinds]);
        start(&self.opt_changes, &[&channels, &OptChange::ALL.map(OptChange::name)]);
        start(&self.attempts_waiting, &[&channels]);
        start(&self.attempts_running, &[&channels]);
        start(&self.delivery, &[&channels]);
        start(&self.send_mode, &[&MODES]);
        start(&self.parcels, &[&parcel_stages().collect::<Vec<_>>()]);
        start(&self.transactions, &[&STAGES, &["committed", "aborted"]]);
        start(&self.commit, &[&STAGES]);
        start(&self.transaction_records, &[&STAGES]);
        start(&self.transaction_bytes, &[&STAGES]);
        start(&self.restore, &[&STAGES]);
        start(&self.restore_entries, &[&STAGES]);
        start(&self.rebalances, &[&STAGES]);
        start(&self.rebuilt, &[&STAGES]);

        let revision = option_env!("PARCELWATCH_REVISION").unwrap_or("unknown");
        self.build.with_label_values(&[env!("CARGO_PKG_VERSION"), revision]).set(1);
    }

    /// Marks the state of a partition; its series appear with it.
    pub fn set_partition_state(&self, stage: &str, partition: &str, state: PartitionState) {
        for each in PartitionState::ALL {
            self.partition_state.with_label_values(&[stage, partition, each.name()]).set(i64::from(each == state));
        }
    }
}

/// Makes a series for each combination of labels.
fn start<B: MetricVecBuilder>(family: &MetricVec<B>, axes: &[&[&str]]) {
    let mut combinations: Vec<Vec<&str>> = vec![Vec::new()];
    for axis in axes {
        let extended = |labels: &Vec<_>| axis.iter().map(|label| [&labels[..], &[*label]].concat()).collect::<Vec<_>>();
        combinations = combinations.iter().flat_map(extended).collect();
    }
    for labels in &combinations {
        family.with_label_values(labels);
    }
}
