//! Gives what the fuzzer comes up with to `session_answer`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| authkit_edge_fuzz::session_answer(data));
