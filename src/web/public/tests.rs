//! The public listener as strangers use it, over real sockets, with an owner that the tests play.

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
use crate::reroute::{Link, LinkKey, Offer, Page, PageState, PlaceView, ProofState, Standing};
use crate::web::{
    ParcelQuery, PublishError, PublishFuture, QueryError, QueryFuture, Record, bind, client, serve_public,
};

/// The owner of a parcel and its recipient: what it says, and what it was told.
struct Owner {
    page: Result<Option<PageState>, QueryError>,
    preference: Option<Preference>,
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
        let preference = self.0.lock().unwrap().preference.clone();
        Box::pin(async move { Ok(preference.map(|preference| serde_json::to_value(preference).unwrap())) })
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
        phone: Some("+86 138 **** ****".to_owned()),
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
        choice: None,
        refused: None,
        revision: 0,
        proof: ProofState { possible: true, tries_left: 5 },
        question: None,
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
    let owner = Owner {
        page: Ok(Some(PageState::Open(Box::new(page())))),
        preference: None,
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
    let public = Public {
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
async fn a_link_shows_its_parcel_and_neither_a_get_nor_a_head_acts() {
    let served = serve().await;
    let got = served.get(&path()).await;
    assert_eq!(got.status, StatusCode::OK);
    assert_eq!(got.headers["content-type"], "text/html; charset=utf-8");
    assert!(got.body.contains("…00P1") && got.body.contains("Send to locker LK-0310, free"));
    for query in ["?option=locker|LK-0310|", "?undo=1", "?sent=<b>", "?lang=xx&form=1"] {
        assert_eq!(served.get(&format!("{}{query}", path())).await.status, StatusCode::OK, "{query}");
    }
    let head = served.send(served.client.head(format!("{}{}", served.address, path()))).await;
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    assert!(served.owner().told.is_empty());
    assert!(served.metrics.render().contains(r#"public_requests_total{page="parcel",result="shown"} 6"#));
}

#[tokio::test]
async fn a_page_is_in_the_language_asked_for_and_keeps_it() {
    let served = serve().await;
    let got = served.get(&format!("{}?lang=zh-CN", path())).await;
    assert!(got.body.contains("<html lang=\"zh-CN\">"));
    let token = links().token("P1", LINK);
    assert!(got.body.contains(&format!("href=\"{token}&#x2f;preferences?lang=zh-CN\"")));
    let (form, revision) = (got.hidden("form"), got.hidden("revision"));
    let fields = [("form", form.as_str()), ("revision", revision.as_str()), LOCKER];
    let sent = served.post(&format!("{}?lang=zh-CN", path()), &fields).await;
    assert_eq!(sent.location(), format!("{token}?lang=zh-CN"));
    let unknown =
        served.send(served.client.get(format!("{}/r/x/y", served.address)).header("accept-language", "zh-CN,en;q=0.5"));
    assert!(unknown.await.body.contains("<html lang=\"zh-CN\">"));
}

#[tokio::test]
async fn a_choice_is_written_once_however_often_its_form_is_sent() {
    let served = serve().await;
    let before = served.get(&path()).await;
    let (form, revision) = (before.hidden("form"), before.hidden("revision"));
    let fields = [("form", form.as_str()), ("revision", revision.as_str()), LOCKER];
    for _ in 0..3 {
        let got = served.post(&path(), &fields).await;
        assert_eq!(got.status, StatusCode::SEE_OTHER);
        assert_eq!(got.location(), links().token("P1", LINK));
    }
    let choices = served.choices();
    let [choice] = &choices[..] else { panic!("{choices:?}") };
    assert_eq!((choice.parcel_id.as_str(), choice.journey, choice.change), ("P1", 1, RerouteChange::Requested));
    assert_eq!((choice.option, choice.detail.place.as_deref()), (Some(RerouteOption::Locker), Some("LK-0310")));
    assert_eq!((choice.by.as_deref(), choice.revision, choice.at), (Some("recipient"), Some(0), now()));
    assert!(choice.fee.as_ref().is_some_and(Fee::is_free) && choice.proof.is_none());
    let after = served.get(&path()).await;
    assert!(after.body.contains("We have your choice") && after.body.contains("Undo this choice"));

    // Another choice on the page that was open before the first one.
    let old = [("form", form.as_str()), ("revision", "0"), ("option", "neighbour||"), ("text_neighbour", "Li, 302")];
    let got = served.post(&path(), &old).await;
    assert_eq!(got.status, StatusCode::CONFLICT);
    assert!(got.body.contains("A choice has been made in the meantime"));
    assert_eq!(served.choices().len(), 1);
}

#[tokio::test]
async fn the_same_form_at_the_same_time_makes_one_choice() {
    let served = serve().await;
    served.owner().reads = false;
    let before = served.get(&path()).await;
    let (form, revision) = (before.hidden("form"), before.hidden("revision"));
    let fields = [("form", form.as_str()), ("revision", revision.as_str()), LOCKER];
    let path = path();
    let sent = tokio::join!(served.post(&path, &fields), served.post(&path, &fields));
    // Nobody has read it: the page says that it was received.
    for got in [sent.0, sent.1] {
        assert_eq!(got.status, StatusCode::SEE_OTHER);
        let id = &served.choices()[0].id;
        assert_eq!(got.location(), format!("{}?sent={id}", links().token("P1", LINK)));
        let shown = served.get(&format!("{path}?sent={id}")).await;
        assert!(shown.body.contains("We have received your choice") && shown.body.contains("Look again"));
    }
    let choices = served.choices();
    assert_eq!(choices.len(), 2);
    assert_eq!(choices[0].id, choices[1].id, "the owner knows a repeat by its id");
}

#[tokio::test]
async fn a_choice_can_be_taken_back_and_made_again() {
    let served = serve().await;
    served.choose(&[LOCKER]).await;
    let first = served.choices()[0].id.clone();
    let got = served.choose(&[("undo", &first)]).await;
    assert_eq!(got.status, StatusCode::SEE_OTHER);
    let undo = served.choices().pop().unwrap();
    assert_eq!((undo.id.as_str(), undo.change), (first.as_str(), RerouteChange::Cancelled));
    assert!(served.get(&path()).await.body.contains("You took your choice back"));
    // A second time changes nothing.
    assert_eq!(served.choose(&[("undo", &first)]).await.status, StatusCode::SEE_OTHER);
    assert_eq!(served.choose(&[("undo", "rr_other")]).await.status, StatusCode::CONFLICT);
    assert_eq!(served.choices().len(), 2);
    served.choose(&[LOCKER]).await;
    let again = served.choices().pop().unwrap();
    assert_eq!(again.change, RerouteChange::Requested);
    assert_ne!(again.id, first);
}

#[tokio::test]
async fn what_has_to_be_mended_is_said_and_nothing_is_written() {
    let served = serve().await;
    let long = "x".repeat(201);
    for (fields, says) in [
        (vec![], "Choose one of the options"),
        (vec![("option", "nonsense")], "Choose one of the options"),
        (vec![("option", "neighbour||")], "Say where, in 3 to 200 characters"),
        (vec![("option", "neighbour||"), ("text_neighbour", "  x ")], "Say where"),
        (vec![("option", "neighbour||"), ("text_neighbour", &long)], "Say where"),
        (vec![("option", "neighbour||"), ("text_neighbour", "Li\nflat 302")], "Say where"),
        (vec![("option", "neighbour||"), ("text_address", "another field's")], "Say where"),
        (vec![("option", "address||"), ("text_address", "1 New Road"), ("proof_address", "12")], "Give four digits"),
    ] {
        let got = served.choose(&fields).await;
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY, "{fields:?}");
        assert!(got.body.contains(says) && got.body.contains("role=\"alert\""), "{fields:?}");
    }
    let gone = served.choose(&[("option", "station|ST-1|")]).await;
    assert_eq!(gone.status, StatusCode::CONFLICT);
    assert!(gone.body.contains("That can no longer be chosen"));
    assert!(served.owner().told.is_empty());
    let good = [("option", "address||"), ("text_address", " 1 New Road "), ("proof_address", "1234")];
    assert_eq!(served.choose(&good).await.status, StatusCode::SEE_OTHER);
    let choice = served.choices().remove(0);
    assert_eq!(choice.detail.text.as_deref(), Some("1 New Road"));
    assert_eq!(choice.proof, crate::reroute::proof(&links(), "P1", "1234"));
    assert!(!format!("{choice:?}").contains("New Road"), "addresses are not for logs");
}

#[tokio::test]
async fn a_form_that_is_not_ours_or_too_old_writes_nothing() {
    let served = serve().await;
    let page = served.get(&path()).await;
    let (form, revision) = (page.hidden("form"), page.hidden("revision"));
    let fields = [("form", form.as_str()), ("revision", revision.as_str()), LOCKER];
    for (name, value) in
        [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("content-type", "text/plain")]
    {
        let got = served
            .send(
                served
                    .form(&path(), &fields)
                    .headers([(name.parse().unwrap(), value.parse().unwrap())].into_iter().collect()),
            )
            .await;
        assert_eq!(got.status, StatusCode::FORBIDDEN, "{name}");
        assert!(!got.body.contains("00P1"));
    }
    for stale in [
        vec![LOCKER],
        vec![("form", form.as_str()), ("revision", "1"), LOCKER],
        vec![("form", "0-x"), ("revision", "0"), LOCKER],
    ] {
        let got = served.post(&path(), &stale).await;
        assert_eq!(got.status, StatusCode::CONFLICT);
        assert!(got.body.contains("Nothing was sent. Here is the latest state"));
    }
    *served.clock.lock().unwrap() = now() + Duration::from_secs(13 * 3600);
    assert_eq!(served.post(&path(), &fields).await.status, StatusCode::CONFLICT);
    let huge = "x".repeat(FORM_MAX + 1);
    assert_eq!(served.post(&path(), &[("text", &huge)]).await.status, StatusCode::FORBIDDEN);
    assert!(served.owner().told.is_empty());
}

#[tokio::test]
async fn forged_and_unknown_links_get_the_same_bytes_and_nobody_is_asked_about_forged_ones() {
    let served = serve().await;
    let unknown = served.get(&format!("/r/P2/{}", links().token("P2", LINK))).await;
    assert_eq!((unknown.status, served.owner().asked), (StatusCode::NOT_FOUND, 1));
    let long = format!("/r/{}/{}", "P".repeat(65), links().token(&"P".repeat(65), LINK));
    for forged in [format!("/r/P1/{}", links().token("P2", LINK)), "/r/P1/x".to_owned(), long, "/wp-admin".to_owned()] {
        let got = served.get(&forged).await;
        assert_eq!(got.status, unknown.status, "{forged}");
        assert_eq!(got.body, unknown.body, "{forged}");
        let names = |headers: &Headers| headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&got.headers), names(&unknown.headers));
    }
    assert_eq!(served.post("/r/P1/x", &[LOCKER]).await.status, StatusCode::NOT_FOUND);
    assert_eq!(served.owner().asked, 1);
}

#[tokio::test]
async fn a_thousand_guesses_reveal_nothing_and_stop_no_other_address() {
    let served = serve().await;
    let guess = |i: u32| format!("/r/P1/{}", links().token("P1", Link { journey: 100 + i, ..LINK }));
    let mut statuses = std::collections::BTreeMap::new();
    for i in 0..1000 {
        let got = served.get(&guess(i)).await;
        assert!(!got.body.contains("00P1"));
        *statuses.entry(got.status.as_u16()).or_insert(0) += 1;
    }
    assert_eq!(statuses, [(404, 4), (429, 996)].into());
    // Not even that a guess is right.
    let got = served.get(&path()).await;
    assert_eq!((got.status, &got.headers["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &"60".parse().unwrap()));
    let elsewhere = served.client.get(format!("{}{}", served.address, path())).header("x-client", "192.0.2.1");
    assert_eq!(served.send(elsewhere).await.status, StatusCode::OK);
    assert!(served.owner().told.is_empty() && served.owner().asked == 1);
    *served.clock.lock().unwrap() = now() + Duration::from_secs(60);
    assert_eq!(served.get(&path()).await.status, StatusCode::OK);
    let metrics = served.metrics.render();
    assert!(metrics.contains(r#"public_requests_total{page="parcel",result="too_many"} 997"#), "{metrics}");
}

#[tokio::test]
async fn links_that_open_no_more_have_their_page() {
    let served = serve().await;
    let old = format!("/r/P1/{}", links().token("P1", Link { day: 9000, ..LINK }));
    let got = served.get(&old).await;
    assert_eq!((got.status, served.owner().asked), (StatusCode::GONE, 0));
    assert!(got.body.contains("This link is too old") && !got.body.contains("00P1"));
    served.owner().page = Ok(Some(PageState::Revoked));
    let got = served.get(&path()).await;
    assert_eq!(got.status, StatusCode::GONE);
    assert!(got.body.contains("This link is no longer valid"));
    served.owner().page = Err(QueryError::NotReady("restoring".to_owned()));
    let got = served.get(&path()).await;
    assert_eq!((got.status, got.headers.contains_key("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, true));
    assert!(got.body.contains("We cannot look it up at the moment") && !got.body.contains("restoring"));
}

#[tokio::test]
async fn what_the_brokers_do_not_take_is_not_said_to_be_received() {
    let served = serve().await;
    served.owner().takes = false;
    let got = served.choose(&[LOCKER]).await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(got.body.contains("choosing twice does no harm"));
    let key = RecipientKey::from_text("p:1");
    let url = links().unsubscribe(&key, Channel::Email);
    let unsubscribe = url.strip_prefix("https://pw.example").unwrap();
    let got = served.post(unsubscribe, &[("List-Unsubscribe", "One-Click")]).await;
    assert_eq!(got.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn one_click_ends_a_channel_and_one_more_takes_it_back() {
    let served = serve().await;
    let url = links().unsubscribe(&RecipientKey::from_text("p:1"), Channel::Email);
    let path = url.strip_prefix("https://pw.example").unwrap();
    let got = served.get(path).await;
    assert!(got.status == StatusCode::OK && got.body.contains("Stop emails"));
    assert!(served.owner().told.is_empty(), "a GET never acts");
    assert_eq!(served.post(path, &[]).await.status, StatusCode::FORBIDDEN);

    let got = served.post(path, &[("List-Unsubscribe", "One-Click")]).await;
    assert!(got.status == StatusCode::OK && got.body.contains("Turn them on again"));
    // RFC 8058 allows the other kind of form, too.
    let multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let request = served.client.post(format!("{}{path}", served.address)).body(multipart);
    let got = served.send(request.header("content-type", "multipart/form-data; boundary=b")).await;
    assert_eq!(got.status, StatusCode::OK);
    let got = served.post(path, &[("change", "opt_in")]).await;
    assert!(got.body.contains("Emails are on again"));
    let changes: Vec<_> = served
        .owner()
        .told
        .iter()
        .map(|record| match record {
            Record::Reply(reply) => (reply.recipient_key.to_string(), reply.channel, reply.change),
            other => panic!("{other:?}"),
        })
        .collect();
    let change = |change| ("p:1".to_owned(), Channel::Email, change);
    assert_eq!(changes, [change(OptChange::OptOut), change(OptChange::OptOut), change(OptChange::OptIn)]);

    let forged = [path.replace("email", "sms"), path.replace("p:1", "p:2"), format!("{path}0")];
    for forged in forged {
        assert_eq!(served.post(&forged, &[("List-Unsubscribe", "One-Click")]).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(served.owner().told.len(), 3);
}

#[tokio::test]
async fn preferences_are_shown_saved_whole_and_kept_where_they_are_not_shown() {
    let served = serve().await;
    served.owner().preference = Some(Preference {
        recipient_key: RecipientKey::from_text("p:1"),
        opt_out: vec![Channel::Webhook, Channel::Sms],
        channels: Some(vec![Channel::Email, Channel::Sms]),
        quiet_hours: crate::model::QuietHours::parse("21:00-08:00"),
        locale: Some("en".to_owned()),
        at: now(),
    });
    let address = format!("{}/preferences", path());
    let shown = served.get(&address).await;
    assert_eq!(shown.status, StatusCode::OK);
    for part in [
        "+86 138 **** ****",
        "w******ng@example.com",
        "id=\"email\" name=\"channel\" value=\"email\" checked",
        "id=\"sms\" name=\"channel\" value=\"sms\">",
        "name=\"first\" value=\"email\" checked",
        "name=\"from\" value=\"21:00\"",
        "name=\"language\" value=\"en\" checked",
    ] {
        assert!(shown.body.contains(part), "{part}");
    }
    let form = shown.hidden("form");
    let fields = [
        ("form", form.as_str()),
        ("channel", "sms"),
        ("first", "sms"),
        ("from", ""),
        ("to", ""),
        ("language", "zh-CN"),
    ];
    let got = served.post(&address, &fields).await;
    assert_eq!((got.status, got.location()), (StatusCode::SEE_OTHER, "preferences?saved=1"));
    let saved = served.owner().preference.clone().unwrap();
    assert_eq!(saved.opt_out, [Channel::Webhook, Channel::Email]);
    assert_eq!(saved.channels, Some(vec![Channel::Sms, Channel::Email]));
    assert_eq!((saved.quiet_hours, saved.locale.as_deref()), (None, Some("zh-CN")));
    let shown = served.get(&format!("{address}?saved=1")).await;
    assert!(shown.body.contains("<html lang=\"zh-CN\">") && shown.body.contains("已保存"));

    let half = [("form", form.as_str()), ("from", "21:00"), ("to", "")];
    let got = served.post(&address, &half).await;
    assert!(got.status == StatusCode::UNPROCESSABLE_ENTITY && got.body.contains("value=\"21:00\""));
    assert_eq!(served.post(&address, &[("form", "x"), ("channel", "sms")]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(served.owner().told.len(), 1);
}

#[tokio::test]
async fn health_is_told_and_the_listener_ends_when_it_is_told_to() {
    let served = serve().await;
    assert_eq!(served.get("/healthz").await.body, "ok\n");
    served.stop.send(true).unwrap();
    served.ended.await.unwrap().unwrap();
}
