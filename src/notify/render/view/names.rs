//! The names of facts, as templates know them.

/// The names of everything that a template may say, besides its language's clauses.
pub const NAMES: [&str; 54] = [
    // Always there: for whom and what (names to choose words by), how bad, since when, which parcel, who writes.
    "audience",
    "kind",
    "level_name",
    "level",
    "at",
    "tail",
    "from",
    // Where it is and when it comes.
    "condition",
    "stage",
    "stage_label",
    "hub",
    "last_scan",
    "promise",
    "promise_near",
    "eta",
    "eta_near",
    "slot",
    "slot_near",
    "due",
    "reason",
    // Where it waits.
    "place",
    "hours",
    "pickup_code",
    "free_until",
    "free_until_near",
    // What is over.
    "ended",
    "ended_labels",
    // What can be chosen.
    "options",
    "has_time",
    "has_place",
    "offer_until",
    "offer_until_near",
    "link",
    "link_base",
    "link_parcel",
    "link_token",
    // What was chosen.
    "choice",
    "choice_change",
    "choice_label",
    "choice_place",
    "choice_slot",
    "choice_slot_near",
    "choice_fee",
    "choice_reason",
    // Who is concerned.
    "merchant",
    "parcel_id",
    "help",
    // A digest.
    "window",
    "total",
    "counts",
    "parcels",
    "more",
    // A text for a phone, around which its signature goes.
    "text",
    "sign",
];
