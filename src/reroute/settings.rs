//! `[reroute]` as the pure machines are handed it; `reference.toml` beside this documents every key of the section.

/// The commented default of the section.
pub const REFERENCE: &str = include_str!("reference.toml");

/// What holds for every choice, whatever is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings {
    /// For how many days a link is valid; 1 to [`LINK_DAYS_MAX`].
    pub link_days: u16,
    /// A choice counts as accepted when it is requested: nobody answers.
    pub auto_accept: bool,
    /// Wrong second proofs that a parcel takes in a journey.
    pub proof_tries: u32,
    /// Characters of an address, a safe place or a neighbour.
    pub text_max: usize,
}

/// Days that a link may be valid at most: taking links back makes all of the next so many days invalid. More: what was taken
/// back by mistake stays closed for longer. Fewer: links of a slow parcel expire.
pub const LINK_DAYS_MAX: u16 = 60;

impl Default for Settings {
    /// What `reference.toml` says.
    fn default() -> Settings {
        Settings { link_days: 14, auto_accept: false, proof_tries: 5, text_max: 200 }
    }
}
