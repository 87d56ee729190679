//! The public listener as strangers use it, over real sockets, with an owner that the tests play.

mod answers;
mod callbacks;
mod choices;
mod instances;
mod links;
mod wishes;

use std::sync::Mutex;
use std::time::Duration;

use reqwest::header::HeaderMap as Headers;
use reqwest::{Client, StatusCode};
use tokio::sync::watch;

use super::*;
use crate::model::{
    Audience, Channel, Code, Detail, Eta, Fee, OptChange, Preference, RecipientKey, RerouteChange, RerouteOption,
};
use crate::notify::NotifyPolicy;
use crate::reroute::{Answered, Doubt, Link, LinkKey, Offer, Page, PageState, PlaceView, ProofState, Standing};
use crate::web::{
    ParcelQuery, PublishError, PublishFuture, QueryError, QueryFuture, Record, bind, client, serve_public,
};

/// The owner of a parcel and its recipient: what it says, and what it was told.
struct Owner {
    page: Result<Option<PageState>, QueryError>,
    preference: Option<Preference>,
    /// Whether the recipient's owner can be reached.
    knows_people: bool,
    /// Whether it reads what is written.
    reads: bool,
    /// Whether the brokers take anything.
    takes: bool,
    told: Vec<Record>,
    asked: usize,
}

type Played = Arc<Mutex<Owner>>;

struct Stage(Played);

impl ParcelQuery for Stage {
    fn parcel(&self, _: String) -> QueryFuture {
        unreachable!("pages ask for pages")
    }

    fn page(&self, id: String, _: Link) -> QueryFuture {
        let mut owner = self.0.lock().unwrap();
        owner.asked += 1;
        let page = if id == "P1" { owner.page.clone() } else { Ok(None) };
        Box::pin(async move { page.map(|page| page.map(|page| serde_json::to_value(page).unwrap())) })
    }

    fn preference(&self, _: RecipientKey) -> QueryFuture {
        let owner = self.0.lock().unwrap();
        if !owner.knows_people {
            return Box::pin(async { Err(QueryError::Timeout) });
        }
        let preference = owner.preference.clone();
        Box::pin(async move { Ok(preference.map(|preference| serde_json::to_value(preference).unwrap())) })
    }

    fn digest(&self, _: String, _: i32) -> QueryFuture {
        unreachable!("pages ask for pages")
    }

    fn storms(&self) -> QueryFuture {
        unreachable!("pages ask for pages")
    }
}

impl Publish for Stage {
    fn publish(&self, record: Record) -> PublishFuture {
        let mut owner = self.0.lock().unwrap();
        if !owner.takes {
            return Box::pin(async { Err(PublishError) });
        }
        owner.told.push(record.clone());
        if owner.reads {
            owner.read(&record);
        }
        Box::pin(async { Ok(()) })
    }
}

impl Owner {
    /// As the tracker and the notifier do, in short.
    fn read(&mut self, record: &Record) {
        match record {
            Record::Preference(preference) => self.preference = Some(preference.clone()),
            Record::Choice(choice) => {
                let Ok(Some(PageState::Open(page))) = &mut self.page else { return };
                if !choice.change.is_of_choice() {
                    let has_it = choice.change == RerouteChange::Confirmed;
                    let Some(doubt) = &mut page.doubt else { return };
                    doubt.count += 1;
                    doubt.answer = Some(Answered { id: choice.id.clone(), has_it, at: choice.at });
                    return;
                }
                if choice.change == RerouteChange::Requested {
                    page.revision += 1;
                }
                page.choice = Some(Standing {
                    id: choice.id.clone(),
                    option: choice.option.unwrap(),
                    detail: Detail { text: None, ..choice.detail.clone() },
                    place: None,
                    fee: choice.fee.clone(),
                    arrives: None,
                    change: choice.change,
                    reason: None,
                    at: choice.at,
                    answered_at: None,
                    undo_until: Some(choice.at + Duration::from_secs(3600)),
                });
            }
            Record::Reply(_) | Record::Receipt(_) => {}
        }
    }
}

fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn now() -> Timestamp {
    at("2026-11-24T10:30:00+08:00")
}

fn page() -> Page {
    let offer = |option, place: Option<&str>, asks_text, asks_proof| Offer {
        option,
        detail: Detail { place: place.map(str::to_owned), ..Detail::default() },
        place: place.map(|id| PlaceView { id: Some(id.to_owned()), ..PlaceView::default() }),
        fee: Fee { amount: "0.00".to_owned(), currency: "CNY".to_owned() },
        arrives: None,
        until: now() + Duration::from_secs(7200),
        asks_text,
        asks_proof,
    };
    Page {
        tail: "00P1".to_owned(),
        audience: Audience::Recipient,
        recipient_key: Some(RecipientKey::from_text("p:1")),
        locale: Some("en".to_owned()),
        time_zone: Some("Asia/Shanghai".to_owned()),
        name: Some("王*".to_owned()),
        phone: Some("+861**** ****".to_owned()),
        email: Some("w******ng@example.com".to_owned()),
        stage: Some(Code::ArrivedHub),
        ended: None,
        hub: None,
        last_scan: Some(at("2026-11-24T03:00:00+08:00")),
        reason: None,
        promise: None,
        original_promise: None,
        eta: Some(Eta { from: now(), to: now() + Duration::from_secs(7200) }),
        conditions: Vec::new(),
        collection: None,
        history: Vec::new(),
        offers: vec![
            offer(RerouteOption::Locker, Some("LK-0310"), false, false),
            offer(RerouteOption::Address, None, true, true),
            offer(RerouteOption::Neighbour, None, true, false),
        ],
        used_up: false,
        choice: None,
        refused: None,
        revision: 0,
        proof: ProofState { possible: true, tries_left: 5 },
        doubt: None,
    }
}

