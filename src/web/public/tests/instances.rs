//! A page of a parcel that another instance tracks: that one is asked, once, by its admin listener.

use super::*;
use crate::web::{Admin, serve_admin};

const TOKEN: &str = "a token of some length";

/// Knows the other one.
struct Elsewhere(String);

impl ParcelQuery for Elsewhere {
    fn parcel(&self, _: String) -> QueryFuture {
        unreachable!("pages ask for pages")
    }

    fn page(&self, _: String, _: Link) -> QueryFuture {
        let address = self.0.clone();
        Box::pin(async { Err(QueryError::Elsewhere { address }) })
    }

    fn preference(&self, _: RecipientKey) -> QueryFuture {
        let address = self.0.clone();
        Box::pin(async { Err(QueryError::Elsewhere { address }) })
    }

    fn digest(&self, _: String, _: i32) -> QueryFuture {
        unreachable!("pages ask for pages")
    }

    fn storms(&self) -> QueryFuture {
        unreachable!("pages ask for pages")
    }
}

/// An admin listener over these answers; gives its address.
async fn admin(queries: Arc<dyn ParcelQuery>, stopped: watch::Receiver<bool>) -> String {
    let listener = bind("127.0.0.1:0".parse().unwrap(), "listen.admin").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let admin = Admin {
        metrics: Arc::new(Metrics::new()),
        observe: Arc::new(|_| {}),
        not_ready: Arc::new(Vec::new),
        queries,
        token: Some(TOKEN.to_owned()),
        client: client().unwrap(),
    };
    tokio::spawn(serve_admin(listener, admin, stopped));
    address
}

fn owners(address: String, token: &str) -> Owners {
    Owners { queries: Arc::new(Elsewhere(address)), client: client().unwrap(), token: Some(token.to_owned()) }
}

#[tokio::test]
async fn a_page_comes_from_the_instance_that_tracks_the_parcel() {
    let owning = serve().await;
    let stopped = owning.stop.subscribe();
    let address = admin(Arc::new(Stage(Arc::clone(&owning.owner))), stopped.clone()).await;
    let asked = serve_with(|public| public.owners = owners(address.clone(), TOKEN)).await;
    assert!(asked.get(&path()).await.body.contains("…00P1"));
    assert_eq!(asked.get(&format!("{}/preferences", path())).await.status, StatusCode::OK);
    let unknown = asked.get(&format!("/r/P2/{}", links().token("P2", LINK))).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);

    // Without the instances' token nothing is told, and the customer reads that it is our fault.
    let stranger = serve_with(|public| public.owners = owners(address.clone(), "another token of some length")).await;
    assert_eq!(stranger.get(&path()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    // Two that each hold the other for the owner do not ask in circles.
    let confused = admin(Arc::new(Elsewhere(address)), stopped).await;
    let circle = serve_with(|public| public.owners = owners(confused, TOKEN)).await;
    assert_eq!(circle.get(&path()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let gone = serve_with(|public| public.owners = owners("http://127.0.0.1:1".to_owned(), TOKEN)).await;
    assert_eq!(gone.get(&path()).await.status, StatusCode::SERVICE_UNAVAILABLE);
}
