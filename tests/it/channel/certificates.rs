//! A certificate authority for one test, made by the `openssl` command, and a certificate of it for `localhost`.

use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::support;

/// PEM files in a folder that goes away with this.
pub struct Certificates {
    folder: TempDir,
}

impl Certificates {
    /// Makes them; none where `openssl` is not installed, and the calling test is to return.
    pub fn make() -> Option<Certificates> {
        let version = Command::new("openssl").arg("version").stdout(Stdio::null()).status();
        if !support::need("the openssl command", version.is_ok_and(|status| status.success())) {
            return None;
        }
        let made = Certificates { folder: TempDir::new().expect("a temporary folder") };
        made.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout ca.key -out ca.pem -days 2 -subj /CN=authority");
        made.openssl("req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout server.key -out server.csr -subj /CN=server");
        std::fs::write(made.folder.path().join("names"), "subjectAltName=DNS:localhost\n").expect("a file");
        made.openssl(
            "x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem",
        );
        Some(made)
    }

    /// The path of `ca.pem`, `server.pem` or `server.key`.
    pub fn path(&self, file: &str) -> String {
        self.folder.path().join(file).to_str().expect("a temporary path is UTF-8").to_owned()
    }

    fn openssl(&self, arguments: &str) {
        let output = Command::new("openssl")
            .args(arguments.split(' '))
            .current_dir(self.folder.path())
            .output()
            .expect("openssl starts");
        assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
    }
}
