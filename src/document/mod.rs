//! TOML texts whose values know their places, purely: what the configuration and the offers file are read with.
//!
//! In come a file's text and environment variables, out comes what a type makes of them, or *every* error, each with its
//! place. The steps, one file each:
//!
//! 1. `tree` reads TOML into values that know their places,
//! 2. `overlay` lays the file over the default (unknown keys fall out), `environment` the variables,
//! 3. `de` reads `sections` into their types; a value that its setting refuses is reported and put back to the
//!    default, so that the rest is still looked at,
//! 4. `check` collects what single values cannot say: that settings fit together.
//!
//! What always holds: no error and no printed document carries a secret.

mod check;
mod de;
mod environment;
mod errors;
mod free;
mod offers;
mod overlay;
mod place;
mod print;
mod sections;
mod tree;

pub use self::check::Check;
pub use self::errors::{Errors, Problem};
pub use self::free::{Free, free};
pub use self::offers::{read as read_offers_into, read_offers};
pub use self::place::Place;
pub use self::sections::Sections;
pub(crate) use self::tree::Node;
