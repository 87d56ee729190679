//! `server.properties` of the brokers: the defaults of Apache Kafka except for what makes many small
//! clusters affordable on two cores and what bounds waiting in tests. Each line says which.

use std::fmt::Write;
use std::path::Path;

/// One broker's two listeners.
#[derive(Clone, Copy)]
pub struct Ports {
    pub clients: u16,
    pub controller: u16,
}

/// What holds for every broker of a cluster.
pub struct Settings<'a> {
    /// Of the listener for clients and brokers: `PLAINTEXT` or `SASL_SSL`.
    pub protocol: &'a str,
    /// Further lines, such as stores and credentials.
    pub security: &'a str,
    /// Listeners beside that one.
    pub links: &'a [Link],
}

/// A listener of every broker, in clear, whose clients are sent to addresses where a proxy of the test listens.
#[derive(Clone, Debug)]
pub struct Link {
    /// What the listener is called: capital letters and digits.
    pub name: String,
    /// By broker: the port on which it listens, and the one that it tells clients.
    pub ports: Vec<(u16, u16)>,
}

/// Waits and sizes. The replication factors are left out: they depend on the number of brokers.
const COMMON: &str = "\
# Topics are created by whoever means to, never by a mistyped name.
auto.create.topics.enable=false
# Few partitions of the internal topics: each costs files and start-up time.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=2
# A group's first member does not wait three seconds for company.
group.initial.rebalance.delay.ms=0
# Tests of killed members may choose sessions shorter than the default's lower bound of six seconds.
group.min.session.timeout.ms=1000
# The same for KIP-848 groups, where the broker and not the client chooses.
group.consumer.min.session.timeout.ms=3000
group.consumer.session.timeout.ms=6000
group.consumer.min.heartbeat.interval.ms=500
group.consumer.heartbeat.interval.ms=1000
# A dead writer's transaction is aborted within a second of its timeout instead of ten.
transaction.abort.timed.out.transaction.cleanup.interval.ms=1000
# A killed broker's partitions find their next leader sooner than after nine seconds; two loaded cores
# stall a healthy one for two.
broker.session.timeout.ms=6000
broker.heartbeat.interval.ms=1000
# The cleaner's table of keys is a third of the heap by default.
log.cleaner.dedupe.buffer.size=8388608
";

const ALONE: &str = "\
default.replication.factor=1
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
";

const REPLICATED: &str = "\
default.replication.factor=3
min.insync.replicas=2
transaction.state.log.min.isr=2
";

impl Settings<'_> {
    /// The file of broker `node` (from 1) among all brokers' `ports`.
    pub fn render(&self, node: usize, ports: &[Ports], data: &Path) -> String {
        let Ports { clients, controller } = ports[node - 1];
        let voters: Vec<String> =
            ports.iter().enumerate().map(|(i, ports)| format!("{}@127.0.0.1:{}", i + 1, ports.controller)).collect();
        let (protocol, voters, data) = (self.protocol, voters.join(","), data.display());
        let [mut listeners, mut advertised, mut map] = [(); 3].map(|()| String::new());
        for Link { name, ports } in self.links {
            let (own, told) = ports[node - 1];
            listeners.push_str(&format!(",{name}://127.0.0.1:{own}"));
            advertised.push_str(&format!(",{name}://127.0.0.1:{told}"));
            map.push_str(&format!(",{name}:PLAINTEXT"));
        }
        let mut text = format!(
            "process.roles=broker,controller\n\
             node.id={node}\n\
             controller.quorum.voters={voters}\n\
             controller.listener.names=CONTROLLER\n\
             listeners={protocol}://127.0.0.1:{clients},CONTROLLER://127.0.0.1:{controller}{listeners}\n\
             advertised.listeners={protocol}://127.0.0.1:{clients}{advertised}\n\
             inter.broker.listener.name={protocol}\n\
             listener.security.protocol.map=CONTROLLER:PLAINTEXT,{protocol}:{protocol}{map}\n\
             log.dirs={data}\n"
        );
        let replication = if ports.len() == 1 { ALONE } else { REPLICATED };
        let _infallible = write!(text, "{COMMON}{replication}{}", self.security);
        text
    }
}
