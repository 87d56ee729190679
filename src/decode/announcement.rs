//! Records of `instances.v1`.

use crate::model::Announcement;

/// Bytes of an announcement at most; one of ten thousand partitions fits.
const BYTES_MAX: usize = 64 * 1024;

/// Reads a record: the instance, and what it announced unless it is gone. None where it is no announcement of ours.
pub fn announcement(key: Option<&[u8]>, value: Option<&[u8]>) -> Option<(String, Option<Announcement>)> {
    let instance = std::str::from_utf8(key?).ok()?.to_owned();
    match value {
        None => Some((instance, None)),
        Some(value) if value.len() > BYTES_MAX => None,
        Some(value) => Some((instance, Some(serde_json::from_slice(value).ok()?))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_is_too_long_is_none() {
        assert_eq!(announcement(Some(b"pod"), Some(&vec![b' '; BYTES_MAX + 1])), None);
    }
}
