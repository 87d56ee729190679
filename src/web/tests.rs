//! The listeners as they are asked, over real sockets.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::StatusCode;
use serde_json::json;

use super::*;
use crate::telemetry::Metrics;

/// Answers from a list; a parcel that is not in it is unknown.
struct Answers(HashMap<&'static str, Result<Value, QueryError>>);

impl ParcelQuery for Answers {
    fn parcel(&self, id: String) -> QueryFuture {
        let answer = self.0.get(id.as_str()).cloned().transpose();
        Box::pin(async move { answer })
    }

    fn page(&self, id: String, _link: Link) -> QueryFuture {
        self.parcel(id)
    }

    fn preference(&self, key: RecipientKey) -> QueryFuture {
        self.parcel(key.to_string())
    }

    fn digest(&self, stage: String, _: i32) -> QueryFuture {
        self.parcel(stage)
    }

    fn storms(&self) -> QueryFuture {
        self.parcel("storms".to_owned())
    }
}

/// A running admin listener; it ends with this.
struct Running {
    address: String,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<io::Result<()>>,
}

async fn run(
    token: Option<&str>,
    waiting: &[&str],
    answers: HashMap<&'static str, Result<Value, QueryError>>,
) -> Running {
    let listener = bind("127.0.0.1:0".parse().unwrap(), "listen.admin").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let waiting: Vec<String> = waiting.iter().map(ToString::to_string).collect();
    let admin = Admin {
        metrics: Arc::new(Metrics::new()),
        observe: Arc::new(|metrics| metrics.send_mode("shadow")),
        not_ready: Arc::new(move || waiting.clone()),
        queries: Arc::new(Answers(answers)),
        token: token.map(str::to_owned),
        client: client().unwrap(),
    };
    let (stop, stopped) = watch::channel(false);
    Running { address, stop, served: tokio::spawn(serve_admin(listener, admin, stopped)) }
}

impl Running {
    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> (StatusCode, String) {
        let mut request = client().unwrap().get(format!("{}{path}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store", "{path}");
        assert_eq!(response.headers()["x-content-type-options"], "nosniff", "{path}");
        (response.status(), response.text().await.unwrap())
    }
}

#[tokio::test]
async fn readiness_says_what_is_waited_for() {
    let restoring = run(None, &["tracker partition 3 is restoring"], HashMap::new()).await;
    let expected = (StatusCode::SERVICE_UNAVAILABLE, "tracker partition 3 is restoring\n".to_owned());
    assert_eq!(restoring.get("/readyz", &[]).await, expected);
    assert_eq!(restoring.get("/livez", &[]).await.0, StatusCode::OK);
    let ready = run(None, &[], HashMap::new()).await;
    assert_eq!(ready.get("/readyz", &[]).await, (StatusCode::OK, "ready\n".to_owned()));
}

#[tokio::test]
async fn metrics_are_looked_at_when_they_are_asked_for() {
    let running = run(None, &[], HashMap::new()).await;
    let (status, text) = running.get("/metrics", &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(text.contains("parcelwatch_send_mode{mode=\"shadow\"} 1"), "{text}");
}

#[tokio::test]
async fn with_a_token_only_health_is_told_to_everybody() {
    let running = run(Some("a token of some length"), &[], HashMap::new()).await;
    for path in ["/metrics", "/v1/parcels/P1"] {
        for headers in [
            vec![],
            vec![("authorization", "Bearer a token of some lengtH")],
            vec![("authorization", "Bearer ")],
            vec![("authorization", "Basic a token of some length")],
            vec![("authorization", "a token of some length")],
        ] {
            assert_eq!(running.get(path, &headers).await.0, StatusCode::UNAUTHORIZED, "{path} {headers:?}");
        }
        let status = running.get(path, &[("authorization", "bearer a token of some length")]).await.0;
        assert_ne!(status, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(running.get("/livez", &[]).await.0, StatusCode::OK);
    assert_eq!(running.get("/readyz", &[]).await.0, StatusCode::OK);
}

#[tokio::test]
async fn without_a_token_a_web_page_that_points_its_name_here_learns_nothing() {
    let running = run(None, &[], HashMap::from([("P1", Ok(json!({"parcel_id": "P1"})))])).await;
    assert_eq!(running.get("/v1/parcels/P1", &[]).await.0, StatusCode::OK);
    assert_eq!(running.get("/v1/parcels/P1", &[("host", "evil.example")]).await.0, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn each_way_not_to_know_has_its_status() {
    let running = run(
        None,
        &[],
        HashMap::from([
            ("moving", Err(QueryError::NotReady("tracker partition 3 is restoring".into()))),
            ("stuck", Err(QueryError::Timeout)),
            ("gone", Err(QueryError::Elsewhere { address: "http://127.0.0.1:1".into() })),
        ]),
    )
    .await;
    for (id, status, says) in [
        ("unknown", StatusCode::NOT_FOUND, "nothing is known"),
        ("moving", StatusCode::SERVICE_UNAVAILABLE, "partition 3 is restoring"),
        ("stuck", StatusCode::GATEWAY_TIMEOUT, "in time"),
        ("gone", StatusCode::BAD_GATEWAY, "http://127.0.0.1:1"),
    ] {
        let (found, text) = running.get(&format!("/v1/parcels/{id}"), &[]).await;
        assert_eq!(found, status, "{id}");
        assert!(text.contains(says), "{text}");
    }
}

#[tokio::test]
async fn a_question_is_passed_on_to_the_owner_once_with_the_token() {
    let token = Some("a token of some length");
    let owner = run(token, &[], HashMap::from([("P 1/2", Ok(json!({"parcel_id": "P 1/2"})))])).await;
    let elsewhere = |address: &str| Err(QueryError::Elsewhere { address: address.to_owned() });
    let asked = run(token, &[], HashMap::from([("P 1/2", elsewhere(&owner.address))])).await;
    let headers = [("authorization", "Bearer a token of some length")];
    let (status, text) = asked.get("/v1/parcels/P%201%2F2", &headers).await;
    assert_eq!((status, text.as_str()), (StatusCode::OK, r#"{"parcel_id":"P 1/2"}"#));

    // Two that each hold the other for the owner: the second does not pass it back.
    let confused = run(token, &[], HashMap::from([("P1", elsewhere(&asked.address))])).await;
    let twice = run(token, &[], HashMap::from([("P1", elsewhere(&confused.address))])).await;
    let (status, text) = twice.get("/v1/parcels/P1", &headers).await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(text.contains("just moved"), "{text}");
}

#[tokio::test]
async fn the_admin_listener_ends_when_it_is_told_to() {
    let running = run(None, &[], HashMap::new()).await;
    running.stop.send(true).unwrap();
    running.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn an_address_in_use_is_named_with_its_setting() {
    let listener = bind("127.0.0.1:0".parse().unwrap(), "listen.admin").await.unwrap();
    let error = bind(listener.local_addr().unwrap(), "listen.admin").await.unwrap_err();
    assert!(error.to_string().contains("(listen.admin)"), "{error}");
}

#[tokio::test]
async fn what_storms_hold_is_put_together_from_all_instances_and_an_instance_tells_its_own() {
    let known = |partition: i32, elsewhere: Value| {
        let storm = json!({"partition": partition, "kind": "delayed", "since": "2026-11-22T02:10:00.000Z", "held": 40});
        let told = json!({"partitions": 3, "answered": [partition], "storms": [storm], "elsewhere": elsewhere});
        HashMap::from([("storms", Ok(told))])
    };
    let other = run(Some("t"), &[], known(1, json!({}))).await;
    // One that has gone without a word: nothing listens there.
    let gone = bind("127.0.0.1:0".parse().unwrap(), "listen.admin").await.unwrap().local_addr().unwrap();
    let gone = format!("http://{gone}");
    let asked = run(Some("t"), &[], known(0, json!({other.address.clone(): [1], gone.clone(): [2]}))).await;
    let token = ("authorization", "Bearer t");
    let (status, text) = asked.get("/v1/storms", &[token]).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    let told: Storms = serde_json::from_str(&text).unwrap();
    assert_eq!(told.storms.iter().map(|storm| (storm.partition, storm.held)).collect::<Vec<_>>(), [(0, 40), (1, 40)]);
    assert_eq!((told.silent(), told.elsewhere.keys().collect::<Vec<_>>()), (1, vec![&gone]));

    let (_, own) = asked.get("/v1/storms", &[token, (ask::PASSED_ON, "1")]).await;
    let own: Storms = serde_json::from_str(&own).unwrap();
    assert_eq!((own.answered.len(), own.storms.len()), (1, 1), "the one who asks asks the others itself");
    assert_eq!(asked.get("/v1/storms", &[]).await.0, StatusCode::UNAUTHORIZED);
}
