//! What a customer does with a notice: opens its link, chooses, opts out, on real Kafka, with a real browser and with
//! servers that are not ours. And what nobody can do who has no link.

mod answer;
mod forged;
mod form;
mod locker;
mod opted_out;
mod reported;
mod served;
