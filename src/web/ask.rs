//! Asks an admin listener about a parcel: another instance's on behalf of somebody, or one's own from the command line.

use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Client, StatusCode, Url};

/// Longer than the workers of the one who is asked may take.
const TIMEOUT: Duration = Duration::from_secs(8);

/// What is known of a parcel is some kilobytes; more is not our answer.
const LENGTH_MAX: usize = 4 * 1024 * 1024;

/// Present where an instance asks another one, which then does not pass the question on again: while partitions
/// move, two may each hold the other for the owner.
pub(super) const PASSED_ON: &str = "x-parcelwatch-passed-on";

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// Somebody: the question may be passed on.
    Person,
    /// Another instance, which was asked and is not the owner.
    Instance,
}

/// An answer, whatever it says.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    /// JSON.
    pub body: Vec<u8>,
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// Not a URL that can be asked.
    #[error("expected a URL such as http://127.0.0.1:9464")]
    Address,
    /// Nobody answered, or not as HTTP.
    #[error("expected an answer from the instance")]
    Transport(#[source] reqwest::Error),
    /// More than it can be.
    #[error("expected an answer of at most {LENGTH_MAX} bytes, found more")]
    TooLong,
}

/// A client for asking: no proxy may see the token, no redirect may lead it elsewhere.
pub fn client() -> reqwest::Result<Client> {
    Client::builder().no_proxy().redirect(Policy::none()).timeout(TIMEOUT).build()
}

/// Asks the listener at `address` about a parcel.
pub(crate) async fn request(
    client: &Client,
    address: &str,
    token: Option<&str>,
    id: &str,
    caller: Caller,
) -> Result<Answer, AskError> {
    get(client, address, token, &["v1", "parcels", id], caller).await
}

/// Asks the listener at `address` for what is at a path.
pub(super) async fn get(
    client: &Client,
    address: &str,
    token: Option<&str>,
    path: &[impl AsRef<str>],
    caller: Caller,
) -> Result<Answer, AskError> {
    let mut url: Url = address.parse().map_err(|_| AskError::Address)?;
    url.path_segments_mut().map_err(|()| AskError::Address)?.pop_if_empty().extend(path);
    let mut asking = client.get(url);
    if let Some(token) = token {
        asking = asking.bearer_auth(token);
    }
    if caller == Caller::Instance {
        asking = asking.header(PASSED_ON, "1");
    }
    // The URL names the parcel, which is not for logs.
    let failed = |error: reqwest::Error| AskError::Transport(error.without_url());
    let mut response = asking.send().await.map_err(failed)?;
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        body.extend_from_slice(&chunk);
        if body.len() > LENGTH_MAX {
            return Err(AskError::TooLong);
        }
    }
    Ok(Answer { status: response.status(), body })
}

/// What the admin listener at `address` measures, in Prometheus' text format.
pub(crate) async fn metrics_of(address: &str, token: Option<&str>) -> anyhow::Result<String> {
    let answer = get(&client()?, address, token, &["metrics"], Caller::Person).await?;
    anyhow::ensure!(answer.status.is_success(), "expected metrics, found status {}", answer.status);
    Ok(String::from_utf8(answer.body)?)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn an_answer_of_another_instance_is_read_to_a_bound() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let endless = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 1000]).await.unwrap();
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1099511627776\r\n\r\n").await.unwrap();
            // Until it hangs up.
            while stream.write_all(&[b'x'; 65_536]).await.is_ok() {}
        });
        let answer = request(&client().unwrap(), &address, None, "P1", Caller::Person).await;
        assert!(matches!(answer, Err(AskError::TooLong)), "{answer:?}");
        endless.await.unwrap();
    }
}
