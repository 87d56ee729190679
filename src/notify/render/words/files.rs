//! The built-in files by their paths.

/// The kinds of notice about one parcel: each has a mail for those who wait for it and one for those who work with it.
pub const KINDS: [&str; 23] = [
    "never_uploaded",
    "overdue_scan",
    "stalled",
    "delayed",
    "thoroughly_delayed",
    "dispatch_overdue",
    "attempt_failed",
    "uncollected",
    "held",
    "damaged",
    "refused",
    "lost",
    "customs_held",
    "skipped_scan",
    "uploaded_late",
    "misrouted",
    "looping",
    "suspect_signature",
    "unconsented_drop",
    "collection",
    "recovered",
    "corrected",
    "choice",
];

macro_rules! folders {
    ($($locale:literal)*) => {
        &[
            ("mail.html", include_str!("../../templates/mail.html")),
            ("forbidden.toml", include_str!("../../templates/forbidden.toml")),
            $(
                files!($locale, "words.toml"),
                files!($locale, "sms.toml"),
                files!($locale, "aliyun.toml"),
                files!($locale, "own/never_uploaded.txt"),
                files!($locale, "own/overdue_scan.txt"),
                files!($locale, "own/stalled.txt"),
                files!($locale, "own/delayed.txt"),
                files!($locale, "own/thoroughly_delayed.txt"),
                files!($locale, "own/dispatch_overdue.txt"),
                files!($locale, "own/attempt_failed.txt"),
                files!($locale, "own/uncollected.txt"),
                files!($locale, "own/held.txt"),
                files!($locale, "own/damaged.txt"),
                files!($locale, "own/refused.txt"),
                files!($locale, "own/lost.txt"),
                files!($locale, "own/customs_held.txt"),
                files!($locale, "own/skipped_scan.txt"),
                files!($locale, "own/uploaded_late.txt"),
                files!($locale, "own/misrouted.txt"),
                files!($locale, "own/looping.txt"),
                files!($locale, "own/suspect_signature.txt"),
                files!($locale, "own/unconsented_drop.txt"),
                files!($locale, "own/collection.txt"),
                files!($locale, "own/recovered.txt"),
                files!($locale, "own/corrected.txt"),
                files!($locale, "own/choice.txt"),
                files!($locale, "own/close.txt"),
                files!($locale, "work/never_uploaded.txt"),
                files!($locale, "work/overdue_scan.txt"),
                files!($locale, "work/stalled.txt"),
                files!($locale, "work/delayed.txt"),
                files!($locale, "work/thoroughly_delayed.txt"),
                files!($locale, "work/dispatch_overdue.txt"),
                files!($locale, "work/attempt_failed.txt"),
                files!($locale, "work/uncollected.txt"),
                files!($locale, "work/held.txt"),
                files!($locale, "work/damaged.txt"),
                files!($locale, "work/refused.txt"),
                files!($locale, "work/lost.txt"),
                files!($locale, "work/customs_held.txt"),
                files!($locale, "work/skipped_scan.txt"),
                files!($locale, "work/uploaded_late.txt"),
                files!($locale, "work/misrouted.txt"),
                files!($locale, "work/looping.txt"),
                files!($locale, "work/suspect_signature.txt"),
                files!($locale, "work/unconsented_drop.txt"),
                files!($locale, "work/collection.txt"),
                files!($locale, "work/recovered.txt"),
                files!($locale, "work/corrected.txt"),
                files!($locale, "work/choice.txt"),
                files!($locale, "work/digest.txt"),
                files!($locale, "work/close.txt"),
            )*
        ]
    };
}

macro_rules! files {
    ($locale:literal, $path:literal) => {
        (concat!($locale, "/", $path), include_str!(concat!("../../templates/", $locale, "/", $path)))
    };
}

/// Every file: its path in the folder and its text.
pub const FILES: &[(&str, &str)] = folders!("en" "zh-CN" "zh-TW");
