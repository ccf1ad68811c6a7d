//! Comparing what was answered with what is due.

use std::collections::BTreeMap;

use authkit_jws_worker::Verdict;

use crate::Case;
use crate::skips::SKIPS;
use crate::wycheproof::{CRYPTO, KEY, SIGNATURE};

/// How many tokens of a source went which way.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted, as is due.
    pub accepted: usize,
    /// Refused, as is due.
    pub refused: usize,
    /// Listed in [`SKIPS`], and indeed answered otherwise.
    pub skipped: usize,
}

/// Counts the answers by source, and prints the counts.
///
/// Panics with all wrong ones: those that are neither what is due nor in [`SKIPS`], and those of
/// [`SKIPS`] that are what is due after all.
pub fn compare(cases: &[Case], verdicts: &[Verdict]) -> BTreeMap<&'static str, Counts> {
    assert_eq!(cases.len(), verdicts.len());
    let mut counts = BTreeMap::<&'static str, Counts>::new();
    let mut wrong = Vec::new();
    for (case, verdict) in cases.iter().zip(verdicts) {
        let count = counts.entry(case.source).or_default();
        let agrees = verdict.accepted == case.valid
            && case.refused_for.is_none_or(|due| due == verdict.reason);
        let listed = SKIPS
            .iter()
            .any(|(source, id, _)| (*source, *id) == (case.source, case.id));
        match (listed, agrees) {
            (false, true) if verdict.accepted => count.accepted += 1,
            (false, true) => count.refused += 1,
            (true, false) => count.skipped += 1,
            (false, false) | (true, true) => wrong.push(format!(
                "{} {} ({}): {verdict:?}{}",
                case.source,
                case.id,
                case.name,
                if listed { ", yet it is a skip" } else { "" }
            )),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} answers are wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    for (source, count) in &counts {
        println!("{source}: {count:?}");
    }
    counts
}

/// Compares the answers to all of Wycheproof's vectors: the table of skips has to name vectors, and
/// what is counted is no more and no less than known.
pub fn compare_wycheproof(cases: &[Case], verdicts: &[Verdict]) {
    let counts = compare(cases, verdicts);
    let expected = [
        (SIGNATURE, (40, 353, 8)),
        (KEY, (4, 20, 2)),
        (CRYPTO, (3, 78, 2)),
    ]
    .map(|(source, (accepted, refused, skipped))| {
        let counts = Counts {
            accepted,
            refused,
            skipped,
        };
        (source, counts)
    });
    assert_eq!(counts, BTreeMap::from(expected));
    let skipped: usize = counts.values().map(|count| count.skipped).sum();
    assert_eq!(skipped, SKIPS.len(), "a skip names no vector");
}
