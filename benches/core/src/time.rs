//! Wall time of every case. It differs from machine to machine and from run to run; what CI holds
//! us to is the count of instructions.

use authkit_edge_benches::cases;
use criterion::{BatchSize, Criterion, criterion_group, criterion_main};

fn time(criterion: &mut Criterion) {
    for case in cases() {
        criterion.bench_function(case.name, |bencher| {
            bencher.iter_batched(|| case.prepare(), |run| run(), BatchSize::SmallInput);
        });
    }
}

criterion_group!(core, time);
criterion_main!(core);
