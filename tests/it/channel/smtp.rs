//! Mail to aiosmtpd.

use parcelwatch::model::{Destination, Message, Receipt, ReportedOutcome};

use super::{Certificates, Outside, Server};

const SUBJECT: &str = "您的包裹可能延误：预计11月25日送达，由此带来的不便敬请谅解 (SF1024000000017)";
const TEXT: &str = "王芳，您好：\n\n您的包裹停留在杭州转运中心。\n.\nA line of its own dot, and a long one: ";
const HTML: &str = "<p>王芳，您好：</p><p>您的包裹停留在<b>杭州转运中心</b>。</p>";

fn text() -> String {
    format!("{TEXT}{}\n", "很长".repeat(600))
}

fn send(outside: &Outside, id: &str) -> Receipt {
    let destination = Destination::Email { address: "wf@example.com".into(), name: Some("王芳".into()) };
    outside.send(id, destination, mail(None))
}

fn mail(unsubscribe: Option<String>) -> Message {
    Message::Mail { subject: SUBJECT.into(), text: text(), html: HTML.into(), unsubscribe }
}

/// Settings for a relay on this port; `more` are further keys of the section.
fn settings(port: u16, more: &str) -> String {
    format!(
        "[email]\nhost = \"localhost\"\nport = {port}\nfrom = \"包裹通知 <notices@parcels.example>\"\n\
         reply_to = \"service@parcels.example\"\n{more}"
    )
}

/// A server that demands STARTTLS or TLS with a certificate of these.
fn server_with_tls(tls: &str, certificates: &Certificates, more: &[&str]) -> Option<Server> {
    let (cert, key) = (certificates.path("server.pem"), certificates.path("server.key"));
    let mut arguments = vec!["--tls", tls, "--cert", &cert, "--key", &key];
    arguments.extend(more);
    Server::start("smtp.py", &arguments)
}

/// A plain server with this behaviour, and one mail sent to it.
fn plain(behaviour: &[&str], more: &str) -> Option<(Server, Receipt)> {
    let server = Server::start("smtp.py", behaviour)?;
    let outside = Outside::new(&settings(server.port, &format!("tls = \"none\"\n{more}")));
    let receipt = send(&outside, "ntc_1");
    Some((server, receipt))
}

fn outcome(receipt: &Receipt) -> (ReportedOutcome, &str) {
    (receipt.outcome, receipt.reason.as_deref().unwrap_or_default())
}

/// Everything that the server was asked for.
fn said(server: Server) -> Vec<String> {
    server.finish().into_iter().filter(|event| event != "closed").collect()
}

