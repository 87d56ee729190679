//! Recipients. Names are common ones; numbers and addresses are of ranges that nobody has.

use serde_json::{Value, json};

use super::Dice;
use super::network::Hub;

/// Who waits for a parcel.
#[derive(Clone, Debug)]
pub struct Person {
    #[allow(missing_docs)]
    pub name: String,
    /// E.164.
    pub phone: Option<String>,
    #[allow(missing_docs)]
    pub email: Option<String>,
    /// BCP 47.
    pub locale: &'static str,
    /// IANA name.
    pub time_zone: &'static str,
}

const MAINLAND: [&str; 16] = [
    "王芳", "李娜", "张伟", "刘洋", "陈静", "杨帆", "赵敏", "黄磊", "周杰", "吴婷", "徐丽", "孙浩", "马超", "朱琳",
    "胡军", "郭敏",
];
const TAIWAN: [&str; 8] = ["陳怡君", "林志豪", "黃淑芬", "張家豪", "李雅婷", "王俊傑", "吳佩珊", "劉冠宇"];
const ENGLISH: [&str; 8] = [
    "Emily Carter",
    "James Okafor",
    "Sofia Rossi",
    "Liam Murphy",
    "Hannah Weber",
    "Noah Smith",
    "Ava Jones",
    "Omar Aziz",
];

/// In the mainland one recipient in so many reads English.
const ENGLISH_ONE_IN: u32 = 5;

impl Person {
    /// Somebody who lives where the hub delivers; `number` tells people of one name apart.
    pub fn at(hub: &Hub, number: usize, dice: &mut Dice) -> Person {
        let locale = match hub.time_zone {
            "Asia/Taipei" => "zh-TW",
            _ if dice.u32(..ENGLISH_ONE_IN) == 0 => "en",
            _ => "zh-CN",
        };
        let names: &[&str] = match locale {
            "zh-TW" => &TAIWAN,
            "en" => &ENGLISH,
            _ => &MAINLAND,
        };
        let mut person = Person::named(names[dice.usize(..names.len())], locale, number);
        // Most have both; some gave only one.
        match dice.u32(..10) {
            0..=3 => person.email = None,
            4..=6 => person.phone = None,
            _ => {}
        }
        person
    }

    /// Somebody with phone and mail.
    pub fn named(name: &str, locale: &'static str, number: usize) -> Person {
        let (phone, time_zone) = match locale {
            "zh-TW" => (format!("+886900000{:03}", number % 1000), "Asia/Taipei"),
            "en" => (format!("+1555555{:04}", 100 + number % 100), "Asia/Shanghai"),
            _ => (format!("+8613800000{:03}", number % 1000), "Asia/Shanghai"),
        };
        let email = format!("reader{number:03}@example.com");
        Person { name: name.to_owned(), phone: Some(phone), email: Some(email), locale, time_zone }
    }

    /// As a shipment names it.
    pub fn to_json(&self) -> Value {
        json!({
            "name": self.name, "phone": self.phone, "email": self.email,
            "locale": self.locale, "time_zone": self.time_zone,
        })
    }
}
