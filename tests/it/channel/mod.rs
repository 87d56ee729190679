//! The channels against servers that are not ours: aiosmtpd, and an endpoint that verifies with the
//! standardwebhooks library. Both are Python programs in `tests/servers`, run from `tests/.venv`.

mod certificates;
mod outside;
mod server;
mod smtp;
mod webhook;

pub use certificates::Certificates;
pub use outside::Outside;
pub use server::Server;
