//! The native side of the comparison with WebCrypto.

use authkit_edge::jwt::verifier::{SignatureCheck, Verifier};
use authkit_jws_cases::Case;
use authkit_jws_worker::{Question, Verdict, judge};
use futures_util::FutureExt;

use crate::oracle;

struct Native;

impl Verifier for Native {
    async fn verify(&self, check: SignatureCheck<'_>) -> bool {
        oracle::verify(check)
    }
}

/// What the core says of a token.
pub fn answer(question: &Question) -> Verdict {
    judge(question, &Native)
        .now_or_never()
        .expect("nothing here waits")
}

/// What it says of each.
pub fn answers(cases: &[Case]) -> Vec<Verdict> {
    cases.iter().map(|case| answer(&case.question)).collect()
}
