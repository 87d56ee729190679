//! The tracker by timelines: what is read and, indented below it, what that and the time until then make of it.

mod bounded;
mod choices;
mod conditions;
mod journeys;
mod notices;
mod pages;
mod properties;
mod saved;
mod signs;
mod timeline;
mod upgrade;
mod views;
mod withheld;
