//! The tables whose keys the user names: everywhere else a key that the commented default does not show
//! is an error.

/// How a table with free keys is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Free {
    /// Properties of something else, lower-case words with dots; what they are is checked by who takes them.
    Properties,
    /// Values by the user's own names, taken as they are written.
    Names,
    /// Entries by a name; the type that reads them knows their keys.
    Entries,
}

/// Every such table; `*` stands for any name.
const FREE: [(&[&str], Free); 16] = [
    (&["kafka", "client"], Free::Properties),
    (&["topics", "partitions"], Free::Properties),
    (&["contact", "service"], Free::Entries),
    (&["contact", "hub"], Free::Entries),
    (&["send", "channel"], Free::Entries),
    (&["send", "kind"], Free::Entries),
    (&["send", "merchant"], Free::Names),
    (&["notify", "hub_names"], Free::Names),
    (&["notify", "storm_limits"], Free::Entries),
    (&["notify", "sms_providers"], Free::Names),
    (&["notify", "sms_codes"], Free::Names),
    (&["notify", "sms_signs"], Free::Names),
    (&["limits", "services"], Free::Entries),
    (&["services"], Free::Entries),
    (&["alternates"], Free::Names),
    (&["tell", "*"], Free::Entries),
];

/// Whether the keys at this path are the user's, or below a key that is.
pub fn free<S: AsRef<str>>(path: &[S]) -> Option<Free> {
    FREE.iter().find(|(table, _)| covers(table, path)).map(|(_, free)| *free)
}

fn covers<S: AsRef<str>>(table: &[&str], path: &[S]) -> bool {
    path.len() >= table.len() && table.iter().zip(path).all(|(name, own)| *name == "*" || *name == own.as_ref())
}
