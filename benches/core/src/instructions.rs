//! Instructions of every case, counted by Callgrind: once is enough, since each run is like the
//! last, however busy the machine is.

#![expect(missing_docs, reason = "the macros make items that are public")]

use std::any::Any;

use authkit_edge_benches::{Run, prepare};
use gungraun::{
    Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};

#[library_benchmark(setup = prepare)]
#[bench::target_and_route("target_and_route")]
#[bench::request_body("request_body")]
#[bench::cors_allowed("cors_allowed")]
#[bench::cors_refused("cors_refused")]
#[bench::jwt_policy("jwt_policy")]
#[bench::jwt_by_known_keys("jwt_by_known_keys")]
#[bench::jwt_by_new_keys("jwt_by_new_keys")]
#[bench::grant_issue("grant_issue")]
#[bench::grant_check("grant_check")]
#[bench::page_parse("page_parse")]
#[bench::assemble_1_page("assemble_1_page")]
#[bench::assemble_3_pages("assemble_3_pages")]
#[bench::assemble_10_pages("assemble_10_pages")]
#[bench::request_preflight("request_preflight")]
#[bench::request_refused("request_refused")]
#[bench::request_for_a_grant("request_for_a_grant")]
#[bench::request_of_1_page("request_of_1_page")]
#[bench::request_of_3_pages("request_of_3_pages")]
#[bench::request_of_10_pages("request_of_10_pages")]
#[bench::request_by_jwt_of_3_pages("request_by_jwt_of_3_pages")]
fn core(run: Run) -> Box<dyn Any> {
    run()
}

library_benchmark_group!(name = all, benchmarks = core);

main!(
    config = LibraryBenchmarkConfig::default()
        // Only instructions: the cache that Callgrind can simulate is not that of any edge machine.
        .tool(Callgrind::with_args(["--cache-sim=no"]))
        // Callgrind counts each byte that `rep movsb` copies, so memcpy should do without it.
        .env("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-ERMS"),
    library_benchmark_groups = all
);
