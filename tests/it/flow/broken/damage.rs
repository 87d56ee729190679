//! What breaks a state: by an administrator's own means.

use std::time::Duration;

use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::{Offset, TopicPartitionList};

use super::Scene;
use crate::support::until;

const ANSWER: Duration = Duration::from_secs(20);

impl Scene {
    fn admin<T, F: Future<Output = T>>(&self, ask: impl FnOnce(AdminClient<DefaultClientContext>) -> F) -> T {
        let admin = self.flow.cluster().client().create().expect("an admin client");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(ask(admin))
    }

    pub fn consumer(&self) -> BaseConsumer {
        self.flow.cluster().client().create().expect("a consumer")
    }

    /// First offset and end of a partition.
    pub fn span(&self, topic: &str, partition: i32) -> (i64, i64) {
        self.consumer().fetch_watermarks(&self.flow.topic(topic), partition, ANSWER).expect("watermarks")
    }

    /// Deletes the records before an offset.
    pub fn delete_before(&self, topic: &str, partition: i32, before: i64) {
        let mut list = TopicPartitionList::new();
        list.add_partition_offset(&self.flow.topic(topic), partition, Offset::Offset(before)).expect("valid");
        let deleted = self.admin(|admin| async move { admin.delete_records(&list, &AdminOptions::new()).await });
        deleted.expect("deleted");
        assert_eq!(self.span(topic, partition).0, before);
    }

    /// The brokers forget the group's offsets.
    pub fn forget_group(&self, stage: &str) {
        let group = format!("{}-{stage}", self.flow.topic("pw"));
        until("the group to be empty and deleted", ANSWER, || {
            let name = group.clone();
            let answer = self.admin(|admin| async move { admin.delete_groups(&[&name], &AdminOptions::new()).await });
            match answer.expect("an answer").remove(0) {
                Ok(_) => Ok(()),
                Err((_, code)) => Err(code),
            }
        });
    }

    /// Topics get more partitions.
    pub fn grow(&self, topics: &[&str], partitions: usize) {
        for topic in topics {
            let name = self.flow.topic(topic);
            let answer = self.admin(|admin| async move {
                admin.create_partitions(&[NewPartitions::new(&name, partitions)], &AdminOptions::new()).await
            });
            answer.expect("an answer").remove(0).expect("grown");
            until("the new partitions to be known", ANSWER, || {
                let metadata = self.consumer().fetch_metadata(Some(&self.flow.topic(topic)), ANSWER);
                let metadata = metadata.map_err(|error| error.to_string())?;
                let led = metadata.topics()[0].partitions().iter().filter(|p| p.leader() >= 0).count();
                if led == partitions { Ok(()) } else { Err(format!("{led} partitions")) }
            });
        }
    }

    /// A topic is deleted and made anew, empty.
    pub fn make_anew(&self, topic: &str, settings: &[(&str, &str)]) {
        let name = self.flow.topic(topic);
        let answer = self.admin(|admin| async move { admin.delete_topics(&[&name], &AdminOptions::new()).await });
        answer.expect("an answer").remove(0).expect("deleted");
        let name = self.flow.topic(topic);
        until("the topic to be gone", ANSWER, || {
            let metadata = self.consumer().fetch_metadata(None, ANSWER).map_err(|error| error.to_string())?;
            let is_there = metadata.topics().iter().any(|topic| topic.name() == name);
            if is_there { Err("it is there".to_owned()) } else { Ok(()) }
        });
        self.flow.cluster().create_topic(&name, 2, settings);
    }
}
