//! Turns the name of a secret into the secret.
//!
//! Configuration, topics and states carry names (`env:NAME`, `file:PATH`), never secrets; this is the one place
//! that looks behind them. What was read is kept for a moment, so that a busy endpoint does not read its file for
//! every webhook and a replaced file still takes effect without a restart.

use std::collections::HashMap;
use std::fmt;
use std::io::Read;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a secret is used before it is read again. Longer delays a rotation, shorter reads files for nothing.
const KEPT_FOR: Duration = Duration::from_secs(5);

/// How many secrets are kept. More than merchants are active in [`KEPT_FOR`]; fewer would only cost reads, and
/// without a bound names from a topic would fill the memory.
const KEPT_MAX: usize = 10_000;

/// A larger file is no secret but a mistake.
const LENGTH_MAX: u64 = 64 * 1024;

/// Bytes that are never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<[u8]>);

impl Secret {
    /// Takes the bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Secret {
        Secret(bytes.into().into())
    }

    /// The bytes, for the one who needs them.
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    /// The text, for the one who needs it; none where it is not UTF-8.
    pub fn reveal_text(&self) -> Option<&str> {
        std::str::from_utf8(&self.0).ok()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Why there is no secret behind a name. Does not repeat the name: somebody may have written the secret itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Neither `env:NAME` nor `file:PATH`.
    #[error("expected env:NAME or file:PATH, found something else")]
    Name,
    /// No such variable, or it is empty.
    #[error("expected a secret in the environment variable, found nothing")]
    Environment,
    /// No such file, no right to read it, not a file, or too large.
    #[error("expected a secret in a readable file of at most 64 KiB, found none")]
    File,
    /// There is nothing in it.
    #[error("expected a secret in the file, found nothing")]
    Empty,
    /// It is there, where a text is needed, and no text.
    #[error("expected a secret of UTF-8 text, found other bytes")]
    Text,
}

/// Looks behind names.
#[derive(Default)]
pub struct Secrets {
    kept: Mutex<HashMap<String, (Instant, Secret)>>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(..)")
    }
}

impl Secrets {
    /// None kept yet.
    pub fn new() -> Secrets {
        Secrets::default()
    }

    /// Whether `name` has the form of a name, without looking behind it.
    ///
    /// # Errors
    /// [`SecretError::Name`].
    pub fn check(name: &str) -> Result<(), SecretError> {
        Source::parse(name).map(|_| ())
    }

    /// The secret of this name. Blank space at its end (a file's last newline) does not count. May read a small
    /// file.
    ///
    /// # Errors
    /// See [`SecretError`]; an error is not kept.
    pub fn resolve(&self, name: &str) -> Result<Secret, SecretError> {
        let now = Instant::now();
        if let Some((read_at, secret)) = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(name)
            && now.duration_since(*read_at) < KEPT_FOR
        {
            return Ok(secret.clone());
        }
        // Read without the lock: a slow disk holds up only those who ask for this one.
        let secret = Source::parse(name)?.read()?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT_MAX {
            kept.retain(|_, (read_at, _)| now.duration_since(*read_at) < KEPT_FOR);
            if kept.len() >= KEPT_MAX {
                kept.clear();
            }
        }
        kept.insert(name.to_owned(), (now, secret.clone()));
        Ok(secret)
    }
}

