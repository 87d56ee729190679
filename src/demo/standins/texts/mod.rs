//! Gateways for texts, by the interfaces of [`twilio`] and [`aliyun`]: they take texts with a good login, put them on the phone, report what
//! became of them and pass on what people reply.

pub mod aliyun;
pub mod twilio;

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use self::aliyun::Aliyun;
use self::twilio::Twilio;
use crate::demo::board::Board;
use crate::demo::happening::{Text, What};
use crate::model::SmsProvider;
use crate::stream::Clock;

/// A phone takes a moment.
const ON_THE_PHONE_AFTER: Duration = Duration::from_millis(300);

/// What both gateways need.
#[derive(Clone)]
pub struct Office {
    #[allow(missing_docs)]
    pub board: Arc<Board>,
    #[allow(missing_docs)]
    pub clock: Clock,
    /// Calls back.
    pub client: reqwest::Client,
    /// The daemon's public URL.
    pub callbacks: String,
}

impl Office {
    /// The phone gets a text, after a moment.
    async fn deliver(&self, text: Text) {
        tokio::time::sleep(ON_THE_PHONE_AFTER).await;
        self.board.put(self.clock.now(), What::Text(text));
    }

    /// A name that nothing else has.
    fn name(&self, of: &str) -> [u8; 32] {
        Sha256::digest(format!("{of}{}", self.clock.now().as_millis())).into()
    }
}

/// Whether the daemon took a callback; if not, that is worth a line in the log.
fn note(answer: Result<reqwest::Response, reqwest::Error>) {
    match answer {
        Ok(answer) if answer.status().is_success() => {}
        Ok(answer) => tracing::warn!(status = answer.status().as_u16(), "a callback was not taken"),
        Err(_) => tracing::warn!("a callback was not answered"),
    }
}

/// Both gateways, for whoever replies.
#[derive(Clone)]
#[allow(missing_docs)]
pub struct Gateways {
    pub twilio: Twilio,
    pub aliyun: Aliyun,
}

impl Gateways {
    /// Somebody answers a text: its gateway tells its customer.
    pub async fn reply(&self, to: &Text, word: &str) {
        match to.provider {
            SmsProvider::Twilio => self.twilio.reply(&to.to, word).await,
            SmsProvider::Aliyun => self.aliyun.reply(&to.to, word).await,
        }
    }
}
