//! The daemon's open listeners.

use tokio::net::TcpListener;

use crate::config::Listen;
use crate::web;

/// The open listeners.
pub struct Listeners {
    /// For customers; none: not configured.
    pub public: Option<TcpListener>,
    /// For operators.
    pub admin: TcpListener,
}

impl Listeners {
    /// Opens those that are configured.
    pub async fn bind(listen: &Listen) -> anyhow::Result<Listeners> {
        let public = match listen.public {
            Some(address) => Some(web::bind(address.0, "listen.public").await?),
            None => None,
        };
        Ok(Listeners { public, admin: web::bind(listen.admin.0, "listen.admin").await? })
    }
}
