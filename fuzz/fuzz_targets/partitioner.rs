#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| parcelwatch_fuzz::partitioner::run(data));
