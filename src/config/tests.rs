//! What a file and the environment come to, and every way of getting them wrong.

use std::time::Duration;

use super::*;

fn read_with(text: &str, environment: &[(&str, &str)]) -> Result<Config, Errors> {
    source(text, environment).read()
}

fn source(text: &str, environment: &[(&str, &str)]) -> Source {
    let environment = environment.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
    Source { file: Some(("p.toml".to_owned(), text.to_owned())), environment }
}

/// The errors of a file, a line each.
fn errors(text: &str, environment: &[(&str, &str)]) -> Vec<String> {
    match read_with(text, environment) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.problems().iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn the_commented_default_is_what_is_loaded_without_a_file() {
    let config = Source::default().read().unwrap();
    assert_eq!(config.kafka.topic("scans.v1"), "parcelwatch.scans.v1");
    assert_eq!(config.runtime.commit_every, Duration::from_millis(100));
    assert_eq!(config.listen.admin.0.to_string(), "127.0.0.1:9464");
    assert!(config.privacy.is_development());
    let spelled_out = read_with(&reference(), &[]).unwrap();
    assert_eq!(format!("{config:?}"), format!("{spelled_out:?}"));
}

#[test]
fn the_default_is_what_runtime_md_says() {
    let runtime = Source::default().read().unwrap().runtime;
    let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
    assert_eq!((runtime.clock_skew, runtime.attempt_within), (2 * second, 5 * second));
    assert_eq!((runtime.tell_within, runtime.settle_for), (2 * minute, 10 * minute));
    assert_eq!((runtime.transaction_timeout, runtime.session_timeout), (10 * second, 10 * second));
    assert!((100..=200).contains(&runtime.commit_every.as_millis()));
    assert!(matches!(Source::default().read().unwrap().kafka.group_protocol, GroupProtocol::Classic));
}

#[test]
fn every_key_of_the_default_is_explained() {
    let reference = reference();
    let lines: Vec<&str> = reference.lines().collect();
    let mut table = "";
    for (index, line) in lines.iter().enumerate() {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_end_matches(']');
        }
        let begins_a_key = line.split_once(" = ").is_some_and(|(key, _)| !key.starts_with('#'));
        // What the user names is explained with the table.
        let is_ours = crate::document::free(&table.split('.').collect::<Vec<_>>()).is_none();
        if begins_a_key && is_ours {
            // A comment above, or above the run of keys that share it.
            let above = lines[..index].iter().rev().find(|line| line.starts_with('#') || line.is_empty());
            assert!(above.is_some_and(|line| line.starts_with('#')), "line {}: {line}", index + 1);
        }
    }
}

#[test]
fn the_examples_in_the_default_are_accepted() {
    let mut errors = errors(&reference().replace("#: ", ""), &[]);
    // The secrets that the examples name exist nowhere, and nobody has an account in them.
    let missing = ["privacy.hash_key", "webhook.secrets", "a provider with an account"];
    errors.retain(|error| !missing.iter().any(|missing| error.contains(missing)));
    assert_eq!(errors, Vec::<String>::new());
}

#[test]
fn all_errors_come_at_once_each_with_its_place() {
    let text = r#"
[kafka]
boostrap = "broker:9092"
group_protocol = "fast"
prefix = 7

[runtime]
commit_every = "soon"
tracker_workers = -1
notifier_workers = 0

[listen]
public = "nowhere"
log = { level = "info" }

[colour]
red = true
"#;
    let environment = [("PARCELWATCH__LOG__LEVEL", "in=fo=x"), ("PARCELWATCH__RUNTIME__CLOCK_SKEW", "9s")];
    assert_eq!(
        errors(text, &environment),
        [
            "p.toml:3:1: kafka.boostrap: unknown key; did you mean `bootstrap`?",
            "p.toml:4:18: kafka.group_protocol: expected classic or consumer, found \"fast\"",
            "p.toml:5:10: kafka.prefix: expected a text, found a whole number",
            "p.toml:8:16: runtime.commit_every: expected a duration (100ms, 2m, 1h30m), found \"soon\"",
            "p.toml:9:19: runtime.tracker_workers: expected 0 to 65535, found -1",
            "p.toml:10:20: runtime.notifier_workers: expected 1 to 256, found 0",
            "p.toml:13:10: listen.public: expected an address (127.0.0.1:9464), found \"nowhere\"",
            "p.toml:14:1: listen.log: unknown key",
            "p.toml:16:2: colour: unknown key",
            "PARCELWATCH__LOG__LEVEL: log.level: expected a level (info) or levels by module (info,parcelwatch=debug)",
            "PARCELWATCH__RUNTIME__CLOCK_SKEW: runtime.attempt_within: expected more than runtime.clock_skew, found \
             less: nothing would ever be attempted",
        ]
    );
}

