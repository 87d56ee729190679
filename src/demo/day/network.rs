//! The courier of the demonstration: six hubs, three merchants, a handful of lockers and outlets. Names of places are real, everything
//! else is invented.

use std::time::Duration;

/// A hub, which is also where its town's parcels are delivered from.
#[derive(Debug, PartialEq, Eq)]
pub struct Hub {
    /// As scans name it.
    pub code: &'static str,
    /// As people know it: in English, in simplified and in traditional characters.
    pub names: [&'static str; 3],
    /// The area code of its town.
    pub area: &'static str,
    /// IANA name.
    pub time_zone: &'static str,
    /// Hours by lorry from Hangzhou, as a place on a line: the way between two hubs is the difference, at least two hours.
    hours: u64,
}

/// All hubs; the one beyond the strait comes last.
pub const HUBS: [Hub; 6] = [
    Hub {
        code: "HGH01", names: ["Hangzhou", "杭州", "杭州"], area: "330106", time_zone: "Asia/Shanghai", hours: 0
    },
    Hub {
        code: "SHA02", names: ["Shanghai", "上海", "上海"], area: "310104", time_zone: "Asia/Shanghai", hours: 4
    },
    Hub { code: "NKG03", names: ["Nanjing", "南京", "南京"], area: "320102", time_zone: "Asia/Shanghai", hours: 7 },
    Hub { code: "SZV04", names: ["Suzhou", "苏州", "蘇州"], area: "320508", time_zone: "Asia/Shanghai", hours: 3 },
    Hub { code: "NGB05", names: ["Ningbo", "宁波", "寧波"], area: "330203", time_zone: "Asia/Shanghai", hours: 2 },
    Hub { code: "TPE06", names: ["Taipei", "台北", "臺北"], area: "TW-TPE", time_zone: "Asia/Taipei", hours: 26 },
];

impl Hub {
    /// The hub of this code.
    pub fn of(code: &str) -> Option<&'static Hub> {
        HUBS.iter().find(|hub| hub.code == code)
    }

    /// How long a lorry (or a ship) takes to another.
    pub fn way_to(&self, other: &Hub) -> Duration {
        Duration::from_secs(3600 * self.hours.abs_diff(other.hours).max(2))
    }
}

/// Who sells.
#[derive(Debug, PartialEq, Eq)]
pub struct Merchant {
    /// Its key in `merchants.v1`.
    pub id: &'static str,
    #[allow(missing_docs)]
    pub name: &'static str,
    /// The language of what it is told.
    pub locale: &'static str,
}

/// All merchants.
pub const MERCHANTS: [Merchant; 3] = [
    Merchant { id: "M-0042", name: "Linden Tea", locale: "en" },
    Merchant { id: "M-0107", name: "西湖书店", locale: "zh-CN" },
    Merchant { id: "M-0230", name: "海港文具", locale: "zh-TW" },
];

/// A locker by the hub that fills it.
pub fn locker(hub: &Hub) -> String {
    format!("LK-{}", &hub.code[..3])
}
