//! The languages that we have words in.

/// A language that we have words in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Locale {
    /// English, and where a reader's language is not ours.
    En,
    /// Chinese in simplified characters, for every other `zh`.
    ZhCn,
    /// Chinese as it is written in Taiwan, also for Hong Kong and Macao.
    ZhTw,
}

impl Locale {
    /// Every language.
    pub const ALL: [Locale; 3] = [Locale::En, Locale::ZhCn, Locale::ZhTw];

    /// The name in the configuration, in HTML and of the folder with its words.
    pub const fn name(self) -> &'static str {
        match self {
            Locale::En => "en",
            Locale::ZhCn => "zh-CN",
            Locale::ZhTw => "zh-TW",
        }
    }

    /// The language of this name.
    pub fn exact(name: &str) -> Option<Locale> {
        Locale::ALL.into_iter().find(|locale| locale.name() == name)
    }

    /// The nearest language to a reader's (BCP 47).
    pub fn of(tag: &str) -> Locale {
        let mut parts = tag.split(['-', '_']);
        let is = |part: &str, names: &[&str]| names.iter().any(|name| part.eq_ignore_ascii_case(name));
        if !parts.next().is_some_and(|language| is(language, &["zh"])) {
            return Locale::En;
        }
        // The script says more than the region: zh-Hans-HK is read in simplified characters.
        let parts: Vec<&str> = parts.collect();
        let script = parts.iter().find(|part| is(part, &["Hans", "Hant"]));
        let is_traditional = match script {
            Some(script) => is(script, &["Hant"]),
            None => parts.iter().any(|part| is(part, &["TW", "HK", "MO"])),
        };
        if is_traditional { Locale::ZhTw } else { Locale::ZhCn }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_gets_the_nearest_language() {
        for (tag, locale) in [
            ("en-GB", Locale::En),
            ("fr", Locale::En),
            ("", Locale::En),
            ("zh", Locale::ZhCn),
            ("zh-CN", Locale::ZhCn),
            ("zh_SG", Locale::ZhCn),
            ("zh-Hans-HK", Locale::ZhCn),
            ("zh-TW", Locale::ZhTw),
            ("zh_HK", Locale::ZhTw),
            ("ZH-mo", Locale::ZhTw),
            ("zh-Hant", Locale::ZhTw),
            ("zh-Hant-CN", Locale::ZhTw),
        ] {
            assert_eq!(Locale::of(tag), locale, "{tag}");
        }
        for locale in Locale::ALL {
            assert_eq!((Locale::exact(locale.name()), Locale::of(locale.name())), (Some(locale), locale));
        }
    }
}
