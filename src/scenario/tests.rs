//! Scenarios, good and bad ones.
