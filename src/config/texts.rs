//! What the notifier is told about texts, held against the accounts that carry them: a number that is sent to nobody's
//! account, or a code that names no text, would be found out only by people who hear nothing.

use super::Config;
use crate::document::Check;
use crate::model::{Channel, NoticeKind, SmsProvider};
use crate::notify::render::{Locale, VARIANTS_MAX};

/// The longest number that there is (E.164), without its plus.
const DIGITS_MAX: usize = 15;

impl Config {
    /// Reports what cannot be right in `[notify.sms_...]`.
    pub(super) fn check_texts(&self, check: &mut Check<'_>) {
        let notify = &self.policy.notify;
        let carried_by = self.channels.sms.providers();
        let leaves = self.policy.send.leaves_by(Channel::Sms);
        for (beginning, provider) in &notify.sms_providers {
            let path = ["notify", "sms_providers", beginning];
            if !is_beginning(beginning) {
                check.wrong_at(
                    &path,
                    "expected how numbers begin (\"+\", \"+86\"), found something else: it covers none",
                );
            }
            if leaves && !carried_by.contains(provider) {
                let name = provider.name();
                let message = format!(
                    "expected a provider with an account, found {name} without [sms.{name}]: its texts would never leave"
                );
                check.wrong_at(&path, message);
            }
        }
        for (name, code) in &notify.sms_codes {
            let path = ["notify", "sms_codes", name];
            if !names_a_text(name) {
                let message = "expected kind and language of a notice (\"delayed.zh-CN\", \"delayed.2.zh-CN\"), found something else";
                check.wrong_at(&path, message);
            }
            if !is_code(code) {
                check.wrong_at(&path, "expected the code of a template (SMS_154950909), found something else");
            }
        }
        self.check_signature(check);
    }

    /// Parts of a text are counted with its signature, which the platform sets by its own name.
    fn check_signature(&self, check: &mut Check<'_>) {
        let (notify, language) = (&self.policy.notify, Locale::ZhCn.name());
        let is_counted = notify.sms_codes.keys().any(|name| name.ends_with(language))
            && self.channels.sms.providers().contains(&SmsProvider::Aliyun);
        let counted = notify.sms_signs.get(language).unwrap_or(&notify.from);
        check.fit(
            !is_counted || *counted == self.channels.sms.aliyun.sign_name,
            ["sms.aliyun.sign_name", "notify.sms_signs.zh-CN"],
            "expected what notify.sms_signs says for zh-CN (else notify.from), found another: parts of a text are counted \
             with its signature",
        );
    }
}

/// A plus, and digits or none.
fn is_beginning(text: &str) -> bool {
    let digits = text.strip_prefix('+');
    digits.is_some_and(|digits| digits.len() <= DIGITS_MAX && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

/// `KIND.LOCALE`, or `KIND.N.LOCALE` for a kind's further texts.
fn names_a_text(name: &str) -> bool {
    let Some((text, locale)) = name.rsplit_once('.') else { return false };
    let (kind, is_one) = match text.split_once('.') {
        Some((kind, number)) => (kind, (2..=VARIANTS_MAX).any(|further| further.to_string() == number)),
        None => (text, true),
    };
    is_one && NoticeKind::from_name(kind).is_some() && Locale::exact(locale).is_some()
}

/// Nothing, for a text without a code, or the sign that a template has: a letter first, of letters, digits, _ and -.
fn is_code(code: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    code.is_empty() || code.starts_with(|first: char| first.is_ascii_alphabetic()) && code.bytes().all(is_plain)
}
