//! What stands in for the world outside, over its real protocols and on this machine only: a mail server, merchants' endpoints, and a
//! gateway for texts.

pub mod mail;
pub mod merchant;
pub mod texts;

/// A message longer than this is none of ours.
const LENGTH_MAX: usize = 1024 * 1024;
