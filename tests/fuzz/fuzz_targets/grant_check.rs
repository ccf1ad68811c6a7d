//! Gives what the fuzzer comes up with to `grant_check`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| authkit_edge_fuzz::grant_check(data));