#[test]
fn a_mail_arrives_whole_over_starttls_after_a_login() {
    let Some(certificates) = Certificates::make() else { return };
    let Some(server) = server_with_tls("starttls", &certificates, &["--login", "parcels:s3cret"]) else { return };
    std::fs::write(certificates.path("password"), "s3cret\n").unwrap();
    let more = format!(
        "ca_file = \"{}\"\nusername = \"parcels\"\npassword = \"file:{}\"",
        certificates.path("ca.pem"),
        certificates.path("password")
    );
    let receipt = send(&Outside::new(&settings(server.port, &more)), "ntc_1");
    assert_eq!(outcome(&receipt), (ReportedOutcome::Delivered, ""));
    assert_eq!(receipt.provider_id.as_deref(), Some("4XyZ1234"));

    let mail = server.next("body");
    assert_eq!((&mail["tls"], &mail["login"]), (&true.into(), &"parcels".into()));
    assert_eq!(mail["from"], "notices@parcels.example");
    assert_eq!(mail["to"], serde_json::json!(["wf@example.com"]));
    let headers = &mail["headers"];
    for (name, value) in [
        ("message-id", "<ntc_1@parcels.example>"),
        ("auto-submitted", "auto-generated"),
        ("from", "包裹通知 <notices@parcels.example>"),
        ("to", "王芳 <wf@example.com>"),
        ("reply-to", "service@parcels.example"),
        ("subject", SUBJECT),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert!(headers["date"].as_str().is_some_and(|date| date.ends_with("+0000")), "{headers}");
    assert_eq!(mail["content_type"], "multipart/alternative");
    assert_eq!(mail["parts"], serde_json::json!(["text/plain", "text/html"]));
    assert_eq!((&mail["text"], &mail["html"]), (&text().into(), &HTML.into()));
    assert_eq!((&mail["defects"], &mail["ascii"]), (&serde_json::json!([]), &true.into()));
}

#[test]
fn a_person_s_mail_says_where_one_click_ends_them_and_others_do_not() {
    let Some(server) = Server::start("smtp.py", &[]) else { return };
    let outside = Outside::new(&settings(server.port, "tls = \"none\""));
    let url = "https://pw.example/u/p:9f2c00112233445566778899/email/0123456789abc";
    for (unsubscribe, header, post) in [
        (Some(url), serde_json::json!(format!("<{url}>")), serde_json::json!("List-Unsubscribe=One-Click")),
        (None, serde_json::Value::Null, serde_json::Value::Null),
    ] {
        let destination = Destination::Email { address: "wf@example.com".into(), name: None };
        let receipt = outside.send("ntc_1", destination, mail(unsubscribe.map(str::to_owned)));
        assert_eq!(outcome(&receipt), (ReportedOutcome::Delivered, ""));
        let found = server.next("body");
        let headers = &found["headers"];
        assert_eq!((&headers["list-unsubscribe"], &headers["list-unsubscribe-post"]), (&header, &post), "{headers}");
        assert_eq!(found["defects"], serde_json::json!([]));
    }
}

#[test]
fn a_mail_arrives_over_tls_from_the_first_byte() {
    let Some(certificates) = Certificates::make() else { return };
    let Some(server) = server_with_tls("tls", &certificates, &[]) else { return };
    let more = format!("tls = \"tls\"\nca_file = \"{}\"", certificates.path("ca.pem"));
    assert_eq!(send(&Outside::new(&settings(server.port, &more)), "ntc_1").outcome, ReportedOutcome::Delivered);
    assert_eq!(server.next("body")["tls"], true);
}

#[test]
fn a_repeat_has_the_same_message_id_and_goes_over_the_same_connection() {
    let Some(server) = Server::start("smtp.py", &[]) else { return };
    let outside = Outside::new(&settings(server.port, "tls = \"none\""));
    let mails = [1, 2].map(|_| {
        assert_eq!(send(&outside, "ntc_1").outcome, ReportedOutcome::Delivered);
        server.next("body")
    });
    assert_eq!(mails[0]["headers"]["message-id"], mails[1]["headers"]["message-id"]);
    assert_eq!(mails[0]["peer"], mails[1]["peer"]);
}

#[test]
fn a_server_without_starttls_is_told_nothing_where_tls_is_demanded() {
    let Some(server) = Server::start("smtp.py", &["--login", "parcels:s3cret"]) else { return };
    let receipt = send(
        &Outside::new(&settings(server.port, "username = \"parcels\"\npassword = \"env:CARGO_PKG_NAME\"")),
        "ntc_1",
    );
    assert_eq!(outcome(&receipt), (ReportedOutcome::Retry, "mail server offers no STARTTLS, which is demanded"));
    // A greeting, and neither login nor sender nor mail.
    assert_eq!(said(server), ["ehlo"]);
}

#[test]
fn a_certificate_of_a_stranger_is_told_nothing() {
    let (Some(certificates), Some(strangers)) = (Certificates::make(), Certificates::make()) else { return };
    for (tls, reason, greetings) in [
        ("starttls", "no TLS with the mail server", vec!["ehlo"]),
        ("tls", "cannot connect to the mail server", vec![]),
    ] {
        let Some(server) = server_with_tls(tls, &strangers, &[]) else { return };
        for ca_file in [certificates.path("ca.pem"), String::new()] {
            let more = format!("tls = \"{tls}\"\nca_file = \"{ca_file}\"");
            let receipt = send(&Outside::new(&settings(server.port, &more)), "ntc_1");
            assert_eq!(outcome(&receipt), (ReportedOutcome::Retry, reason));
        }
        let said_twice: Vec<_> = greetings.iter().chain(&greetings).copied().collect();
        assert_eq!(said(server), said_twice);
    }
}

#[test]
fn a_certificate_for_another_name_is_told_nothing() {
    let Some(certificates) = Certificates::make() else { return };
    let Some(server) = server_with_tls("tls", &certificates, &[]) else { return };
    let more = format!("tls = \"tls\"\nca_file = \"{}\"", certificates.path("ca.pem"));
    // The certificate says `localhost`.
    let settings = settings(server.port, &more).replace("localhost", "127.0.0.1");
    let receipt = send(&Outside::new(&settings), "ntc_1");
    assert_eq!(outcome(&receipt), (ReportedOutcome::Retry, "cannot connect to the mail server"));
    assert!(said(server).is_empty());
}

#[test]
fn a_wrong_password_is_our_fault_and_not_the_mail_s() {
    let Some(certificates) = Certificates::make() else { return };
    let Some(server) = server_with_tls("starttls", &certificates, &["--login", "parcels:s3cret"]) else { return };
    let more = format!(
        "ca_file = \"{}\"\nusername = \"parcels\"\npassword = \"env:CARGO_PKG_NAME\"",
        certificates.path("ca.pem")
    );
    let receipt = send(&Outside::new(&settings(server.port, &more)), "ntc_1");
    assert_eq!(outcome(&receipt), (ReportedOutcome::Retry, "mail server refused our login (535 5.7.8)"));
    assert_eq!(server.next("login")["right"], false);
    assert!(!server.finish().contains(&"mail".to_owned()));
}

#[test]
fn a_reply_decides_whether_a_mail_is_put_off_or_refused() {
    use ReportedOutcome::{Refused, Retry};
    for (reply, expected, reason) in [
        ("mail=451 4.3.0 later", Retry, "mail server put off the sender (451 4.3.0)"),
        ("mail=530 5.7.0 log in first", Retry, "mail server put off the sender (530 5.7.0)"),
        ("rcpt=450 4.2.1 <wf@example.com> busy", Retry, "mail server put off the recipient (450 4.2.1)"),
        ("rcpt=550 5.1.1 <wf@example.com> unknown", Refused, "mail server refused the recipient (550 5.1.1)"),
        ("rcpt=550 wf@example.com unknown", Refused, "mail server refused the recipient (550)"),
        ("body=452 4.3.1 full", Retry, "mail server put off the mail (452 4.3.1)"),
        ("body=554 5.7.1 spam", Refused, "mail server refused the mail (554 5.7.1)"),
    ] {
        let Some((_server, receipt)) = plain(&["--reply", reply], "") else { return };
        assert_eq!(outcome(&receipt), (expected, reason), "{reply}");
    }
}

#[test]
fn a_connection_lost_before_the_body_is_a_retry_and_after_it_unknown() {
    use ReportedOutcome::{Retry, Unknown};
    for (step, expected, reason) in [
        ("mail", Retry, "connection to the mail server lost before the body"),
        ("rcpt", Retry, "connection to the mail server lost before the body"),
        ("body", Unknown, "connection to the mail server lost after the body"),
    ] {
        let Some((server, receipt)) = plain(&["--cut", step], "") else { return };
        assert_eq!(outcome(&receipt), (expected, reason), "{step}");
        // The server did have the mail: this is why nobody may say that it did not arrive.
        assert_eq!(server.finish().contains(&"body".to_owned()), step == "body");
    }
}

#[test]
fn a_server_that_falls_silent_before_the_body_is_a_retry_and_after_it_unknown() {
    use ReportedOutcome::{Retry, Unknown};
    for (step, expected, reason) in [
        ("rcpt", Retry, "mail server did not answer before the body"),
        ("body", Unknown, "mail server did not answer after the body"),
    ] {
        let timeouts = "timeout = \"3s\"\nconnect_timeout = \"1s\"";
        let Some((_server, receipt)) = plain(&["--silent", step], timeouts) else { return };
        assert_eq!(outcome(&receipt), (expected, reason), "{step}");
    }
}

#[test]
fn a_connection_that_was_closed_while_it_rested_is_replaced() {
    let Some(server) = Server::start("smtp.py", &["--rest", "0.3"]) else { return };
    let outside = Outside::new(&settings(server.port, "tls = \"none\""));
    for id in ["ntc_1", "ntc_2"] {
        assert_eq!(outcome(&send(&outside, id)), (ReportedOutcome::Delivered, ""));
        server.next("closed");
    }
}

#[test]
fn a_server_that_is_gone_is_a_retry() {
    let Some(server) = Server::start("smtp.py", &[]) else { return };
    let outside = Outside::new(&settings(server.port, "tls = \"none\""));
    assert_eq!(send(&outside, "ntc_1").outcome, ReportedOutcome::Delivered);
    server.finish();
    // The connection that rested is broken, and nobody listens: nothing was sent, so nothing is in doubt.
    assert_eq!(outcome(&send(&outside, "ntc_2")), (ReportedOutcome::Retry, "cannot connect to the mail server"));
}

#[test]
fn an_address_beyond_ascii_needs_a_server_that_takes_it() {
    for (arguments, expected) in [(&["--utf8"][..], ReportedOutcome::Delivered), (&[], ReportedOutcome::Refused)] {
        let Some(server) = Server::start("smtp.py", arguments) else { return };
        let outside = Outside::new(&settings(server.port, "tls = \"none\""));
        let destination = Destination::Email { address: "王芳@example.com".into(), name: None };
        let message = Message::Mail { subject: "s".into(), text: "t".into(), html: "h".into(), unsubscribe: None };
        assert_eq!(outside.send("ntc_1", destination, message).outcome, expected);
    }
}
