//! Instants as people read them: a weekday and a date in the reader's zone, "Wed 25 Nov, 2 pm", "周三 11月25日 14:00", "週三 11/25
//! 14:00". How is the language's: the table `when` of its words, and of its texts for phones where these are shorter. Nothing
//! depends on today, so that a retry, or a text that is read tomorrow, says the same.

use chrono::{DateTime, Datelike, Timelike};
use chrono_tz::Tz;

use super::Reader;
use super::words::{Problem, Sheet, Words};
use crate::model::{Eta, Timestamp};

/// A weekday alone names a day for as many days from the notice on; on the seventh it would be the wrong one.
const NEAR_DAYS: i32 = 6;

type Local = DateTime<Tz>;

/// The zone of an IANA name.
pub fn time_zone(name: &str) -> Option<Tz> {
    name.parse().ok()
}

/// The day of an instant in a zone, counted from the beginning of the calendar.
pub fn day(at: Timestamp, zone: Tz) -> i32 {
    at.to_utc().with_timezone(&zone).num_days_from_ce()
}

/// An instant as mails and pages write it.
pub fn moment(at: Timestamp, reader: &Reader) -> String {
    let words = Words::builtin();
    let common = words.sheet(reader.locale);
    Habit { own: common, common, reader }.moment(at)
}

/// A window as mails and pages write it.
pub fn window(eta: Eta, reader: &Reader) -> String {
    let words = Words::builtin();
    let common = words.sheet(reader.locale);
    Habit { own: common, common, reader }.window(eta)
}

/// How times are written for one reader on one channel.
#[derive(Clone, Copy)]
pub struct Habit<'a> {
    /// The channel's own words, before the language's.
    pub own: &'a Sheet,
    #[allow(missing_docs)]
    pub common: &'a Sheet,
    #[allow(missing_docs)]
    pub reader: &'a Reader,
}

impl Habit<'_> {
    /// An instant.
    pub fn moment(&self, at: Timestamp) -> String {
        let at = self.local(at);
        self.joined("date", &at, &self.alone(&at)) + self.zone()
    }

    /// An instant by its weekday alone; none where that could be another week's, or the language has no such way.
    pub fn near_moment(&self, at: Timestamp, from: Timestamp) -> Option<String> {
        self.is_near(at, from).then(|| {
            let at = self.local(at);
            self.joined("near", &at, &self.alone(&at)) + self.zone()
        })
    }

    /// A window: "Wed 25 Nov, 2–6 pm".
    pub fn window(&self, eta: Eta) -> String {
        let (from, to) = (self.local(eta.from), self.local(eta.to));
        if from.date_naive() != to.date_naive() {
            let ends = [&from, &to].map(|at| self.joined("date", at, &self.alone(at)));
            return fill(self.word("span"), &[("from", &ends[0]), ("to", &ends[1])]) + self.zone();
        }
        self.joined("date", &from, &self.between(&from, &to)) + self.zone()
    }

    /// A window by its weekday alone.
    pub fn near_window(&self, eta: Eta, from: Timestamp) -> Option<String> {
        let ends = (self.local(eta.from), self.local(eta.to));
        (self.is_near(eta.to, from) && self.is_near(eta.from, from) && ends.0.date_naive() == ends.1.date_naive())
            .then(|| self.joined("near", &ends.0, &self.between(&ends.0, &ends.1)) + self.zone())
    }

    fn is_near(&self, at: Timestamp, from: Timestamp) -> bool {
        let days = day(at, self.reader.zone) - day(from, self.reader.zone);
        self.get("near").is_some() && (0..=NEAR_DAYS).contains(&days)
    }

    fn local(&self, at: Timestamp) -> Local {
        at.to_utc().with_timezone(&self.reader.zone)
    }

    fn get(&self, name: &str) -> Option<&[String]> {
        let key = format!("when.{name}");
        self.own.get(&key).or_else(|| self.common.get(&key)).map(|entry| &entry.texts[..])
    }

    fn word(&self, name: &str) -> &str {
        self.get(name).and_then(|texts| texts.first()).map_or("", String::as_str)
    }

    fn of(&self, name: &str, i: u32) -> &str {
        self.get(name).and_then(|texts| texts.get(i as usize)).map_or("", String::as_str)
    }

    /// A day by the pattern of this name, and a time of it.
    fn joined(&self, pattern: &str, at: &Local, time: &str) -> String {
        let date = fill(
            self.word(pattern),
            &[
                ("weekday", self.of("weekdays", at.weekday().num_days_from_monday())),
                ("day", &at.day().to_string()),
                ("month", self.of("months", at.month0())),
            ],
        );
        fill(self.word("at"), &[("date", &date), ("time", time)])
    }

    /// A time of day.
    fn alone(&self, at: &Local) -> String {
        match self.get("hour") {
            Some(_) if at.minute() == 0 => fill(self.word("hour"), &[("hour", &at.hour().to_string())]),
            _ => self.clock(at),
        }
    }

    fn between(&self, from: &Local, to: &Local) -> String {
        if self.get("hours").is_some() && from.minute() == 0 && to.minute() == 0 {
            let (from, to) = (from.hour().to_string(), to.hour().to_string());
            return fill(self.word("hours"), &[("from", &from), ("to", &to)]);
        }
        let (from, to) = (self.clock(from), self.clock(to));
        // "2 pm–6 pm" is said once: "2–6 pm".
        let from = match (from.rsplit_once(' '), to.rsplit_once(' ')) {
            (Some((short, half)), Some((_, same))) if half == same => short.to_owned(),
            _ => from,
        };
        fill(self.word("between"), &[("from", &from), ("to", &to)])
    }

    /// By halves of the day where the language has words for them, else by 24 hours.
    fn clock(&self, at: &Local) -> String {
        if self.get("halves").is_none() {
            return format!("{:02}:{:02}", at.hour(), at.minute());
        }
        let (is_pm, hour) = at.hour12();
        let half = self.of("halves", is_pm.into());
        match (is_pm, hour, at.minute()) {
            (true, 12, 0) => self.of("halves", 2).to_owned(),
            (false, 12, 0) => self.of("halves", 3).to_owned(),
            (_, _, 0) => format!("{hour} {half}"),
            (_, _, minute) => format!("{hour}:{minute:02} {half}"),
        }
    }

    /// A reader without a zone of its own reads UTC, and is told so.
    fn zone(&self) -> &'static str {
        if self.reader.zone == Tz::UTC { " UTC" } else { "" }
    }
}