fn links() -> Links {
    Links::new("https://pw.example", LinkKey::new(*b"a key for tests"))
}

const LINK: Link = Link { journey: 1, audience: Audience::Recipient, day: 9900 };

/// A served public listener; it ends with this.
struct Served {
    address: String,
    owner: Played,
    metrics: Arc<Metrics>,
    /// What the wall clock says.
    clock: Arc<Mutex<Timestamp>>,
    client: Client,
    stop: watch::Sender<bool>,
    ended: tokio::task::JoinHandle<std::io::Result<()>>,
}

async fn serve() -> Served {
    serve_with(|_| {}).await
}

/// Serves with something else than usual.
async fn serve_with(change: impl FnOnce(&mut Public)) -> Served {
    let owner = Owner {
        page: Ok(Some(PageState::Open(Box::new(page())))),
        preference: None,
        knows_people: true,
        reads: true,
        takes: true,
        told: Vec::new(),
        asked: 0,
    };
    let owner: Played = Arc::new(Mutex::new(owner));
    let listener = bind("127.0.0.1:0".parse().unwrap(), "listen.public").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (metrics, clock) = (Arc::new(Metrics::new()), Arc::new(Mutex::new(now())));
    let wall = Arc::clone(&clock);
    let mut public = Public {
        links: Some(links()),
        pages: Pages::new(&NotifyPolicy::default()),
        owners: Owners { queries: Arc::new(Stage(Arc::clone(&owner))), client: client().unwrap(), token: None },
        publisher: Arc::new(Stage(Arc::clone(&owner))),
        callbacks: None,
        metrics: Arc::clone(&metrics),
        now: Arc::new(move || *wall.lock().unwrap()),
        limits: Limits::new(5),
        client_header: Some("x-client".parse().unwrap()),
        shown_within: Duration::from_millis(300),
        text_max: 200,
    };
    change(&mut public);
    let (stop, stopped) = watch::channel(false);
    let ended = tokio::spawn(serve_public(listener, Arc::new(public), stopped));
    Served { address, owner, metrics, clock, client: client().unwrap(), stop, ended }
}

/// An answer.
struct Got {
    status: StatusCode,
    headers: Headers,
    body: String,
}

impl Got {
    fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }

    /// The value of a hidden field.
    fn hidden(&self, name: &str) -> String {
        let (_, rest) = self.body.split_once(&format!("name=\"{name}\" value=\"")).expect(name);
        rest.split('"').next().unwrap().to_owned()
    }
}

impl Served {
    async fn send(&self, request: reqwest::RequestBuilder) -> Got {
        let response = request.send().await.unwrap();
        let headers = response.headers().clone();
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-content-type-options", "nosniff"),
            ("x-robots-tag", "noindex, nofollow"),
        ] {
            assert_eq!(headers[name], value);
        }
        assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
        assert!(!headers.contains_key("set-cookie"));
        Got { status: response.status(), headers, body: response.text().await.unwrap() }
    }

    async fn get(&self, path: &str) -> Got {
        self.send(self.client.get(format!("{}{path}", self.address))).await
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Got {
        self.send(self.form(path, fields)).await
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.client.post(format!("{}{path}", self.address)).body(body);
        request.header("content-type", "application/x-www-form-urlencoded")
    }

    /// Opens the page and sends its form with these fields.
    async fn choose(&self, fields: &[(&str, &str)]) -> Got {
        let page = self.get(&path()).await;
        let (form, revision) = (page.hidden("form"), page.hidden("revision"));
        let own = [("form", form.as_str()), ("revision", revision.as_str())];
        self.post(&path(), &[&own, fields].concat()).await
    }

    fn owner(&self) -> std::sync::MutexGuard<'_, Owner> {
        self.owner.lock().unwrap()
    }

    fn choices(&self) -> Vec<crate::model::Reroute> {
        let told = self.owner().told.clone();
        told.into_iter()
            .map(|record| match record {
                Record::Choice(choice) => *choice,
                other => panic!("{other:?}"),
            })
            .collect()
    }
}

fn path() -> String {
    format!("/r/P1/{}", links().token("P1", LINK))
}

const LOCKER: (&str, &str) = ("option", "locker|LK-0310|");

#[tokio::test]
async fn a_body_that_is_too_long_is_refused() {
    let served = serve().await;
    let long = "x".repeat(super::FORM_MAX);
    for path in [path(), format!("{}/preferences", path())] {
        let request = served.form(&path, &[("text", &long)]);
        let status = request.send().await.unwrap().status();
        assert!(status.is_client_error(), "{path} {status}");
    }
    assert!(served.owner().told.is_empty());
}
