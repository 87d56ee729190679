//! Files that the daemon is configured with: its secrets, and what customers may choose. They go with the demonstration.

use std::io::{self, Read};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::day::OFFERS;

/// A secret and its name in configuration and topics.
pub struct Secret {
    #[allow(missing_docs)]
    pub text: String,
    /// "file:...".
    pub name: String,
}

/// The secrets that the daemon is configured with.
#[allow(missing_docs)]
pub struct Secrets {
    pub hash_key: Secret,
    pub twilio_token: Secret,
    pub aliyun_key: Secret,
    pub aliyun_push: Secret,
    pub link_key: Secret,
}

impl Secrets {
    /// Makes all of them up.
    pub fn make(files: &Files) -> io::Result<Secrets> {
        Ok(Secrets {
            hash_key: files.make("hash-key", "")?,
            twilio_token: files.make("twilio-token", "")?,
            aliyun_key: files.make("aliyun-key", "")?,
            aliyun_push: files.make("aliyun-push", "")?,
            link_key: files.make("link-key", "")?,
        })
    }
}

/// Files of a folder that goes with the demonstration.
pub struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    /// An empty folder that only this user can read.
    pub fn new() -> io::Result<Files> {
        Ok(Files { folder: tempfile::Builder::new().prefix("parcelwatch-demo-").tempdir()? })
    }

    /// Makes a secret up that begins so.
    pub fn make(&self, name: &str, begins: &str) -> io::Result<Secret> {
        let mut bytes = [0; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
        // What fits a header, a path and base64 alike.
        let text = format!("{begins}{}", STANDARD.encode(bytes).replace(['+', '/', '='], "A"));
        let path = self.write(name, &text)?;
        Ok(Secret { text, name: format!("file:{path}") })
    }

    /// Writes the file of what customers may choose; returns its path.
    pub fn offers(&self) -> io::Result<String> {
        self.write("offers.toml", OFFERS)
    }

    fn write(&self, name: &str, text: &str) -> io::Result<String> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text)?;
        Ok(path.display().to_string())
    }
}
