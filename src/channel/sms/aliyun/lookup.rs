//! Was it sent already? Asks Aliyun for the texts to a number and looks for our reference among them.
//!
//! A text that was just accepted may not be found at once. An attempt that repeats another began after that had ended, so
//! whoever finds nothing, waits `look_up_again`, and still finds nothing has given it that time. All days since the
//! earliest attempt of unknown outcome are asked, and the day before it: by Aliyun's clock the attempt may have been then. The
//! second look is at today and yesterday: what is older has been found by the first.

use chrono::{DateTime, Days, FixedOffset, Utc};
use serde::Deserialize;
use tokio::time::{Instant, sleep};

use super::super::super::strangers::real_time;
use super::{Aliyun, Api, Meaning, Outcome, Reference, code, shown};
use crate::model::Timestamp;

/// The largest page that Aliyun gives.
const PAGE_SIZE: usize = 50;

/// Pages that are asked for. More than people get texts of one account in a day; a larger number would keep a busy
/// number's look-up from ending in time.
const PAGES_MAX: usize = 4;

/// How many days Aliyun tells of, with today.
const DAYS_MAX: u64 = 30;

/// Aliyun's days are those of Beijing.
const BEIJING_SECONDS: i32 = 8 * 60 * 60;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    code: String,
    #[serde(rename = "SmsSendDetailDTOs")]
    texts: Option<Texts>,
}

#[derive(Deserialize)]
struct Texts {
    #[serde(rename = "SmsSendDetailDTO")]
    list: Option<Vec<Sent>>,
}

impl Page {
    fn sent(self) -> Vec<Sent> {
        self.texts.and_then(|texts| texts.list).unwrap_or_default()
    }
}

/// A text that Aliyun took.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Sent {
    out_id: Option<String>,
    /// 1: no report yet, 2: failed, 3: arrived.
    send_status: Option<i64>,
    err_code: Option<String>,
}

impl Aliyun {
    /// The outcome of an earlier attempt of the same notice for the same recipient; none where Aliyun knows of none.
    ///
    /// # Errors
    /// A retry where that cannot be found out before `end`: nothing was sent now.
    pub(super) async fn look_up(
        &self,
        api: &Api,
        reference: &Reference,
        number: &str,
        since: Timestamp,
        end: Instant,
    ) -> Result<Option<Outcome>, Outcome> {
        let now = real_time();
        let found = self.look_once(api, reference, number, &days(since.to_utc(), now), end).await?;
        if found.is_some() {
            return Ok(found);
        }
        sleep(self.look_up_again()).await;
        self.look_once(api, reference, number, &days(now, now), end).await
    }

    async fn look_once(
        &self,
        api: &Api,
        reference: &Reference,
        number: &str,
        days: &[String],
        end: Instant,
    ) -> Result<Option<Outcome>, Outcome> {
        for day in days {
            for page in 1..=PAGES_MAX {
                let sent = self.page(api, number, day, page, end).await?;
                if let Some(found) = sent.iter().find_map(|sent| known(sent, reference)) {
                    return Ok(Some(found));
                }
                if sent.len() < PAGE_SIZE {
                    break;
                }
                if page == PAGES_MAX {
                    return Err(Outcome::retry("too many texts to look through for an earlier attempt"));
                }
            }
        }
        Ok(None)
    }

    async fn page(&self, api: &Api, number: &str, day: &str, page: usize, end: Instant) -> Result<Vec<Sent>, Outcome> {
        let (page, size) = (page.to_string(), PAGE_SIZE.to_string());
        let parameters =
            [("CurrentPage", page.as_str()), ("PageSize", &size), ("PhoneNumber", number), ("SendDate", day)];
        let question = self.question(api, "QuerySendDetails", &parameters)?;
        let answer = api
            .ask(question, end)
            .await
            .map_err(|_| Outcome::retry("aliyun did not say whether an earlier attempt arrived"))?;
        let page: Option<Page> = serde_json::from_slice(&answer.body).ok();
        match page.map(|page| (code::meaning(&page.code, answer.status), page)) {
            Some((Meaning::Taken, page)) => Ok(page.sent()),
            Some((_, page)) => {
                let number = shown(&page.code);
                Err(Outcome::retry(format!("aliyun did not say whether an earlier attempt arrived ({number})")))
            }
            None => {
                let status = answer.status;
                Err(Outcome::retry(format!("aliyun did not say whether an earlier attempt arrived ({status})")))
            }
        }
    }
}

