//! Keys, certificates and users of a broker that demands TLS and SASL/SCRAM-SHA-512.

use std::path::{Path, PathBuf};

use super::java;

const STORE_PASSWORD: &str = "only-for-tests";
/// The user of clients, and the user by which the broker talks to itself.
const CLIENT: (&str, &str) = ("parcelwatch", "correct horse battery");
const BROKER: (&str, &str) = ("broker", "between brokers");

/// `StorageTool format` options that create the users.
pub fn users() -> Vec<String> {
    [CLIENT, BROKER]
        .iter()
        .flat_map(|(name, password)| {
            ["--add-scram".to_owned(), format!("SCRAM-SHA-512=[name={name},password={password}]")]
        })
        .collect()
}

/// The files of one broker's identity.
pub struct Keys {
    store: PathBuf,
    certificate: PathBuf,
}

impl Keys {
    /// Makes a key with a certificate for 127.0.0.1, signed by itself, in `folder`.
    pub fn make(folder: &Path) -> Self {
        std::fs::create_dir_all(folder).expect("expected to create a folder for keys");
        let keys = Keys { store: folder.join("broker.p12"), certificate: folder.join("broker.pem") };
        keys.keytool("-genkeypair -alias broker -keyalg EC -dname CN=broker -validity 30 -ext san=ip:127.0.0.1");
        keys.keytool(&format!("-exportcert -rfc -alias broker -file {}", keys.certificate.display()));
        keys
    }

    /// The certificate as PEM.
    pub fn certificate(&self) -> &Path {
        &self.certificate
    }

    /// What `server.properties` needs beyond the listener.
    pub fn broker_settings(&self) -> String {
        let (store, certificate) = (self.store.display(), self.certificate.display());
        let (name, password) = BROKER;
        format!(
            "ssl.keystore.type=PKCS12\n\
             ssl.keystore.location={store}\n\
             ssl.keystore.password={STORE_PASSWORD}\n\
             ssl.truststore.type=PEM\n\
             ssl.truststore.location={certificate}\n\
             sasl.enabled.mechanisms=SCRAM-SHA-512\n\
             sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512\n\
             listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
             org.apache.kafka.common.security.scram.ScramLoginModule required \
             username=\"{name}\" password=\"{password}\";\n"
        )
    }

    /// What librdkafka needs.
    pub fn client_properties(&self) -> Vec<(String, String)> {
        let (name, password) = CLIENT;
        let certificate = self.certificate.display().to_string();
        [
            ("security.protocol", "SASL_SSL"),
            ("ssl.ca.location", &certificate),
            ("sasl.mechanism", "SCRAM-SHA-512"),
            ("sasl.username", name),
            ("sasl.password", password),
        ]
        .map(|(property, value)| (property.to_owned(), value.to_owned()))
        .into()
    }

    fn keytool(&self, arguments: &str) {
        let store = self.store.to_str().expect("a temporary folder whose name is text");
        let arguments: Vec<&str> = arguments.split(' ').collect();
        let of_the_store = ["-storetype", "PKCS12", "-keystore", store, "-storepass", STORE_PASSWORD];
        java::run(&[java::program("keytool")], &[&arguments[..], &of_the_store].concat());
    }
}
