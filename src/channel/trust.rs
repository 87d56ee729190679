//! Which certificate authorities a channel trusts.

use super::Problem;

/// The certificates of a PEM file, in DER.
pub(super) fn authorities(key: &'static str, path: &str) -> Result<Vec<Vec<u8>>, Problem> {
    let problem = |what: &str| Problem::at(key, format!("expected a PEM file with certificates, found {what}"));
    let pem = std::fs::read(path).map_err(|error| problem(&error.to_string()))?;
    let certificates = native_tls::Certificate::stack_from_pem(&pem).map_err(|_| problem("something else"))?;
    if certificates.is_empty() {
        return Err(problem("none in it"));
    }
    certificates.iter().map(|one| one.to_der().map_err(|_| problem("one that cannot be read"))).collect()
}
