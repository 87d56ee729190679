//! The global tables: `merchants.v1` and `instances.v1`.
//!
//! Bytes: the table, the key up to a line's end, the value.

use std::time::Duration;

use parcelwatch::decode;

use crate::bytes::Bytes;
use crate::harmless;

/// Decodes and checks.
pub fn run(data: &[u8]) {
    let mut bytes = Bytes(data);
    let is_merchant = bytes.byte() % 2 == 0;
    let key = bytes.until(b'\n');
    let value = bytes.0;
    if !is_merchant {
        let Some((instance, Some(announced))) = decode::announcement(Some(key), Some(value)) else { return };
        assert_eq!(instance.as_bytes(), key);
        let written = serde_json::to_vec(&announced).expect("JSON");
        assert_eq!(decode::announcement(Some(key), Some(&written)), Some((instance, Some(announced))));
        return;
    }
    match decode::merchant(key, Some(value)) {
        Err(reject) => harmless::check(&reject),
        Ok(None) => assert!(value.is_empty()),
        Ok(Some(merchant)) => {
            assert_eq!(merchant.merchant.as_bytes(), key);
            let windows = Duration::from_secs(60)..=Duration::from_secs(7 * 24 * 3600);
            assert!(merchant.digest_window().is_none_or(|window| windows.contains(&window)));
            let secrets = merchant.webhook.iter().flat_map(|webhook| &webhook.secrets);
            for secret in secrets {
                assert!(secret.starts_with("env:") || secret.starts_with("file:"), "a secret instead of its name");
            }
            let written = serde_json::to_vec(&merchant).expect("JSON");
            assert_eq!(decode::merchant(key, Some(&written)), Ok(Some(merchant)));
        }
    }
}