#[test]
fn a_file_that_is_no_toml_says_where() {
    let found = errors("[kafka]\nprefix = \n", &[("PARCELWATCH__KAFKA__NOPE", "1")]);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found[0].starts_with("p.toml:2:"), "{found:?}");
    assert_eq!(found[1], "PARCELWATCH__KAFKA__NOPE: kafka.nope: unknown key");
}

#[test]
fn the_environment_wins_over_the_file_and_the_file_over_the_default() {
    let environment = [
        ("PARCELWATCH__KAFKA__PREFIX", "env."),
        ("PARCELWATCH__RUNTIME__TRACKER_WORKERS", "3"),
        ("PARCELWATCH__kafka__client__QUEUED_MIN_MESSAGES", "500"),
        ("PARCELWATCH_CONFIG", "not an override"),
    ];
    let config = read_with("kafka = { prefix = \"file.\", group = \"file\" }", &environment).unwrap();
    assert_eq!((config.kafka.prefix.as_str(), config.kafka.group.as_str()), ("env.", "file"));
    assert_eq!(config.runtime.tracker_workers, 3);
    assert_eq!(config.kafka.client_config().unwrap().get("queued.min.messages"), Some("500"));
}

#[test]
fn any_property_of_librdkafka_passes_but_those_that_guarantees_rest_on() {
    let text = r#"
[kafka.client]
"security.protocol" = "ssl"
"queued.min.messages" = 1000
"enable.ssl.certificate.verification" = true
"#;
    let client = read_with(text, &[]).unwrap().kafka.client_config().unwrap();
    assert_eq!(client.get("enable.ssl.certificate.verification"), Some("true"));

    let text = r#"
[kafka.client]
"security.protocl" = "ssl"
"queued.min.messages" = "many"
"isolation.level" = "read_uncommitted"
"sasl.password" = "hunter2-hunter2"
"ssl.key.password" = "env:PARCELWATCH_TEST_NO_SUCH_SECRET"
"#;
    let found = errors(text, &[]);
    assert_eq!(found.len(), 5, "{found:#?}");
    for (problem, key, says) in [
        (&found[0], "kafka.client.security.protocl", "no such configuration property"),
        (&found[1], "kafka.client.queued.min.messages", "invalid value"),
        (&found[2], "kafka.client.isolation.level", "parcelwatch's own"),
        (&found[3], "kafka.client.sasl.password", "expected env:NAME or file:PATH"),
        (&found[4], "kafka.client.ssl.key.password", "expected a secret in the environment variable"),
    ] {
        assert!(problem.contains(key) && problem.contains(says), "{problem}");
    }
}

#[test]
fn a_secret_in_the_wrong_place_is_refused_and_not_repeated() {
    let text = "
[kafka.client]
'sasl.password' = 'hunter2-hunter2'
[listen]
admin_token = 'hunter2-hunter2'
[privacy]
hash_key = 'file:/nowhere/at/all'
";
    let environment = [("PARCELWATCH__RUNTIME__TRACKER_WORKERS", "hunter2")];
    let source = source(text, &environment);
    let errors = source.read().unwrap_err();
    assert_eq!(errors.problems().len(), 4, "{errors}");
    assert!(!format!("{errors} {errors:?}").contains("hunter2"), "{errors}");
}

#[test]
fn a_secret_is_read_from_its_file_and_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    std::fs::write(&file, "correct horse battery\r\n").unwrap();
    let text = format!("[listen]\nadmin = '0.0.0.0:0'\nadmin_token = 'file:{}'", file.display());
    let source = source(&text, &[]);
    let config = source.read().unwrap();
    assert_eq!(config.listen.token().unwrap().as_deref(), Some("correct horse battery"));
    let shown = format!("{config:?} {}", source.print());
    assert!(!shown.contains("correct horse"), "{shown}");
    assert!(shown.contains("# p.toml:3:15"), "{shown}");
}

#[test]
fn an_admin_listener_that_others_reach_needs_a_token() {
    let found = errors("[listen]\nadmin = '0.0.0.0:9464'", &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("listen.admin_token: expected a token"), "{found:?}");
}

#[test]
fn a_table_that_does_not_fit_is_placed_where_something_was_said() {
    let found = errors("[topics.partitions]\nparcels = 24\n'scans.v1' = 12", &[]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("p.toml:2:11: topics.partitions: expected"), "{found:?}");
}

