//! How a command ends: what is said, and with which exit code.

use std::fmt;
use std::io::{self, Write};
use std::process::ExitCode;

use crate::config::Errors;

/// What a command comes to.
pub type Outcome = Result<(), Failure>;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The configuration is wrong: every error of it. Exit code 2.
    Config(Errors),
    /// The arguments do not fit together. Exit code 2.
    Usage(String),
    /// Nothing could be looked at. Exit code 2.
    CannotLook(anyhow::Error),
    /// It was begun and failed. Exit code 1.
    Failed(anyhow::Error),
}

impl Failure {
    /// The exit codes that `--help` documents.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Config(_) | Failure::Usage(_) | Failure::CannotLook(_) => ExitCode::from(2),
            Failure::Failed(_) => ExitCode::from(1),
        }
    }
}

impl fmt::Display for Failure {
    /// The error and its causes, a line each, from what was wanted to what went wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Config(errors) => write!(f, "parcelwatch: {errors}"),
            Failure::Usage(message) => write!(f, "parcelwatch: {message}"),
            Failure::Failed(error) | Failure::CannotLook(error) => {
                write!(f, "parcelwatch: {error}")?;
                error.chain().skip(1).try_for_each(|cause| write!(f, "\n  because: {cause}"))
            }
        }
    }
}

impl From<Errors> for Failure {
    fn from(errors: Errors) -> Failure {
        Failure::Config(errors)
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Failure {
        Failure::Failed(error)
    }
}

/// Writes a result to standard output. A reader who has seen enough (`| head`) is no failure.
pub fn print(text: &str) -> Outcome {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::Failed(error.into())),
        _ => Ok(()),
    }
}
