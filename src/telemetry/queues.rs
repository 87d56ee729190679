//! The bounded queues and tables of a process, by the names under which `queue_entries` and `queue_limit` show them. Their
//! limits, and what happens there, stand in docs/memory.md.

/// A queue or table with a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Records that a worker's client has fetched and the worker has not taken.
    Fetched,
    /// Records that a worker has written and the brokers have not acknowledged.
    Written,
    /// Outcomes of attempts that the brokers have not acknowledged.
    Outcomes,
    /// What pages and providers told, until the brokers have acknowledged it.
    Told,
    /// Questions of pages and operators that wait for a worker.
    Questions,
    /// State logs that are to be cut.
    Cuts,
    /// Connections of customers and providers.
    Public,
    /// Connections of operators and other instances.
    Admin,
    /// Addresses that opened bad links.
    BadLinks,
    /// Merchants of the global table.
    Merchants,
    /// Instances whose announcements are known.
    Instances,
}

impl Queue {
    /// Every one.
    pub const ALL: [Queue; 11] = [
        Queue::Fetched,
        Queue::Written,
        Queue::Outcomes,
        Queue::Told,
        Queue::Questions,
        Queue::Cuts,
        Queue::Public,
        Queue::Admin,
        Queue::BadLinks,
        Queue::Merchants,
        Queue::Instances,
    ];

    /// The label's value.
    pub const fn name(self) -> &'static str {
        match self {
            Queue::Fetched => "fetched",
            Queue::Written => "written",
            Queue::Outcomes => "outcomes",
            Queue::Told => "told",
            Queue::Questions => "questions",
            Queue::Cuts => "cuts",
            Queue::Public => "public",
            Queue::Admin => "admin",
            Queue::BadLinks => "bad_links",
            Queue::Merchants => "merchants",
            Queue::Instances => "instances",
        }
    }
}