#[test]
fn sending_needs_a_key_and_timeouts_that_fit() {
    let text = "
[send.channel]
email = 'on'
[webhook]
timeout = '1m'
[contact.hub.HGH01]
webhook = { url = 'https://hub.example/in', secrets = ['hunter2-hunter2'] }
[notify.sms]
report_within = '10m'
";
    let found = errors(text, &[]);
    assert_eq!(found.len(), 4, "{found:#?}");
    let late = found.iter().find(|error| error.starts_with("p.toml:9:17: notify.sms.report_within"));
    assert!(late.is_some_and(|error| error.contains("expected more than sms.twilio.validity")), "{found:#?}");
    assert!(found[0].starts_with("p.toml:3:9: privacy.hash_key: expected a key of your own"), "{found:#?}");
    assert!(
        found[1].starts_with("p.toml:5:11: webhook.timeout: expected at most notify.webhook.total_timeout"),
        "{found:#?}"
    );
    assert!(found[2].starts_with("p.toml:7:55: contact.hub.HGH01.webhook.secrets: expected env:NAME"), "{found:#?}");
}

#[test]
fn texts_go_to_somebody_who_carries_them_and_codes_name_a_text() {
    let text = "
[notify.sms_providers]
'+' = 'twilio'
[send.channel]
sms = 'MODE'
[privacy]
hash_key = 'env:CARGO_PKG_NAME'
";
    let found = |mode: &str| {
        let mut found = errors(&text.replace("MODE", mode), &[]);
        found.retain(|error| error.contains("sms_"));
        found
    };
    assert_eq!(found("shadow"), [""; 0], "nothing leaves");
    let expected =
        "expected a provider with an account, found twilio without [sms.twilio]: its texts would never leave";
    assert_eq!(found("on"), [format!("p.toml:3:7: notify.sms_providers.+: {expected}")]);

    let text = "
[notify.sms_providers]
86 = 'aliyun'
'+8 6' = 'aliyun'
[notify.sms_codes]
'delayed.zh-CN' = 'SMS_154950909'
'delayed.9.en' = 'T-1_a'
'stalled.zh-TW' = ''
'delay.zh-CN' = 'SMS_1'
'delayed' = 'SMS_1'
'delayed.fr' = 'SMS_1'
'delayed.1.zh-CN' = 'SMS_1'
'delayed.02.zh-CN' = 'SMS_1'
'delayed.2.zh-CN' = '154950909'
'delayed.3.zh-CN' = 'SMS 1'
";
    let found = errors(text, &[]);
    let lines = [3, 4, 9, 10, 11, 12, 13, 14, 15];
    assert_eq!(found.len(), lines.len(), "{found:#?}");
    for (found, line) in found.iter().zip(lines) {
        assert!(found.starts_with(&format!("p.toml:{line}:")), "{found}");
    }
}

#[test]
fn parts_are_counted_with_the_signature_that_aliyun_sets() {
    let with = |more: &str| {
        errors(
            &format!(
                "[sms.aliyun]\naccess_key_id = 'LTAI'\naccess_key_secret = 'env:CARGO_PKG_NAME'\nsign_name = '顺达'\n\
                 [notify.sms_codes]\n'delayed.zh-CN' = 'SMS_1'\n{more}"
            ),
            &[],
        )
    };
    assert_eq!(with("[notify]\nfrom = '顺达'"), [""; 0]);
    assert_eq!(with("[notify.sms_signs]\nzh-CN = '顺达'"), [""; 0]);
    for another in ["", "[notify.sms_signs]\nzh-CN = '申达'"] {
        let found = with(another);
        assert_eq!(found.len(), 1, "{found:#?}");
        assert!(
            found[0].starts_with("p.toml:4:13: sms.aliyun.sign_name: expected what notify.sms_signs"),
            "{found:#?}"
        );
    }
}

#[test]
fn links_need_a_key_of_ones_own_where_something_is_sent_and_settings_that_can_be() {
    let url = "[reroute]\nbase_url = 'https://pw.example'\n";
    assert_eq!(errors(url, &[]), [""; 0], "good for a trial");
    let found = errors(&format!("{url}[send]\nmode = 'on'"), &[]);
    assert!(found.iter().any(|error| error.contains("reroute.link_key: expected a key of your own")), "{found:#?}");
    let text = "
[reroute]
base_url = 'pw.example?x'
link_days = 61
text_max = 0
offers = '/no/such/offers.toml'
";
    let found = errors(text, &[]);
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found[0].starts_with("/no/such/offers.toml:1:1: expected a readable file"), "{found:#?}");
    assert!(found[1].starts_with("p.toml:3:12: reroute.base_url: expected a URL"), "{found:#?}");
    assert!(found[2].starts_with("p.toml:4:13: reroute.link_days: expected 1 to 60, found 61"), "{found:#?}");
    assert!(found[3].starts_with("p.toml:5:12: reroute.text_max: expected 1 to 500, found 0"), "{found:#?}");
}

