//! What the cluster's topics should be set to, said at start where they are not.

use super::examine::{Verdict, weakens};
use super::options::Options;
use crate::topics::{Finding, Overrides, plan};

/// Warns of settings of inputs and state logs under which a promise is weaker.
pub fn warn(options: &Options) {
    let plan = match plan(&options.client, &options.prefix, &Overrides::default()) {
        Ok(plan) => plan,
        Err(error) => return tracing::warn!(%error, "the topics' settings cannot be read"),
    };
    for finding in plan.findings() {
        let (Finding::Config { topic, key, found, wanted }, Some((verdict, meaning))) =
            (finding, weakens(finding, &options.prefix))
        else {
            continue;
        };
        let found = found.as_deref().unwrap_or("a value that the cluster does not show");
        match verdict {
            Verdict::Problem => tracing::error!(topic, "expected {key}={wanted}, found {found}: {meaning}"),
            _ => tracing::warn!(topic, "expected {key}={wanted}, found {found}: {meaning}"),
        }
    }
}