enum Source<'a> {
    Environment(&'a str),
    File(&'a str),
}

impl<'a> Source<'a> {
    fn parse(name: &'a str) -> Result<Source<'a>, SecretError> {
        match name.split_once(':') {
            Some(("env", variable)) if !variable.is_empty() => Ok(Source::Environment(variable)),
            Some(("file", path)) if !path.is_empty() => Ok(Source::File(path)),
            _ => Err(SecretError::Name),
        }
    }

    fn read(self) -> Result<Secret, SecretError> {
        match self {
            Source::Environment(variable) => {
                // A name with `=` or NUL makes no variable; `var_os` answers none.
                let value = std::env::var(variable).map_err(|_| SecretError::Environment)?;
                trimmed(value.into_bytes()).ok_or(SecretError::Environment)
            }
            Source::File(path) => trimmed(read_file(path).map_err(|_| SecretError::File)?).ok_or(SecretError::Empty),
        }
    }
}

fn read_file(path: &str) -> std::io::Result<Vec<u8>> {
    // A pipe would block, a device never end.
    if !std::fs::metadata(path)?.is_file() {
        return Err(std::io::ErrorKind::InvalidInput.into());
    }
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LENGTH_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LENGTH_MAX { Err(std::io::ErrorKind::FileTooLarge.into()) } else { Ok(bytes) }
}

fn trimmed(bytes: Vec<u8>) -> Option<Secret> {
    let text = bytes.trim_ascii_end();
    (!text.is_empty()).then(|| Secret::new(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &str) -> (tempfile::NamedTempFile, String) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        let name = format!("file:{}", file.path().display());
        (file, name)
    }

    #[test]
    fn a_file_is_read_without_its_last_newline() {
        let (_file, name) = file("s3cret\n");
        assert_eq!(Secrets::new().resolve(&name).unwrap().reveal_text(), Some("s3cret"));
    }

    #[test]
    fn a_variable_is_read() {
        // Cargo sets it for every test.
        let secret = Secrets::new().resolve("env:CARGO_PKG_NAME").unwrap();
        assert_eq!(secret.reveal(), b"parcelwatch");
    }

    #[test]
    fn what_is_behind_no_name_is_said_without_repeating_it() {
        let (_file, empty) = file("\n");
        let (_large_file, large) = file(&"x".repeat(70_000));
        for (name, error) in [
            ("whsec_oops", SecretError::Name),
            ("env:", SecretError::Name),
            ("vault:x", SecretError::Name),
            ("env:PARCELWATCH_NO_SUCH_VARIABLE", SecretError::Environment),
            ("env:A=B", SecretError::Environment),
            ("file:/no/such/file", SecretError::File),
            ("file:/dev/zero", SecretError::File),
            (large.as_str(), SecretError::File),
            (empty.as_str(), SecretError::Empty),
        ] {
            assert_eq!(Secrets::new().resolve(name), Err(error), "{name}");
            assert!(!error.to_string().contains("oops"));
        }
    }

    #[test]
    fn a_kept_secret_is_read_again_after_a_moment() {
        let (file, name) = file("old");
        let secrets = Secrets::new();
        assert_eq!(secrets.resolve(&name).unwrap().reveal(), b"old");
        std::fs::write(file.path(), "new").unwrap();
        assert_eq!(secrets.resolve(&name).unwrap().reveal(), b"old");
        secrets.kept.lock().unwrap().get_mut(&name).unwrap().0 -= KEPT_FOR;
        assert_eq!(secrets.resolve(&name).unwrap().reveal(), b"new");
    }

    #[test]
    fn of_secrets_so_many_are_kept() {
        let (file, name) = file("s3cret");
        let path = file.path().display().to_string();
        let secrets = Secrets::new();
        for n in 0..=KEPT_MAX {
            // The same file under ever another name, as whoever may write to the table of merchants can make them up.
            let (folder, leaf) = path.rsplit_once('/').unwrap();
            secrets.resolve(&format!("file:{folder}/{}{leaf}", "./".repeat(n % 1000) + &"/".repeat(n / 1000))).unwrap();
            assert!(secrets.kept.lock().unwrap().len() <= KEPT_MAX);
        }
        assert!(secrets.kept.lock().unwrap().len() < 10, "all were in use, so all went");
        assert_eq!(secrets.resolve(&name).unwrap().reveal(), b"s3cret");
    }

    #[test]
    fn debug_output_shows_no_secret() {
        let secrets = Secrets::new();
        let secret = secrets.resolve("env:CARGO_PKG_NAME").unwrap();
        assert_eq!(format!("{secret:?} {secrets:?}"), "Secret(..) Secrets(..)");
    }
}
