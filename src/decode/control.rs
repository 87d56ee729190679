//! Records of `controls.v1`: what an operator decides about a storm. `parcelwatch release` and `discard` write them.

use super::notice::{KEPT_BYTES_MAX, bounded, name, typed};
use crate::model::{Control, Reject};
use crate::notify::Input;

/// Decodes a record. Its key names nobody: each partition holds a copy.
pub(super) fn control(value: &[u8]) -> Result<Input, Reject> {
    let control: Control = typed(value, "a control")?;
    bounded(value, &control, KEPT_BYTES_MAX)?;
    name("id", &control.id)?;
    name("by", &control.by)?;
    Ok(Input::Control(control))
}

#[cfg(test)]
mod tests {
    use super::super::{NotifierTopic, notifier_input};
    use super::*;
    use crate::model::{ConditionKind, ControlAction, NoticeKind};

    const RELEASE: &str =
        r#"{"id":"ctl_1","action":"release","kind":"delayed","by":"wf","at":"2026-11-22T03:10:00Z","unheard_of":[1]}"#;

    fn controls(value: &str) -> Result<Input, Reject> {
        notifier_input(NotifierTopic::Controls, None, Some(value.as_bytes()))
    }

    #[test]
    fn a_decision_is_read_and_what_we_write_is_read_back() {
        let Ok(Input::Control(control)) = controls(RELEASE) else { panic!("not read") };
        assert_eq!((control.action, &*control.by), (ControlAction::Release, "wf"));
        assert_eq!(control.kind, NoticeKind::Condition(ConditionKind::Delayed));
        assert_eq!(controls(&serde_json::to_string(&control).unwrap()), Ok(Input::Control(control)));
    }

    #[test]
    fn what_cannot_be_a_decision_is_rejected() {
        for (from, to, reason) in [
            ("release", "perhaps", "type"),
            ("delayed", "everything", "type"),
            (r#""kind":"delayed","#, "", "missing"),
            (r#""by":"wf","#, "", "missing"),
            ("ctl_1", "", "range"),
            ("wf", &"w".repeat(2000), "range"),
            ("2026-11-22", "9999-11-22", "type"),
            ("{", "[", "json"),
        ] {
            assert_eq!(controls(&RELEASE.replacen(from, to, 1)).expect_err(to).reason, reason, "{to}");
        }
        assert_eq!(notifier_input(NotifierTopic::Controls, None, None).unwrap_err().reason, "missing");
    }
}
