//! A few figures of the running daemon, scraped from its admin listener as Prometheus does.

use super::view::Figure;

/// Name of a metric, and how the page calls it.
const SHOWN: [(&str, &str); 3] = [
    ("parcelwatch_parcels", "Parcels known"),
    ("parcelwatch_scans_total", "Scans read"),
    ("parcelwatch_notices_issued_total", "Notices decided"),
];

/// Asks the daemon.
#[derive(Clone)]
pub struct Figures {
    client: reqwest::Client,
    admin: String,
}

impl Figures {
    /// Of the daemon whose admin listener has this URL.
    pub fn new(client: reqwest::Client, admin: String) -> Figures {
        Figures { client, admin }
    }

    /// The admin listener's URL.
    pub fn admin(&self) -> &str {
        &self.admin
    }

    /// The figures now; none where the daemon does not answer.
    pub async fn read(&self) -> Vec<Figure> {
        let metrics = match self.client.get(format!("{}/metrics", self.admin)).send().await {
            Ok(answer) => answer.text().await.unwrap_or_default(),
            Err(_) => return Vec::new(),
        };
        SHOWN.map(|(metric, name)| Figure { name, value: sum(&metrics, metric).to_string() }).to_vec()
    }
}

/// The sum over all label values.
fn sum(metrics: &str, name: &str) -> u64 {
    let samples =
        metrics.lines().filter(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['{', ' '])));
    samples.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum::<f64>() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_of_one_name_are_added_up() {
        let metrics = "# HELP a_total x\na_total{k=\"1\"} 2\na_total{k=\"2\"} 3\na_total_other 5\nb 1\n";
        assert_eq!((sum(metrics, "a_total"), sum(metrics, "b"), sum(metrics, "c")), (5, 1, 0));
    }
}
