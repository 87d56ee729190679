//! How somebody wants to be told: preferences, and one click.

use super::*;

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
        "+861**** ****",
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
