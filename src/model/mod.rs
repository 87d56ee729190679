//! What the rest speaks about: instants, codes, conditions, notices, deliveries. Pure data with its
//! wire format; no decision is made here.

mod announcement;
mod code;
mod condition;
mod control;
mod delivery;
mod effect;
mod identity;
mod merchant;
mod notice;
pub mod partitioner;
mod preference;
mod recipient;
mod reject;
mod reroute;
mod state_version;
mod timestamp;
mod work_order;
mod world;

pub use announcement::Announcement;
pub use code::{Code, DwellClass};
pub use condition::{Cause, Change, ConditionChange, ConditionKind, Evidence, Level, StandingChoice};
pub use control::{Control, ControlAction};
pub use delivery::{Channel, Decision, Delivery, DeliveryOutcome, Receipt, ReceiptKind, ReportedOutcome, SmsProvider};
pub use effect::{
    Attempt, Count, Destination, Effect, Ignored, Message, RerouteOutcome, ScanOutcome, ShipmentOutcome, SmsTemplate,
};
pub use identity::NoticeId;
pub use merchant::{Merchant, Webhook};
pub use notice::{Audience, Eta, Facts, Issued, Notice, NoticeKind};
pub use preference::{OptChange, Preference, QuietHours, Reply};
pub use recipient::{HashKey, Recipient, RecipientKey};
pub use reject::Reject;
pub use reroute::{Chosen, Detail, Fee, LINK_AUDIENCES, Offered, Reroute, RerouteChange, RerouteOption};
pub use state_version::StateVersion;
pub use timestamp::{ParseTimestampError, Timestamp};
pub use work_order::{WORK_CASE, WORK_REROUTE, WorkOrder, WorkOrderChange};
pub use world::World;
