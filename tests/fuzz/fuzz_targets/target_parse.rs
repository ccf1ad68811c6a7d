//! Gives what the fuzzer comes up with to `target_parse`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| authkit_edge_fuzz::target_parse(data));