/// A pattern with its names replaced.
pub fn fill(pattern: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(pattern.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
}

/// Whether the lists of a language's table `when` have their lengths.
pub fn check(sheet: &Sheet) -> Vec<Problem> {
    let expected = [("weekdays", 7), ("months", 12), ("halves", 4)];
    let wrong = expected.into_iter().filter_map(|(name, length)| {
        let key = format!("when.{name}");
        let found = sheet.get(&key)?.texts.len();
        (found != length).then(|| sheet.problem(&key, format!("{key}: expected {length} texts, found {found}")))
    });
    wrong.collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Locale, Words};
    use super::*;
    use crate::model::Audience;

    fn with<T>(locale: Locale, zone: Tz, is_sms: bool, say: impl FnOnce(Habit<'_>) -> T) -> T {
        let words = Words::builtin();
        let reader = Reader { audience: Audience::Recipient, locale, zone };
        let own = if is_sms { words.sms(locale) } else { words.sheet(locale) };
        say(Habit { own, common: words.sheet(locale), reader: &reader })
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    fn eta(from: &str, to: &str) -> Eta {
        Eta { from: at(from), to: at(to) }
    }

    #[test]
    fn a_moment_is_a_weekday_a_date_and_a_time_in_the_readers_zone() {
        use Locale::*;
        let shanghai = Tz::Asia__Shanghai;
        for (time, locale, zone, is_sms, text) in [
            ("2026-11-25T06:00:00Z", ZhCn, shanghai, false, "周三 11月25日 14:00"),
            ("2026-11-25T06:00:00Z", ZhCn, shanghai, true, "周三11月25日14点"),
            ("2026-11-25T06:30:00Z", ZhCn, shanghai, true, "周三11月25日14:30"),
            ("2026-11-25T06:00:00Z", ZhTw, Tz::Asia__Taipei, false, "週三 11/25 14:00"),
            ("2026-11-25T06:00:00Z", ZhTw, Tz::Asia__Taipei, true, "11/25(三)14時"),
            ("2026-11-25T06:00:00Z", En, shanghai, false, "Wed 25 Nov, 2 pm"),
            ("2026-11-25T06:00:00Z", En, Tz::UTC, false, "Wed 25 Nov, 6 am UTC"),
            ("2026-11-25T12:00:00+08:00", En, shanghai, false, "Wed 25 Nov, 12 noon"),
            ("2026-11-25T00:00:00+08:00", En, shanghai, false, "Wed 25 Nov, midnight"),
        ] {
            assert_eq!(with(locale, zone, is_sms, |habit| habit.moment(at(time))), text, "{locale:?} {time}");
        }
    }

    #[test]
    fn a_window_says_once_what_both_ends_share() {
        use Locale::*;
        let afternoon = eta("2026-11-25T14:00:00+08:00", "2026-11-25T18:30:00+08:00");
        let whole = eta("2026-11-25T14:00:00+08:00", "2026-11-25T18:00:00+08:00");
        let noon = eta("2026-11-25T10:00:00+08:00", "2026-11-25T14:00:00+08:00");
        let night = eta("2026-11-25T22:00:00+08:00", "2026-11-26T10:00:00+08:00");
        for (window, locale, is_sms, text) in [
            (afternoon, En, false, "Wed 25 Nov, 2–6:30 pm"),
            (afternoon, En, true, "Wed 25 Nov, 2-6:30 pm"),
            (afternoon, ZhCn, false, "周三 11月25日 14:00–18:30"),
            (afternoon, ZhCn, true, "周三11月25日14:00-18:30"),
            (whole, ZhCn, true, "周三11月25日14-18点"),
            (whole, ZhTw, true, "11/25(三)14-18時"),
            (whole, ZhTw, false, "週三 11/25 14:00–18:00"),
            (noon, En, false, "Wed 25 Nov, 10 am–2 pm"),
            (night, En, false, "Wed 25 Nov, 10 pm to Thu 26 Nov, 10 am"),
            (night, ZhCn, false, "周三 11月25日 22:00 至 周四 11月26日 10:00"),
            (night, ZhCn, true, "周三11月25日22点至周四11月26日10点"),
        ] {
            assert_eq!(with(locale, Tz::Asia__Shanghai, is_sms, |habit| habit.window(window)), text);
        }
    }

    #[test]
    fn a_weekday_stands_alone_where_it_can_mean_no_other_week() {
        let window = eta("2026-11-25T14:00:00+08:00", "2026-11-25T18:00:00+08:00");
        for (from, text) in [
            ("2026-11-25T08:00:00+08:00", Some("周三14-18点")),
            ("2026-11-19T23:59:00+08:00", Some("周三14-18点")),
            ("2026-11-18T23:59:00+08:00", None),
            ("2026-11-26T00:00:00+08:00", None),
        ] {
            let found = with(Locale::ZhCn, Tz::Asia__Shanghai, true, |habit| habit.near_window(window, at(from)));
            assert_eq!(found.as_deref(), text, "{from}");
        }
    }
}