/// What became of it, if it is an attempt of the same notice for the same recipient.
fn known(sent: &Sent, reference: &Reference) -> Option<Outcome> {
    let earlier = Reference::parse(sent.out_id.as_deref()?)?;
    if !earlier.is_same_notice(reference) {
        return None;
    }
    Some(match sent.send_status {
        Some(2) => {
            let number = shown(sent.err_code.as_deref().unwrap_or_default());
            Outcome::refused(format!("carrier did not deliver an earlier attempt ({number})"))
        }
        _ => Outcome::Delivered { provider_id: None },
    })
}

/// Today and on to the day before that of `since`, as far as Aliyun tells of: a moment ago is likelier.
fn days(since: DateTime<Utc>, now: DateTime<Utc>) -> Vec<String> {
    let beijing = FixedOffset::east_opt(BEIJING_SECONDS).expect("eight hours are an offset");
    let day = |at: DateTime<Utc>| at.with_timezone(&beijing).date_naive();
    let today = day(now);
    let first = day(since).min(today) - Days::new(1);
    let back = (0..DAYS_MAX).map(|days| today - Days::new(days)).take_while(|day| *day >= first);
    back.map(|day| day.format("%Y%m%d").to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_beijing_s() {
        let at = |text: &str| days(text.parse().unwrap(), text.parse().unwrap());
        assert_eq!(at("2026-11-22T15:59:59Z"), ["20261122", "20261121"]);
        assert_eq!(at("2026-11-22T16:00:00Z"), ["20261123", "20261122"]);
        assert_eq!(at("2026-12-31T16:00:00Z"), ["20270101", "20261231"]);
    }

    #[test]
    fn every_day_since_the_attempt_is_asked_as_far_as_aliyun_tells() {
        let now = "2026-11-22T15:00:00Z".parse().unwrap();
        let since = |text: &str| days(text.parse().unwrap(), now);
        assert_eq!(since("2026-11-19T16:00:00Z"), ["20261122", "20261121", "20261120", "20261119"]);
        assert_eq!(since("2026-11-20T15:59:59Z"), ["20261122", "20261121", "20261120", "20261119"]);
        // Another pace of our clock may put it into the future.
        assert_eq!(since("2027-01-01T00:00:00Z"), ["20261122", "20261121"]);
        let all = since("1970-01-01T00:00:00Z");
        assert_eq!((all.len(), all.last().map(String::as_str)), (30, Some("20261024")));
    }

    #[test]
    fn only_attempts_of_the_same_notice_for_the_same_person_count() {
        let now = Reference::parse("ntc_1.p:9f.3").unwrap();
        let sent = |out_id: &str, status| Sent {
            out_id: Some(out_id.to_owned()),
            send_status: Some(status),
            err_code: Some("UNDELIV".to_owned()),
        };
        for (out_id, status, expected) in [
            ("ntc_1.p:9f.1", 1, Some("Delivered { provider_id: None }")),
            ("ntc_1.p:9f.2", 3, Some("Delivered { provider_id: None }")),
            ("ntc_1.p:9f.1", 2, Some("(UNDELIV)")),
            ("ntc_2.p:9f.1", 3, None),
            ("ntc_1.p:aa.1", 3, None),
            ("order-77", 3, None),
        ] {
            let known = known(&sent(out_id, status), &now).map(|outcome| format!("{outcome:?}"));
            match expected {
                Some(part) => assert!(known.as_ref().is_some_and(|known| known.contains(part)), "{out_id}: {known:?}"),
                None => assert_eq!(known, None, "{out_id}"),
            }
        }
        assert!(super::known(&Sent { out_id: None, send_status: None, err_code: None }, &now).is_none());
    }

    #[test]
    fn a_page_is_read_as_aliyun_writes_it() {
        let page: Page = serde_json::from_str(
            r#"{"TotalCount":1,"Message":"OK","RequestId":"R","Code":"OK","SmsSendDetailDTOs":{"SmsSendDetailDTO":[
                {"TemplateCode":"SMS_1","ReceiveDate":"2026-11-22 16:00:10","PhoneNum":"13800000000",
                 "Content":"【顺达】...","SendStatus":3,"SendDate":"2026-11-22 16:00:07","OutId":"ntc_1.p:9f.1"}]}}"#,
        )
        .unwrap();
        assert_eq!(page.code, "OK");
        assert_eq!(page.sent().len(), 1);
        for nothing in ["{}", "null", r#"{"SmsSendDetailDTO":null}"#, r#"{"SmsSendDetailDTO":[]}"#] {
            let page: Page =
                serde_json::from_str(&format!(r#"{{"Code":"OK","SmsSendDetailDTOs":{nothing}}}"#)).unwrap();
            assert!(page.sent().is_empty(), "{nothing}");
        }
    }
}
