//! What is withdrawn, or passes its deadline, while its connection is opened: nothing of it arrives.
//!
//! Each goes to a server over TLS through a barrier: whoever connects stands there in the middle of the handshake until the test lets it
//! through. The server is our webhooks' endpoint, which says everything that it is asked, texts too.

use std::io::ErrorKind;
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use parcelwatch::model::{
    Attempt, Destination, Message, NoticeId, RecipientKey, ReportedOutcome, SmsProvider, SmsTemplate, Timestamp,
};
use serde_json::Value;
use tempfile::NamedTempFile;

use super::{Certificates, Outside, Server};
use crate::support;

/// Only a failing test waits so long.
const PATIENCE: Duration = Duration::from_secs(60);
const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
const NOTICE: &str = "ntc_0123456789abcdef0123456789abcdef";
/// Stands in what each of them sends.
const MARK: &str = "wangfang";

/// Before a server.
struct Barrier {
    listener: TcpListener,
    port: u16,
    server: u16,
}

/// Whoever stands at the barrier.
struct Standing(TcpStream);

impl Barrier {
    fn before(server: &Server) -> Barrier {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        Barrier { port: listener.local_addr().unwrap().port(), listener, server: server.port }
    }

    /// Waits until somebody has connected and begun the handshake.
    fn arrival(&self) -> Standing {
        let (stream, _) = support::until("somebody at the barrier", PATIENCE, || self.listener.accept());
        stream.set_nonblocking(false).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(stream.peek(&mut [0]).unwrap(), 1, "a handshake begins");
        Standing(stream)
    }

    /// Lets it through.
    fn lift(&self, Standing(client): Standing) -> [JoinHandle<()>; 2] {
        let server = TcpStream::connect(("127.0.0.1", self.server)).unwrap();
        let (to_client, to_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        [carry(client, to_server), carry(server, to_client)]
    }
}

/// Carries whatever comes, and that it has ended.
fn carry(mut from: TcpStream, mut to: TcpStream) -> JoinHandle<()> {
    std::thread::spawn(move || {
        // A connection that breaks ends too.
        let _ = std::io::copy(&mut from, &mut to);
        match to.shutdown(Shutdown::Write) {
            Ok(()) => {}
            Err(error) => assert_eq!(error.kind(), ErrorKind::NotConnected),
        }
    })
}

/// A server behind its barrier, and the three that send over HTTP to it.
struct Scene {
    server: Server,
    barrier: Barrier,
    settings: String,
    secret: NamedTempFile,
    _certificates: Certificates,
}

impl Scene {
    fn new() -> Option<Scene> {
        let certificates = Certificates::make()?;
        let [authority, cert, key] = ["ca.pem", "server.pem", "server.key"].map(|file| certificates.path(file));
        let server = Server::start("webhook.py", &["--secret", SECRET, "--cert", &cert, "--key", &key])?;
        let barrier = Barrier::before(&server);
        let secret = NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), SECRET).unwrap();
        let (name, api) = (secret.path().display(), format!("api = \"https://localhost:{}\"", barrier.port));
        // However slow the machine: no timeout comes before the test lets through.
        let patient = format!("ca_file = \"{authority}\"\nconnect_timeout = \"60s\"\ntimeout = \"2m\"\n");
        let settings = format!(
            "[webhook]\nallow_private = [\"127.0.0.0/8\"]\n{patient}[sms]\n{patient}\
             [sms.twilio]\naccount_sid = \"AC0123456789abcdef0123456789ABCDEF\"\n\
             auth_token = \"file:{name}\"\nfrom = \"+14155552346\"\n{api}\n\
             [sms.aliyun]\naccess_key_id = \"LTAI\"\naccess_key_secret = \"file:{name}\"\nsign_name = \"S\"\n{api}\n"
        );
        Some(Scene { server, barrier, settings, secret, _certificates: certificates })
    }

    /// One attempt by each, of which the deadline is now.
    fn attempts(&self) -> [Attempt; 3] {
        let template = SmsTemplate { code: MARK.to_owned(), parameters: [].into() };
        let text = Message::Text { text: MARK.to_owned(), template: Some(template) };
        let sms = |provider| Destination::Sms { provider, phone: "+8613800000000".to_owned() };
        let webhook = Destination::Webhook {
            url: format!("https://localhost:{}/hook", self.barrier.port),
            secrets: vec![format!("file:{}", self.secret.path().display())],
        };
        [
            (webhook, Message::Json(format!("{MARK:?}"))),
            (sms(SmsProvider::Twilio), text.clone()),
            (sms(SmsProvider::Aliyun), text),
        ]
        .map(|(destination, message)| Attempt {
            notice_id: NoticeId::from_text(NOTICE),
            recipient_key: RecipientKey::service(),
            attempt: 1,
            unknown_since: None,
            deadline: Timestamp::FIRST,
            destination,
            message,
        })
    }

    /// Attempts each, does this while it stands at the barrier, and demands that it ends so and nothing of it arrives.
    fn nothing_arrives_after(self, meanwhile: impl Fn(&Outside), outcome: ReportedOutcome, reason: &str) {
        for attempt in self.attempts() {
            // Each over a connection of its own.
            let outside = Outside::new(&self.settings);
            let mut carried = None;
            let destination = format!("{:?}", attempt.destination);
            let receipt = outside.attempt_while(attempt, || {
                let standing = self.barrier.arrival();
                meanwhile(&outside);
                carried = Some(self.barrier.lift(standing));
            });
            assert_eq!((receipt.outcome, receipt.reason.as_deref()), (outcome, Some(reason)), "{destination}");
            // Both ends have hung up, so whatever was on its way has arrived.
            carried.into_iter().flatten().for_each(|way| way.join().unwrap());
        }
        assert!(self.server.finish().is_empty());
    }
}

#[test]
fn what_is_withdrawn_while_its_connection_is_opened_does_not_arrive() {
    let Some(scene) = Scene::new() else { return };
    let withdraw = |outside: &Outside| outside.withdraw(&NoticeId::from_text(NOTICE));
    scene.nothing_arrives_after(withdraw, ReportedOutcome::Refused, "withdrawn");
}

#[test]
fn what_passes_its_deadline_while_its_connection_is_opened_does_not_arrive() {
    let Some(scene) = Scene::new() else { return };
    let late = |outside: &Outside| outside.set_clock(Timestamp::FIRST + Duration::from_millis(1));
    scene.nothing_arrives_after(late, ReportedOutcome::Retry, "deadline passed before the first byte");
}

#[test]
fn what_only_waited_for_its_connection_arrives_whole() {
    let Some(scene) = Scene::new() else { return };
    for attempt in scene.attempts() {
        let (barrier, outside) = (&scene.barrier, Outside::new(&scene.settings));
        let receipt = outside.attempt_while(attempt, || drop(barrier.lift(barrier.arrival())));
        assert!(receipt.reason.as_deref().is_none_or(|reason| reason.contains("401")), "{receipt:?}");
        let request = scene.server.next("request");
        let said = |part: &str| request[part].as_str().is_some_and(|said| said.contains(MARK));
        assert!(said("body") || said("path"), "{request}");
        // As long as announced, and not in pieces.
        let length = request["body"].as_str().map(|body| Value::String(body.len().to_string()));
        assert_eq!(request["headers"].get("content-length"), length.as_ref());
        assert_eq!(request["headers"].get("transfer-encoding"), None);
    }
}