#[test]
fn every_kind_of_free_table_takes_keys_and_refuses_nonsense_in_them() {
    let good = "
[send.kind]
never_uploaded = 'off'
[send.merchant]
M-0042 = 'shadow'
[notify.hub_names]
HGH01 = 'Hangzhou'
[contact.hub.HGH01]
email = 'hub@example.com'
[limits.services.express]
dispatch_overdue = '12h'
[services.express]
promise = '12h'
[tell]
stalled = { customer_service = 'major' }
";
    assert_eq!(errors(good, &[]), [""; 0]);
    let bad = "
[send.kind]
late = 'off'
[contact.hub.HGH01]
e_mail = 'hub@example.com'
[limits.services.express]
dispatch_overdue = 'soon'
[services.express]
promise = 12
[tell]
stalled = { everybody = 'major' }
late = {}
";
    let found = errors(bad, &[]);
    let keys = [
        "p.toml:3:8: send.kind.late: ",
        "p.toml:5:10: contact.hub.HGH01.e_mail: ",
        "p.toml:7:20: limits.services.express.dispatch_overdue: ",
        "p.toml:9:11: services.express.promise: ",
        "p.toml:11:25: tell.stalled.everybody: ",
        "p.toml:12:1: tell.late: unknown key",
    ];
    assert_eq!(found.len(), keys.len(), "{found:#?}");
    for (found, key) in found.iter().zip(keys) {
        assert!(found.starts_with(key), "{found}\n{key}");
    }
}

#[test]
fn what_is_printed_can_be_loaded_again() {
    let text = "[kafka.client]\n'security.protocol' = 'ssl'\n[runtime]\ntracker_workers = 2\n";
    let first = source(text, &[]);
    let again = source(&first.print(), &[]);
    assert_eq!(format!("{:?}", first.read().unwrap()), format!("{:?}", again.read().unwrap()));
}

#[test]
fn the_copy_in_deploy_is_the_commented_default() {
    let copy = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/parcelwatch.toml");
    let found = std::fs::read_to_string(copy).unwrap_or_default();
    assert!(found == reference(), "out of date: cargo run -- check --default > deploy/parcelwatch.toml");
}

#[test]
fn the_configuration_in_the_kubernetes_manifest_can_be_loaded() {
    let manifest = include_str!("../../deploy/kubernetes/parcelwatch.yaml");
    let (_, block) = manifest.split_once("parcelwatch.toml: |\n").unwrap();
    let (block, _) = block.split_once("---").unwrap();
    let folder = tempfile::tempdir().unwrap();
    for secret in ["admin-token", "hash-key"] {
        std::fs::write(folder.path().join(secret), "0123456789abcdef").unwrap();
    }
    let text = block.replace("/run/secrets/parcelwatch", folder.path().to_str().unwrap());
    assert_eq!(errors(&text, &[("PARCELWATCH__RUNTIME__INSTANCE", "parcelwatch-0")]), [""; 0]);
}

#[test]
fn a_wrong_order_of_levels_hides_no_other_error_and_makes_none() {
    let text = r#"
[limits]
stalled_at_hub = { info = "12h", warn = "6h", major = "72h" }
[limits.services.slow]
uncollected = { info = "50h" }
[runtime]
tracker_workers = 0
[services.slow]
promise = "x"
[kafka.client]
"sasl.password" = "hunter2"
"#;
    let levels = "expected info no later than warn and warn no later than major, found another order";
    assert_eq!(
        errors(text, &[]),
        [
            format!("p.toml:3:27: limits.stalled_at_hub: {levels}"),
            "p.toml:5:15: limits.services.slow.uncollected.warn: expected a value, found none".to_owned(),
            "p.toml:7:19: runtime.tracker_workers: expected 1 to 256, found 0".to_owned(),
            "p.toml:9:11: services.slow.promise: expected a duration (24h, 3d) or \"\" for none, found \"x\""
                .to_owned(),
            "p.toml:11:19: kafka.client.sasl.password: expected env:NAME or file:PATH, found the secret itself"
                .to_owned(),
        ]
    );
}

#[test]
fn a_variable_names_a_merchant_or_a_hub_as_it_is_written() {
    let variables =
        [("PARCELWATCH__SEND__MERCHANT__M-0042", "off"), ("PARCELWATCH__NOTIFY__HUB_NAMES__HGH01", "Hangzhou")];
    let policy = read_with("", &variables).unwrap().policy;
    assert!(policy.send.merchant.contains_key("M-0042"), "{:?}", policy.send);
    assert_eq!(policy.notify.hub_names["HGH01"], "Hangzhou");
}

#[test]
fn a_password_in_clear_is_refused_while_no_mail_is_sent_too() {
    let expected = "p.toml:1:22: email.password: expected env:NAME or file:PATH, found something else";
    assert_eq!(errors("email = { password = \"hunter2\" }", &[]), [expected]);
}
