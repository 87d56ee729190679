//! Bytes of the input topics to what the machines take, purely.

mod merchant;
mod notice;
mod receipt;

pub use merchant::merchant;
pub use notice::{NotifierTopic, notifier_input};
