//! The tracker by timelines: what is read and, indented below it, what that and the time until then make of it.

mod bounded;
mod choices;
mod conditions;
mod fold;
mod journeys;
mod notices;
mod pages;
mod properties;
mod rebuilt;
mod saved;
mod sentences;
mod signs;
mod timeline;
mod upgrade;
mod views;
mod withheld;
