//! The commented default and every way of getting the tables wrong.

use super::*;
use crate::model::{Audience, ConditionKind, DwellClass, Level, NoticeKind};

fn read(changes: &[(&str, &str)]) -> Result<Rules, String> {
    let mut text = REFERENCE.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from} is not in the reference");
        text = text.replacen(from, to, 1);
    }
    toml_edit::de::from_str(&text).map_err(|error| error.message().to_owned())
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn the_default_is_what_rules_md_says() {
    let rules = Rules::default();
    assert_eq!(rules.limits(None).never_uploaded, 24 * HOUR);
    assert_eq!(rules.limits(Some("on-demand")).never_uploaded, 2 * HOUR);
    assert_eq!(rules.limits(Some("same-city")).thoroughly_delayed, 72 * HOUR);
    assert_eq!(rules.limits(Some("remote")).thoroughly_delayed, 168 * HOUR);
    assert_eq!(rules.limits(Some("no such")), rules.limits(None));
    let promised = |service| rules.promised(Some(service), None);
    assert_eq!(promised("same-city"), Some(24 * HOUR));
    assert_eq!(promised("inter-city"), Some(72 * HOUR));
    assert_eq!(promised("remote"), Some(120 * HOUR));
    assert_eq!((promised("on-demand"), rules.promised(None, None)), (None, None));
    let levels = rules.limits(None).stalled(DwellClass::InTransit);
    assert_eq!(levels.above(None), Some((Level::Info, 24 * HOUR)));
    assert_eq!(levels.above(Some(Level::Warn)), Some((Level::Major, 96 * HOUR)));
    assert_eq!(levels.above(Some(Level::Major)), None);
}

#[test]
fn the_default_speaks_of_every_kind_of_notice() {
    let rules = Rules::default();
    for kind in NoticeKind::all().filter(|kind| *kind != NoticeKind::Digest) {
        assert!(REFERENCE.contains(&format!("\n{} = \"", kind.name())), "[expires] has no {}", kind.name());
        let is_told = matches!(kind, NoticeKind::Condition(_) | NoticeKind::Collection);
        assert!(!is_told || REFERENCE.contains(&format!("\n{} = {{", kind.name())), "[tell] has no {}", kind.name());
    }
    let stalled = NoticeKind::Condition(ConditionKind::Stalled);
    let told = |level| rules.tell.audiences(stalled, level).collect::<Vec<_>>();
    assert_eq!(told(Level::Info), [Audience::HubOps]);
    assert_eq!(told(Level::Warn), [Audience::Recipient, Audience::Merchant, Audience::HubOps]);
    assert_eq!(rules.expires.after(NoticeKind::Recovered), 24 * HOUR);
}

#[test]
fn remote_areas_have_their_own_terms() {
    let areas =
        ("promise = \"120h\"\nareas = {}", "promise = \"120h\"\nareas = { \"54\" = \"144h\", \"5425\" = \"168h\" }");
    let rules = read(&[areas]).expect("rules");
    let promised = |area| rules.promised(Some("remote"), area);
    assert_eq!(promised(Some("542500")), Some(168 * HOUR));
    assert_eq!(promised(Some("540100")), Some(144 * HOUR));
    assert_eq!((promised(Some("330100")), promised(None)), (Some(120 * HOUR), Some(120 * HOUR)));
}

#[test]
fn a_service_level_without_a_promise_has_none() {
    let rules = read(&[("promise = \"72h\"", "promise = \"\"")]).expect("rules");
    assert_eq!(rules.promised(Some("inter-city"), None), None);
}

#[test]
fn what_nobody_knows_and_what_makes_no_sense_is_refused() {
    for (from, to, said) in [
        ("never_uploaded = \"24h\"", "never_upload = \"24h\"", "unknown field `never_upload`"),
        ("never_uploaded = \"2h\"", "never_upload = \"2h\"", "unknown field `never_upload`"),
        (
            "never_uploaded = \"24h\"",
            "never_uploaded = \"soon\"",
            "expected a duration (30m, 8h10m, 7d), found \"soon\"",
        ),
        (
            "attempt_silent_at = \"22:00\"",
            "attempt_silent_at = \"25:00\"",
            "expected a time of day (22:00), found \"25:00\"",
        ),
        ("info = \"12h\", warn = \"24h\"", "info = \"25h\", warn = \"24h\"", "expected info no later than warn"),
        ("held = {}", "held = { neighbours = \"info\" }", "unknown variant `neighbours`"),
        ("held = {}", "held = { recipient = \"loud\" }", "unknown variant `loud`"),
        ("held = {}", "digest = {}", "expected a condition or collection, found digest"),
        ("held = {}", "hold = {}", "expected a kind of notice, found \"hold\""),
        (
            "promise = \"72h\"",
            "promise = \"3 moons\"",
            "expected a duration (24h, 3d) or \"\" for none, found \"3 moons\"",
        ),
    ] {
        let error = read(&[(from, to)]).expect_err(to);
        assert!(error.contains(said), "{to}: {error}");
    }
}
