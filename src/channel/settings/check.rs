//! What is wrong with settings, all at once.

mod sms;

use std::time::Duration;

use super::super::{Secrets, email, webhook};
use super::{Email, Settings, Tls, Webhook};

/// A setting that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key, dotted: `email.from`.
    pub key: &'static str,
    /// One sentence: expected this, found that; never a secret or an address.
    pub message: String,
}

impl Problem {
    pub(in super::super) fn at(key: &'static str, message: impl Into<String>) -> Problem {
        Problem { key, message: message.into() }
    }
}

impl Settings {
    /// Everything that is wrong, as far as the settings alone tell it; reads no file and no secret.
    pub fn check(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        if !self.email.host.is_empty() {
            self.email.check(&mut problems);
        }
        // Also while no mail is sent: what stands there instead of a name is the secret itself, and would be shown.
        if !self.email.password.is_empty()
            && let Err(error) = Secrets::check(&self.email.password)
        {
            problems.push(Problem::at("email.password", error.to_string()));
        }
        if self.webhook.enabled {
            self.webhook.check(&mut problems);
        }
        self.sms.check(&mut problems);
        problems
    }
}

impl Email {
    fn check(&self, problems: &mut Vec<Problem>) {
        if email::mailbox(&self.from).is_none() {
            problems.push(Problem::at(
                "email.from",
                "expected a mail address, found none that can be read: mail needs a sender",
            ));
        }
        if !self.reply_to.is_empty() && email::mailbox(&self.reply_to).is_none() {
            problems.push(Problem::at("email.reply_to", "expected a mail address, found something else"));
        }
        if self.username.is_empty() != self.password.is_empty() {
            problems.push(Problem::at("email.password", "expected user name and password both or neither, found one"));
        }
        if !self.password.is_empty() && self.tls == Tls::None {
            problems.push(Problem::at(
                "email.tls",
                "expected starttls or tls, found none: a password never goes out in clear",
            ));
        }
        check_limits(
            [("email.connect_timeout", self.connect_timeout), ("email.timeout", self.timeout)],
            [("email.queue", self.queue), ("email.concurrency", self.concurrency)],
            problems,
        );
    }
}

impl Webhook {
    fn check(&self, problems: &mut Vec<Problem>) {
        if self.allow_http.iter().any(|host| !webhook::is_host(host)) {
            problems.push(Problem::at(
                "webhook.allow_http",
                "expected host names or addresses as they stand in a URL, in lower case, without scheme and port",
            ));
        }
        check_limits(
            [("webhook.connect_timeout", self.connect_timeout), ("webhook.timeout", self.timeout)],
            [("webhook.queue", self.queue), ("webhook.concurrency", self.concurrency)],
            problems,
        );
    }
}

/// A connection has at most half of the total time: later a timeout could no longer be told from a lost answer.
fn check_limits(timeouts: [(&'static str, Duration); 2], counts: [(&'static str, usize); 2], found: &mut Vec<Problem>) {
    for (key, timeout) in timeouts {
        if timeout.is_zero() || timeout > TIMEOUT_MAX {
            found.push(Problem::at(key, "expected more than nothing and at most 10m"));
        }
    }
    let [(key, connect), (_, total)] = timeouts;
    if connect > total / 2 {
        found.push(Problem::at(key, "expected at most half of timeout"));
    }
    for (key, count) in counts {
        if !(1..=COUNT_MAX).contains(&count) {
            found.push(Problem::at(key, format!("expected 1 to {COUNT_MAX}, found {count}")));
        }
    }
}

/// Longer would keep a claimed notice in doubt for longer than it is of use.
const TIMEOUT_MAX: Duration = Duration::from_secs(600);

/// More would be held in memory than a shutdown could answer.
const COUNT_MAX: usize = 1_000_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Settings {
        toml_edit::de::from_str(toml).unwrap()
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let settings = read(
            "[email]\nhost = \"h\"\ntls = \"none\"\nusername = \"u\"\npassword = \"oops\"\nqueue = 0\n\
             [webhook]\nallow_http = [\"http://x\"]\nconnect_timeout = \"10s\"",
        );
        let problems = settings.check();
        let keys: Vec<_> = problems.iter().map(|problem| problem.key).collect();
        assert_eq!(
            keys,
            [
                "email.from",
                "email.tls",
                "email.queue",
                "email.password",
                "webhook.allow_http",
                "webhook.connect_timeout"
            ]
        );
        assert!(!format!("{problems:?} {settings:?}").contains("oops"));
    }

    #[test]
    fn a_channel_that_is_off_needs_nothing() {
        assert_eq!(Settings::default().check(), []);
        assert_eq!(read("[webhook]\nenabled = false\nqueue = 0").check(), []);
    }
}
