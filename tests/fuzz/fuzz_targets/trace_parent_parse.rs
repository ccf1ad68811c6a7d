//! Gives what the fuzzer comes up with to `trace_parent_parse`.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| authkit_edge_fuzz::trace_parent_parse(data));
