//! "Did you get it?": one tap, written once.

use super::*;

/// Serves a parcel of which it is not sure that it was delivered.
async fn doubted() -> Served {
    let served = serve().await;
    change(&served, |page| {
        (page.stage, page.ended, page.offers) = (Some(Code::Delivered), Some(Code::Delivered), Vec::new());
        page.doubt = Some(Doubt { since: now(), count: 0, answer: None, is_asked: true });
    });
    served
}

fn change(served: &Served, change: impl FnOnce(&mut Page)) {
    match &mut served.owner().page {
        Ok(Some(PageState::Open(page))) => change(page),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_answer_is_written_once_however_often_it_is_tapped_and_then_shown() {
    let served = doubted().await;
    let asked = served.get(&path()).await.body;
    assert!(asked.contains("Did you get it?") && asked.contains("No, I do not have it"));
    assert!(served.choices().is_empty(), "looking at it answers nothing");
    for _ in 0..3 {
        let got = served.choose(&[("answer", "no")]).await;
        assert_eq!((got.status, got.location()), (StatusCode::SEE_OTHER, &*links().token("P1", LINK)));
    }
    let answers = served.choices();
    let [denial] = &answers[..] else { panic!("{answers:?}") };
    assert_eq!((denial.change, denial.journey, denial.option), (RerouteChange::Denied, 1, None));
    assert_eq!((denial.by.as_deref(), denial.at), (Some("recipient"), now()));
    let shown = served.get(&path()).await.body;
    assert!(shown.contains("You told us that you do not have it") && shown.contains("I have it now"));

    assert_eq!(served.choose(&[("answer", "yes")]).await.status, StatusCode::SEE_OTHER);
    let confirmation = served.choices().pop().expect("an answer");
    assert_eq!(confirmation.change, RerouteChange::Confirmed);
    assert_ne!(confirmation.id, denial.id);
    assert!(served.get(&path()).await.body.contains("You told us that you have it"));
}

#[tokio::test]
async fn an_answer_that_its_owner_has_yet_to_read_is_said_to_be_received() {
    let served = doubted().await;
    served.owner().reads = false;
    let sent = served.choose(&[("answer", "yes")]).await;
    let (_, query) = sent.location().split_once('?').expect("a query");
    let shown = served.get(&format!("{}?{query}", path())).await.body;
    assert!(shown.contains("We have received your answer"), "{shown}");
    served.choose(&[("answer", "yes")]).await;
    let answers = served.choices();
    assert_eq!((answers.len(), &answers[0].id), (2, &answers[1].id), "the owner knows a repeat by its id");
}

#[tokio::test]
async fn nobody_answers_what_nobody_asked() {
    let served = doubted().await;
    assert_eq!(served.choose(&[("answer", "perhaps")]).await.status, StatusCode::CONFLICT);
    let form = served.get(&path()).await;
    let fields = [("form", form.hidden("form")), ("revision", form.hidden("revision"))];
    change(&served, |page| page.doubt = None);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let got = served.post(&path(), &[&fields[..], &[("answer", "yes")]].concat()).await;
    assert_eq!(got.status, StatusCode::CONFLICT);
    change(&served, |page| page.doubt = Some(Doubt { since: now(), count: 8, answer: None, is_asked: false }));
    let got = served.post(&path(), &[&fields[..], &[("answer", "yes")]].concat()).await;
    assert_eq!(got.status, StatusCode::CONFLICT);
    assert!(!served.get(&path()).await.body.contains("name=\"answer\""));
    assert_eq!(served.choices(), []);
}
