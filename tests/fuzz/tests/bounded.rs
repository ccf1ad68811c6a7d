//! The fuzz targets without a fuzzer, for where there is no nightly compiler: on their seeds, on
//! the seeds with something changed, and on random bytes.

use std::fs;
use std::path::Path;

use authkit_edge_fuzz::TARGETS;
use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::sample::{Index, select};
use proptest::test_runner::{Config, TestRunner};

/// Changed seeds, and as many random texts, for each target.
const CASES: u32 = 3000;

fn seeds(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("seeds")
        .join(target);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{target}: {error}"));
    files
        .map(|file| fs::read(file.unwrap().path()).unwrap())
        .collect()
}

#[derive(Debug, Clone)]
enum Change {
    Set(Index, u8),
    Remove(Index),
    Insert(Index, Vec<u8>),
    /// Append another seed from some place on.
    Splice(Index, Vec<u8>),
}

impl Change {
    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |index: &Index, bytes: &Vec<u8>| index.index(bytes.len() + 1);
        match self {
            Self::Set(index, value) => {
                let place = place(index, bytes);
                if let Some(byte) = bytes.get_mut(place) {
                    *byte = *value;
                }
            }
            Self::Remove(index) => {
                let place = place(index, bytes);
                if place < bytes.len() {
                    bytes.remove(place);
                }
            }
            Self::Insert(index, text) => {
                let place = place(index, bytes);
                bytes.splice(place..place, text.iter().copied());
            }
            Self::Splice(index, other) => {
                bytes.truncate(place(index, bytes));
                bytes.extend_from_slice(&other[place(index, other).min(other.len())..]);
            }
        }
    }
}

fn changed_seed(seeds: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let interesting = select(br#"{}[]":,.=;&?/\-_09azAZ "#.to_vec());
    let byte = prop_oneof![3 => interesting, 1 => any::<u8>()];
    let change = prop_oneof![
        (any::<Index>(), byte.clone()).prop_map(|(index, byte)| Change::Set(index, byte)),
        any::<Index>().prop_map(Change::Remove),
        (any::<Index>(), vec(byte, 1..6)).prop_map(|(index, text)| Change::Insert(index, text)),
        (any::<Index>(), select(seeds.clone())).prop_map(|(i, other)| Change::Splice(i, other)),
    ];
    (select(seeds), vec(change, 0..5)).prop_map(|(mut bytes, changes)| {
        for change in changes {
            change.apply(&mut bytes);
        }
        bytes
    })
}

#[test]
fn every_target_holds_on_its_seeds_and_near_them_and_on_random_bytes() {
    for (name, target) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name}");
        for seed in &seeds {
            target(seed);
        }
        let strategy = prop_oneof![
            changed_seed(seeds),
            vec(any::<u8>(), 0..200),
            any::<String>().prop_map(String::into_bytes),
        ];
        let mut runner = TestRunner::new(Config {
            cases: CASES,
            failure_persistence: None,
            ..Config::default()
        });
        let result = runner.run(&strategy, |bytes| {
            target(&bytes);
            Ok(())
        });
        result.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
