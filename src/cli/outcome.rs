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
    /// It fails in the same way however often it is begun, until somebody acts; the text says how. Exit code 3.
    NeedsSomebody(anyhow::Error),
}

impl Failure {
    /// The exit codes that `--help` documents.
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Failure::Config(_) | Failure::Usage(_) | Failure::CannotLook(_) => ExitCode::from(2),
            Failure::Failed(_) => ExitCode::from(1),
            Failure::NeedsSomebody(_) => ExitCode::from(NEEDS_SOMEBODY),
        }
    }
}

/// A code of its own, so that whoever starts the daemon again after a failure knows when not to: of two instances of one name,
/// one that is started again and again stops the other, which is started again.
const NEEDS_SOMEBODY: u8 = 3;

impl fmt::Display for Failure {
    /// The error and its causes, a line each, from what was wanted to what went wrong.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Config(errors) => write!(f, "parcelwatch: {errors}"),
            Failure::Usage(message) => write!(f, "parcelwatch: {message}"),
            Failure::Failed(error) | Failure::NeedsSomebody(error) | Failure::CannotLook(error) => {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_service_is_not_started_again_where_that_mends_nothing() {
        let unit = include_str!("../../deploy/systemd/parcelwatch.service");
        let codes = unit.lines().find_map(|line| line.strip_prefix("RestartPreventExitStatus="));
        let codes: Vec<ExitCode> = codes
            .into_iter()
            .flat_map(str::split_whitespace)
            .map(|code| ExitCode::from(code.parse::<u8>().unwrap()))
            .collect();
        let error = || anyhow::anyhow!("expected one, found two");
        for (failure, is_tried_again) in [
            (Failure::Usage("x".to_owned()), false),
            (Failure::NeedsSomebody(error()), false),
            (Failure::Failed(error()), true),
        ] {
            assert_eq!(!codes.contains(&failure.exit_code()), is_tried_again, "{failure:?}");
        }
    }
}
