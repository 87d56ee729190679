//! Deletes what state logs no longer need. Failing is harmless: the next completed walk tries again, further on.

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions};
use rdkafka::client::DefaultClientContext;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use tokio::sync::mpsc::UnboundedReceiver;

/// Deletes as told until the workers are gone.
pub async fn trim(client: ClientConfig, mut told: UnboundedReceiver<(String, i32, i64)>) {
    let admin: AdminClient<DefaultClientContext> = match client.create() {
        Ok(admin) => admin,
        Err(error) => return tracing::error!(%error, "state logs cannot be truncated"),
    };
    while let Some((topic, partition, before)) = told.recv().await {
        let mut offsets = TopicPartitionList::new();
        if offsets.add_partition_offset(&topic, partition, Offset::Offset(before)).is_err() {
            continue;
        }
        match admin.delete_records(&offsets, &AdminOptions::new()).await {
            Ok(_) => tracing::debug!(topic, partition, before, "state log truncated"),
            Err(error) => tracing::warn!(topic, partition, before, %error, "state log not truncated"),
        }
    }
}
