//! Questions of operators, answered between two turns from the state as it is.

use super::{Held, Worker};
use crate::stream::stage::Stage;

impl<S: Stage> Worker<S> {
    pub(super) fn answer_questions(&mut self) {
        let Some(world) = self.shared.worlds.get() else { return };
        while let Ok(query) = self.questions.1.try_recv() {
            let answer = match self.held.get(&query.partition) {
                Some(Held::Active(partition)) => {
                    S::answer(&partition.machine, &query.question, partition.stream_time(), &world)
                }
                _ => None,
            };
            // Whoever asked may have gone: then nobody misses the answer.
            let _ = query.reply.send(answer);
        }
    }
}
