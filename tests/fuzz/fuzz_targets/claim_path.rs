//! Gives what the fuzzer comes up with to `claim_path`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| authkit_edge_fuzz::claim_path(data));
