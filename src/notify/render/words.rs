//! Single words and clauses in both languages: English first, then Chinese.

use super::Locale;
use crate::model::{Code, ConditionKind, Level};

/// English and Chinese of one thing.
type Pair = (&'static str, &'static str);

const fn pick(locale: Locale, (en, zh): Pair) -> &'static str {
    match locale {
        Locale::En => en,
        Locale::ZhCn => zh,
    }
}

/// A condition as a label, for people who work with parcels.
pub fn condition(locale: Locale, kind: ConditionKind) -> &'static str {
    use ConditionKind::*;
    pick(
        locale,
        match kind {
            NeverUploaded => ("Not handed over", "未交运"),
            OverdueScan => ("Scan overdue", "扫描逾期"),
            Stalled => ("No movement", "停滞"),
            Delayed => ("Late", "延误"),
            ThoroughlyDelayed => ("Very late", "严重延误"),
            DispatchOverdue => ("Not sent on", "未发出"),
            AttemptFailed => ("Not delivered at the attempt", "投递未成功"),
            Uncollected => ("Not collected", "未取件"),
            Held => ("Held", "暂缓运送"),
            Damaged => ("Damaged", "破损"),
            Refused => ("Refused", "拒收"),
            Lost => ("Lost", "丢失"),
        },
    )
}

/// A level as a label.
pub fn level(locale: Locale, level: Level) -> &'static str {
    pick(
        locale,
        match level {
            Level::Info => ("info", "提示"),
            Level::Warn => ("warning", "警告"),
            Level::Major => ("major", "严重"),
            Level::Critical => ("critical", "紧急"),
        },
    )
}

/// The last scan as a label.
pub fn stage(locale: Locale, code: Code) -> &'static str {
    use Code::*;
    pick(
        locale,
        match code {
            PickedUp => ("picked up", "已揽收"),
            Sorted => ("sorted", "已分拣"),
            DepartedHub => ("left the hub", "已离开中转站"),
            ArrivedHub => ("arrived at the hub", "已到达中转站"),
            ArrivedDestination => ("arrived at the destination", "已到达目的地"),
            OutForDelivery => ("out for delivery", "派送中"),
            AttemptFailed => ("delivery attempted", "投递未成功"),
            AwaitingCollection => ("waiting to be collected", "待取件"),
            Collected => ("collected", "已取件"),
            Delivered => ("delivered", "已送达"),
            Held => ("held", "暂缓运送"),
            CustomsHeld => ("held by customs", "海关查验"),
            CustomsReleased => ("released by customs", "海关放行"),
            Forwarded => ("forwarded", "已转寄"),
            Damaged => ("damaged", "破损"),
            Refused => ("refused", "拒收"),
            Returning => ("on its way back", "退回中"),
            Returned => ("returned", "已退回"),
            Lost => ("lost", "丢失"),
            Cancelled => ("cancelled", "已取消"),
        },
    )
}

/// A hub's word for why, as a clause; none for words that we do not know.
pub fn reason(locale: Locale, word: &str) -> Option<&'static str> {
    let pair = match word {
        "weather" => ("bad weather", "天气原因"),
        "traffic" => ("heavy traffic", "交通原因"),
        "address" => ("the address is not clear", "地址不够清楚"),
        "customs" => ("customs checks", "海关查验"),
        "absent" | "nobody_home" => ("nobody was there", "当时无人"),
        "capacity" | "backlog" | "volume" => ("a backlog at the hub", "中转站积压"),
        "security" => ("a safety check", "安全检查"),
        "holiday" => ("a public holiday", "节假日"),
        "documents" => ("papers are missing", "缺少单据"),
        _ => return None,
    };
    Some(pick(locale, pair))
}

/// A kind of place to collect at.
pub fn place_kind(locale: Locale, kind: &str) -> Option<&'static str> {
    let pair = match kind {
        "locker" => ("parcel locker", "快递柜"),
        "station" => ("parcel station", "驿站"),
        "outlet" => ("outlet", "网点"),
        _ => return None,
    };
    Some(pick(locale, pair))
}

/// What a reader may choose; none for what we have no words for.
pub fn option(locale: Locale, option: &str) -> Option<&'static str> {
    let pair = match option {
        "reschedule" => ("another time", "改时间"),
        "locker" => ("a parcel locker", "放快递柜"),
        "station" => ("a parcel station", "到驿站自取"),
        "outlet" => ("an outlet", "到网点自取"),
        "address" => ("another address", "改地址"),
        "safe_place" => ("a safe place", "放在指定位置"),
        "neighbour" => ("a neighbour", "请邻居代收"),
        "hold" => ("keep it for later", "暂存"),
        "return" => ("send it back", "退回"),
        _ => return None,
    };
    Some(pick(locale, pair))
}

/// A list as it is read: "a, b or c".
pub fn alternatives(locale: Locale, words: &[&str]) -> String {
    match (locale, words.split_last()) {
        (_, None) => String::new(),
        (_, Some((only, []))) => (*only).to_owned(),
        (Locale::En, Some((last, rest))) => format!("{} or {last}", rest.join(", ")),
        (Locale::ZhCn, Some((last, rest))) => format!("{}或{last}", rest.join("、")),
    }
}
