//! Records of `instances.v1`.

use crate::model::Announcement;

/// Reads a record: the instance, and what it announced unless it is gone. None where it is no announcement of ours.
pub fn announcement(key: Option<&[u8]>, value: Option<&[u8]>) -> Option<(String, Option<Announcement>)> {
    let instance = std::str::from_utf8(key?).ok()?.to_owned();
    match value {
        None => Some((instance, None)),
        Some(value) => Some((instance, Some(serde_json::from_slice(value).ok()?))),
    }
}
