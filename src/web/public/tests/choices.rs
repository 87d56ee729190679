//! Choices: each form acts once, or says why not.

use super::*;

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
        let (_, query) = got.location().split_once('?').expect("a query");
        assert!(query.starts_with(&format!("sent={id}-")), "{query}");
        let shown = served.get(&format!("{path}?{query}")).await;
        assert!(shown.body.contains("We have received your choice"));
        assert!(shown.body.contains(&format!("href=\"?{query}\">Look again")));
    }
    let choices = served.choices();
    assert_eq!(choices.len(), 2);
    assert_eq!(choices[0].id, choices[1].id, "the owner knows a repeat by its id");
}

#[tokio::test]
async fn a_choice_is_said_to_be_received_for_some_minutes_and_only_if_something_can_become_of_it() {
    let served = serve().await;
    served.owner().reads = false;
    let sent = served.choose(&[LOCKER]).await;
    let (_, query) = sent.location().split_once('?').expect("a query");
    let says = "We have received your choice";
    let address = format!("{}?{query}", path());
    assert!(served.get(&address).await.body.contains(says));
    let forged = format!("{}?sent={}", path(), served.choices()[0].id);
    assert!(!served.get(&forged).await.body.contains(says));

    let change = |change: fn(&mut Page)| match &mut served.owner().page {
        Ok(Some(PageState::Open(page))) => change(page),
        other => panic!("{other:?}"),
    };
    change(|page| (page.used_up, page.offers) = (true, Vec::new()));
    let full = served.get(&address).await.body;
    assert!(!full.contains(says) && full.contains("number of choices is used up"));
    change(|page| page.used_up = false);
    *served.clock.lock().unwrap() = now() + Duration::from_secs(11 * 60);
    assert!(!served.get(&address).await.body.contains(says));
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
async fn a_choice_that_could_not_be_taken_back_is_said_to_stand() {
    let served = serve().await;
    served.choose(&[LOCKER]).await;
    served.owner().reads = false;
    let got = served.choose(&[("undo", &served.choices()[0].id.clone())]).await;
    assert_eq!(got.status, StatusCode::CONFLICT);
    assert!(got.body.contains("Your choice still stands") && got.body.contains("Undo this choice"));
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
