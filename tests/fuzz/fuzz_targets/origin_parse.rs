//! Gives what the fuzzer comes up with to `origin_parse`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| authkit_edge_fuzz::origin_parse(data));
