//! The channels against servers that are not ours: aiosmtpd, an endpoint that verifies with the standardwebhooks
//! library, prism under Twilio's own description, and a service that believes what Aliyun's SDK would have signed. All are
//! Python programs in `tests/servers`, run from `tests/.venv`.

mod certificates;
mod late;
mod outside;
mod server;
mod sms;
mod smtp;
mod webhook;

pub use certificates::Certificates;
pub use outside::Outside;
pub use server::Server;
