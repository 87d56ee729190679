//! What the rest speaks about: instants, codes, conditions, notices, deliveries. Pure data with its
//! wire format; no decision is made here.

mod code;
mod condition;
mod delivery;
mod effect;
mod identity;
mod merchant;
mod notice;
mod recipient;
mod reject;
mod timestamp;
mod world;

pub use code::{Code, DwellClass};
pub use condition::{Cause, Change, ConditionChange, ConditionKind, Evidence, Level};
pub use delivery::{Channel, Decision, Delivery, DeliveryOutcome, Receipt, ReceiptKind, ReportedOutcome};
pub use effect::{Attempt, Count, Destination, Effect, Ignored, Message, RerouteOutcome, ScanOutcome, ShipmentOutcome};
pub use identity::NoticeId;
pub use merchant::{Merchant, Webhook};
pub use notice::{Audience, Eta, Facts, Issued, Notice, NoticeKind};
pub use recipient::{HashKey, Recipient, RecipientKey};
pub use reject::Reject;
pub use timestamp::{ParseTimestampError, Timestamp};
pub use world::World;
