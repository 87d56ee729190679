//! The demonstration's listeners and those who serve them: the stand-ins, and the page.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::Context;
use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch as signal;

use super::board::Board;
use super::files::Secrets;
use super::settings::{self, Places};
use super::standins::texts::aliyun::{Account, Aliyun};
use super::standins::texts::twilio::Twilio;
use super::standins::texts::{Gateways, Office};
use super::{page, standins};
use crate::daemon::Listeners;
use crate::stream::Clock;
use crate::web;

/// Every listener of the demonstration.
pub struct Stage {
    /// The page's.
    pub page: TcpListener,
    /// The daemon's own.
    pub listeners: Listeners,
    mail: TcpListener,
    /// The merchants' endpoints'.
    pub merchants: TcpListener,
    twilio: TcpListener,
    aliyun: TcpListener,
}

/// The secrets that the stand-ins share with the daemon.
#[allow(missing_docs)]
pub struct Known {
    pub merchants: HashMap<String, String>,
    pub secrets: Secrets,
}

impl Stage {
    /// Opens all of them on loopback; the page's where it is wanted.
    pub async fn bind(port: u16) -> anyhow::Result<Stage> {
        let on = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let page = TcpListener::bind(on(port)).await;
        Ok(Stage {
            page: page.with_context(|| format!("cannot listen on {}: choose another --port", on(port)))?,
            listeners: Listeners {
                public: Some(web::bind(on(0), "listen.public").await?),
                admin: web::bind(on(0), "listen.admin").await?,
            },
            mail: TcpListener::bind(on(0)).await?,
            merchants: TcpListener::bind(on(0)).await?,
            twilio: TcpListener::bind(on(0)).await?,
            aliyun: TcpListener::bind(on(0)).await?,
        })
    }

    /// Where the daemon and its configuration find them.
    pub fn places(&self) -> anyhow::Result<Places> {
        let public = self.listeners.public.as_ref().context("there is a public listener")?;
        Ok(Places {
            public: public.local_addr()?,
            admin: self.listeners.admin.local_addr()?,
            mail: self.mail.local_addr()?,
            twilio: self.twilio.local_addr()?,
            aliyun: self.aliyun.local_addr()?,
        })
    }

    /// Opens the stand-ins and the page; returns the daemon's own listeners.
    pub fn open(
        self,
        runtime: &Runtime,
        board: &Arc<Board>,
        clock: &Clock,
        ended: &signal::Receiver<bool>,
        known: Known,
        admin: &str,
    ) -> anyhow::Result<Listeners> {
        let places = self.places()?;
        let (board, clock) = (|| Arc::clone(board), || clock.clone());
        runtime.spawn(standins::mail::serve(self.mail, board(), clock(), ended.clone()));
        let endpoints =
            standins::merchant::Endpoints { board: board(), clock: clock(), secrets: Arc::new(known.merchants) };
        runtime.spawn(serve(self.merchants, standins::merchant::router(endpoints), ended.clone()));
        let client = web::client().context("cannot ask the daemon for its metrics")?;
        let callbacks = format!("http://{}", places.public);
        let office = Office { board: board(), clock: clock(), client: client.clone(), callbacks };
        let account = Account {
            secret: known.secrets.aliyun_key.text,
            push_secret: known.secrets.aliyun_push.text,
            templates: settings::approved(places.public).into_iter().map(|one| (one.code, one.text)).collect(),
        };
        let gateways = Gateways {
            twilio: Twilio::new(office.clone(), &known.secrets.twilio_token.text),
            aliyun: Aliyun::new(office, account),
        };
        runtime.spawn(serve(self.twilio, gateways.twilio.clone().router(), ended.clone()));
        runtime.spawn(serve(self.aliyun, gateways.aliyun.clone().router(), ended.clone()));
        let figures = page::Figures::new(client, admin.to_owned());
        let page = page::Page { board: board(), clock: clock(), figures, gateways };
        runtime.spawn(serve(self.page, page::router(page), ended.clone()));
        Ok(self.listeners)
    }
}

/// Serves until `ended`; what is under way then is broken off.
async fn serve(listener: TcpListener, router: Router, mut ended: signal::Receiver<bool>) {
    tokio::select! {
        // Its sender gone is an end, too.
        _ = ended.wait_for(|ended| *ended) => {}
        served = axum::serve(listener, router).into_future() => {
            if let Err(error) = served {
                tracing::error!(%error, "a listener of the demonstration has ended");
            }
        }
    }
}
