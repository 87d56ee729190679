//! Questions of operators and of those who hold a link, answered between two turns from the state as it is.

use super::{Held, Worker};
use crate::stream::brokers::Brokers;
use crate::stream::stage::{Question, Stage};

impl<S: Stage, K: Brokers> Worker<S, K> {
    pub(super) fn answer_questions(&mut self) {
        let Some(world) = self.shared.worlds.get() else { return };
        while let Ok(query) = self.questions.1.try_recv() {
            let answer = match self.held.get_mut(&query.partition) {
                Some(Held::Active(partition)) if matches!(query.question, Question::Digest) => Some(partition.digest()),
                Some(Held::Active(partition)) => {
                    // What a page offers must still be offered when its choice is read, however far back scans are.
                    let now = self.shared.clock.now().max(partition.stream_time());
                    S::answer(&partition.machine, &query.question, now, &world)
                }
                _ => None,
            };
            drop(query.waits);
            // Whoever asked may have gone: then nobody misses the answer.
            let _ = query.reply.send(answer);
        }
    }
}
