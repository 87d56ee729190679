//! Records of `receipts.v1`: outcomes of attempts.

use super::notice::{bounded, name, typed};
use crate::model::{Receipt, RecipientKey, Reject};

/// Decodes a receipt, which must concern whom its key names: the key decided who reads it.
pub(super) fn receipt(key: &RecipientKey, value: &[u8]) -> Result<Receipt, Reject> {
    let receipt: Receipt = typed(value, "a receipt")?;
    bounded(value, &receipt)?;
    name("notice_id", receipt.notice_id.as_str())?;
    if receipt.recipient_key != *key {
        return Err(Reject::at("key", "recipient_key", "expected the record's key, found another"));
    }
    if receipt.attempt == 0 {
        return Err(Reject::at("range", "attempt", "expected an attempt from 1, found 0"));
    }
    Ok(receipt)
}

#[cfg(test)]
mod tests {
    use super::super::{NotifierTopic, notifier_input};
    use super::*;
    use crate::notify::Input;

    const DELIVERED: &str = r#"{"recipient_key":"p:1","kind":"outcome","notice_id":"ntc_1","channel":"email",
        "attempt":1,"outcome":"delivered","provider_id":"q1","at":"2026-11-22T09:35:11.000Z","took_ms":212}"#;

    fn receipts(value: &str) -> Result<Input, Reject> {
        notifier_input(NotifierTopic::Receipts, Some(b"p:1"), Some(value.as_bytes()))
    }

    #[test]
    fn an_outcome_is_read() {
        let Ok(Input::Receipt(receipt)) = receipts(DELIVERED) else { panic!("not read") };
        assert_eq!((receipt.attempt, receipt.took_ms, receipt.endpoint_gone), (1, Some(212), false));
    }

    #[test]
    fn an_outcome_that_cannot_be_is_rejected() {
        for (from, to, reason) in [
            ("p:1", "p:2", "key"),
            ("\"attempt\":1", "\"attempt\":0", "range"),
            ("\"attempt\":1", "\"attempt\":-1", "type"),
            ("\"delivered\"", "\"perhaps\"", "type"),
            ("\"attempt\":1,", "", "missing"),
            ("q1", &"q".repeat(40_000), "range"),
        ] {
            assert_eq!(receipts(&DELIVERED.replace(from, to)).expect_err(to).reason, reason, "{to}");
        }
    }
}
