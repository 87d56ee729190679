//! Records of `instances.v1`.

use crate::model::Announcement;

/// Bytes of an announcement at most; one of ten thousand partitions fits. Larger: whoever may write to the topic fills the memory of every
/// instance.
const ANNOUNCEMENT_BYTES_MAX: usize = 64 * 1024;

/// Reads a record: the instance, and what it announced unless it is gone. None where it is no announcement of ours.
pub fn announcement(key: Option<&[u8]>, value: Option<&[u8]>) -> Option<(String, Option<Announcement>)> {
    let instance = std::str::from_utf8(key?).ok()?.to_owned();
    match value {
        None => Some((instance, None)),
        Some(value) if value.len() > ANNOUNCEMENT_BYTES_MAX => None,
        Some(value) => Some((instance, Some(serde_json::from_slice(value).ok()?))),
    }
}
