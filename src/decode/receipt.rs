//! Records of `receipts.v1`: outcomes of attempts, providers' reports, and replies.

use serde::Deserialize;

use super::notice::{KEPT_BYTES_MAX, bounded, name, typed};
use crate::model::{Receipt, ReceiptKind, RecipientKey, Reject, Reply};
use crate::notify::Input;

/// Which of them it is.
#[derive(Deserialize)]
struct Kind {
    kind: ReceiptKind,
}

/// Decodes a record, which must concern whom its key names: the key decided who reads it.
pub(super) fn receipt(key: &RecipientKey, value: &[u8]) -> Result<Input, Reject> {
    let of_key = |found: &RecipientKey| match found == key {
        true => Ok(()),
        false => Err(Reject::at("key", "recipient_key", "expected the record's key, found another")),
    };
    if typed::<Kind>(value, "a receipt")?.kind == ReceiptKind::Reply {
        let reply: Reply = typed(value, "a reply")?;
        of_key(&reply.recipient_key)?;
        return Ok(Input::Reply(reply));
    }
    let receipt: Receipt = typed(value, "a receipt")?;
    bounded(value, &receipt, KEPT_BYTES_MAX)?;
    name("notice_id", receipt.notice_id.as_str())?;
    of_key(&receipt.recipient_key)?;
    if receipt.attempt == 0 {
        return Err(Reject::at("range", "attempt", "expected an attempt from 1, found 0"));
    }
    Ok(Input::Receipt(Box::new(receipt)))
}

#[cfg(test)]
mod tests {
    use super::super::{NotifierTopic, notifier_input};
    use super::*;
    use crate::model::{Channel, OptChange};

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
    fn a_reply_is_read_and_one_that_asks_for_nothing_is_rejected() {
        const STOP: &str =
            r#"{"recipient_key":"p:1","kind":"reply","channel":"sms","change":"opt_out","at":"2026-11-22T09:35:11Z"}"#;
        let Ok(Input::Reply(reply)) = receipts(STOP) else { panic!("not read") };
        assert_eq!((reply.channel, reply.change), (Channel::Sms, OptChange::OptOut));
        for (from, to, reason) in [
            ("p:1", "p:2", "key"),
            ("opt_out", "perhaps", "type"),
            (r#""change":"opt_out","#, "", "missing"),
            (r#""kind":"reply","#, "", "missing"),
            ("reply", "rumour", "type"),
        ] {
            assert_eq!(receipts(&STOP.replace(from, to)).expect_err(to).reason, reason, "{to}");
        }
    }

    #[test]
    fn a_provider_s_report_is_read() {
        let report =
            DELIVERED.replace("\"outcome\",\"notice_id\"", "\"provider\",\"notice_id\"").replace("email", "sms");
        let Ok(Input::Receipt(receipt)) = receipts(&report) else { panic!("not read") };
        assert_eq!((receipt.kind, receipt.channel), (ReceiptKind::Provider, Channel::Sms));
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
