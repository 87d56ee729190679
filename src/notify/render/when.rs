//! Instants as people read them: a weekday and a date in the reader's zone, "Wed 25 Nov, 2 pm",
//! "周三 11月25日 14:00". Nothing depends on today, so that a retry says the same.

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;

use super::{Locale, Reader};
use crate::model::{Eta, Timestamp};

type Local = DateTime<Tz>;

/// The zone of an IANA name.
pub fn time_zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// The day of an instant in a zone, counted from the beginning of the calendar.
pub fn day(at: Timestamp, zone: Tz) -> i32 {
    at.to_utc().with_timezone(&zone).num_days_from_ce()
}

/// An instant.
pub fn moment(at: Timestamp, reader: &Reader) -> String {
    let at = at.to_utc().with_timezone(&reader.zone);
    format!("{}{}", dated(&at, reader, &clock(&at, reader)), zone(reader))
}

/// A window: "Wed 25 Nov, 2–6 pm".
pub fn window(eta: Eta, reader: &Reader) -> String {
    let from = eta.from.to_utc().with_timezone(&reader.zone);
    let to = eta.to.to_utc().with_timezone(&reader.zone);
    let (begin, end) = (clock(&from, reader), clock(&to, reader));
    if from.date_naive() != to.date_naive() {
        let joint = match reader.locale {
            Locale::En => " to ",
            Locale::ZhCn => " 至 ",
        };
        return format!("{}{joint}{}{}", dated(&from, reader, &begin), dated(&to, reader, &end), zone(reader));
    }
    // "2 pm–6 pm" is said once: "2–6 pm".
    let begin = match (begin.rsplit_once(' '), end.rsplit_once(' ')) {
        (Some((short, half)), Some((_, same))) if half == same => short.to_owned(),
        _ => begin,
    };
    format!("{}{}", dated(&from, reader, &format!("{begin}–{end}")), zone(reader))
}

fn dated(at: &Local, reader: &Reader, clock: &str) -> String {
    let weekday = at.weekday().num_days_from_monday() as usize;
    match reader.locale {
        Locale::En => {
            const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
            const MONTHS: [&str; 12] =
                ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
            format!("{} {} {}, {clock}", DAYS[weekday], at.day(), MONTHS[at.month0() as usize])
        }
        Locale::ZhCn => {
            const DAYS: [&str; 7] = ["一", "二", "三", "四", "五", "六", "日"];
            format!("周{} {}月{}日 {clock}", DAYS[weekday], at.month(), at.day())
        }
    }
}

fn clock(at: &Local, reader: &Reader) -> String {
    if reader.locale == Locale::ZhCn {
        return format!("{:02}:{:02}", at.hour(), at.minute());
    }
    let (is_pm, hour) = at.hour12();
    match (is_pm, hour, at.minute()) {
        (true, 12, 0) => "12 noon".to_owned(),
        (false, 12, 0) => "midnight".to_owned(),
        (_, _, 0) => format!("{hour} {}", if is_pm { "pm" } else { "am" }),
        (_, _, minute) => format!("{hour}:{minute:02} {}", if is_pm { "pm" } else { "am" }),
    }
}

/// A reader without a zone of its own reads UTC, and is told so.
fn zone(reader: &Reader) -> &'static str {
    if reader.zone == Tz::UTC { " UTC" } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Audience;

    fn reader(locale: Locale, zone: Tz) -> Reader {
        Reader { audience: Audience::Recipient, locale, zone }
    }

    #[test]
    fn a_moment_is_a_weekday_a_date_and_a_time_in_the_readers_zone() {
        let at = Timestamp::parse("2026-11-25T06:00:00Z").unwrap();
        assert_eq!(moment(at, &reader(Locale::ZhCn, Tz::Asia__Shanghai)), "周三 11月25日 14:00");
        assert_eq!(moment(at, &reader(Locale::En, Tz::Asia__Shanghai)), "Wed 25 Nov, 2 pm");
        assert_eq!(moment(at, &reader(Locale::En, Tz::UTC)), "Wed 25 Nov, 6 am UTC");
        let noon = Timestamp::parse("2026-11-25T12:00:00+08:00").unwrap();
        assert_eq!(moment(noon, &reader(Locale::En, Tz::Asia__Shanghai)), "Wed 25 Nov, 12 noon");
        let midnight = Timestamp::parse("2026-11-25T00:00:00+08:00").unwrap();
        assert_eq!(moment(midnight, &reader(Locale::En, Tz::Asia__Shanghai)), "Wed 25 Nov, midnight");
    }

    #[test]
    fn a_window_says_once_what_both_ends_share() {
        let eta =
            |from: &str, to: &str| Eta { from: Timestamp::parse(from).unwrap(), to: Timestamp::parse(to).unwrap() };
        let (en, zh) = (reader(Locale::En, Tz::Asia__Shanghai), reader(Locale::ZhCn, Tz::Asia__Shanghai));
        let afternoon = eta("2026-11-25T14:00:00+08:00", "2026-11-25T18:30:00+08:00");
        assert_eq!(window(afternoon, &en), "Wed 25 Nov, 2–6:30 pm");
        assert_eq!(window(afternoon, &zh), "周三 11月25日 14:00–18:30");
        let day = eta("2026-11-25T10:00:00+08:00", "2026-11-25T14:00:00+08:00");
        assert_eq!(window(day, &en), "Wed 25 Nov, 10 am–2 pm");
        let nights = eta("2026-11-25T22:00:00+08:00", "2026-11-26T10:00:00+08:00");
        assert_eq!(window(nights, &en), "Wed 25 Nov, 10 pm to Thu 26 Nov, 10 am");
        assert_eq!(window(nights, &zh), "周三 11月25日 22:00 至 周四 11月26日 10:00");
    }
}
