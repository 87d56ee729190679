//! Links that open, and the many that do not.

use super::*;

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
async fn a_thousand_guesses_reveal_nothing_and_keep_nobody_out() {
    let served = serve().await;
    let guess = |i: u32| format!("/r/P1/{}", links().token("P1", Link { journey: 100 + i, ..LINK }));
    let mut statuses = std::collections::BTreeMap::new();
    for i in 0..1000 {
        let got = served.get(&guess(i)).await;
        assert!(!got.body.contains("00P1"));
        *statuses.entry(got.status.as_u16()).or_insert(0) += 1;
    }
    assert_eq!(statuses, [(404, 4), (429, 996)].into());
    let got = served.get(&guess(1000)).await;
    assert_eq!((got.status, &got.headers["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &"60".parse().unwrap()));
    let elsewhere = served.client.get(format!("{}{}", served.address, guess(0))).header("x-client", "192.0.2.1");
    assert_eq!(served.send(elsewhere).await.status, StatusCode::NOT_FOUND);
    assert!(served.owner().told.is_empty() && served.owner().asked == 0);
    // A customer behind the same address still opens what is theirs.
    assert_eq!(served.get(&path()).await.status, StatusCode::OK);
    *served.clock.lock().unwrap() = now() + Duration::from_secs(60);
    assert_eq!(served.get(&guess(0)).await.status, StatusCode::NOT_FOUND);
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
async fn health_is_told_and_the_listener_ends_when_it_is_told_to() {
    let served = serve().await;
    assert_eq!(served.get("/healthz").await.body, "ok\n");
    served.stop.send(true).unwrap();
    served.ended.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_page_is_in_the_language_that_its_reader_saved_and_in_the_shipments_while_nobody_knows() {
    let served = serve().await;
    let is_in = |got: Got, lang: &str| got.body.contains(&format!("<html lang=\"{lang}\">"));
    let saved = |locale: Option<&str>| Preference {
        recipient_key: RecipientKey::from_text("p:1"),
        opt_out: Vec::new(),
        channels: None,
        quiet_hours: None,
        locale: locale.map(str::to_owned),
        at: now(),
    };
    assert!(is_in(served.get(&path()).await, "en"), "nothing was saved");
    served.owner().preference = Some(saved(Some("zh-TW")));
    assert!(is_in(served.get(&path()).await, "zh-TW"));
    assert!(is_in(served.choose(&[("option", "nonsense")]).await, "zh-TW"), "a form that has to be mended, too");
    assert!(is_in(served.get(&format!("{}?lang=zh-CN", path())).await, "zh-CN"), "what is asked for comes first");
    served.owner().knows_people = false;
    let got = served.get(&path()).await;
    assert_eq!(got.status, StatusCode::OK);
    assert!(is_in(got, "en"), "the owner of the preference is away");
    served.owner().knows_people = true;
    served.owner().preference = Some(saved(None));
    assert!(is_in(served.get(&path()).await, "en"), "as the shop said");
}
