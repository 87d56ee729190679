//! Resolves an endpoint's name and hands out only addresses that may be dialled.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::guard::{Forbidden, Guard};

/// The system's resolver, guarded.
pub(super) struct Resolver {
    guard: Arc<Guard>,
}

impl Resolver {
    pub(super) fn new(guard: &Arc<Guard>) -> Resolver {
        Resolver { guard: Arc::clone(guard) }
    }
}

impl Resolve for Resolver {
    /// Fails with [`Forbidden`] where the name has addresses and none may be dialled.
    fn resolve(&self, name: Name) -> Resolving {
        let guard = Arc::clone(&self.guard);
        Box::pin(async move {
            // Port 0 stands for the URL's.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let is_any = !found.is_empty();
            let allowed: Vec<_> = found.into_iter().filter(|one| guard.check_address(one.ip()).is_ok()).collect();
            if is_any && allowed.is_empty() {
                return Err(Forbidden::Address.into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
