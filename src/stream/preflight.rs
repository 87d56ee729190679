//! What the cluster's topics should be set to, said at start where they are not.

use rdkafka::admin::{AdminClient, AdminOptions, ConfigResource, ResourceSpecifier};
use rdkafka::client::DefaultClientContext;
use tokio::runtime::Runtime;

use super::options::Options;
use super::stage::{NotifierStage, Stage, TrackerStage};
use super::topics::Topics;

/// Warns of settings under which a promise is weaker.
pub fn warn(options: &Options, topics: &Topics, runtime: &Runtime) {
    let inputs = TrackerStage::INPUTS.iter().chain(NotifierStage::INPUTS);
    let inputs: Vec<&str> = inputs.map(|name| topics.name(name)).collect();
    let states = [topics.name(TrackerStage::STATE), topics.name(NotifierStage::STATE)];
    let named: Vec<ResourceSpecifier<'_>> =
        inputs.iter().chain(&states).map(|topic| ResourceSpecifier::Topic(topic)).collect();
    let admin: Result<AdminClient<DefaultClientContext>, _> = options.client.create();
    let described = admin.map(|admin| runtime.block_on(admin.describe_configs(&named, &AdminOptions::new())));
    let described = match described {
        Ok(Ok(described)) => described,
        Ok(Err(error)) | Err(error) => return tracing::warn!(%error, "the topics' settings cannot be read"),
    };
    for resource in described.into_iter().flatten() {
        let rdkafka::admin::OwnedResourceSpecifier::Topic(topic) = &resource.specifier else { continue };
        if inputs.contains(&topic.as_str()) {
            warn_of_input(topic, &resource);
        } else {
            warn_of_state(topic, &resource);
        }
    }
}

fn setting<'a>(resource: &'a ConfigResource, name: &str) -> &'a str {
    resource.get(name).and_then(|entry| entry.value.as_deref()).unwrap_or_default()
}

fn warn_of_input(topic: &str, resource: &ConfigResource) {
    if setting(resource, "message.timestamp.type") != "LogAppendTime" {
        tracing::warn!(
            topic,
            "message.timestamp.type is not LogAppendTime: stream time is only as good as the producers' fastest clock"
        );
    }
}

fn warn_of_state(topic: &str, resource: &ConfigResource) {
    for (name, wanted) in [("cleanup.policy", "delete"), ("retention.ms", "-1"), ("retention.bytes", "-1")] {
        let found = setting(resource, name);
        if found != wanted {
            tracing::error!(topic, "expected {name}={wanted}, found {found}: the brokers may delete live state");
        }
    }
}
