//! Every vector of Wycheproof for JSON Web Signatures.

use authkit_jws_cases::outcome::{compare, compare_wycheproof};
use authkit_jws_cases::wycheproof::{SIGNATURE, cases, mended};

use crate::native::answers;

#[test]
fn agrees_with_every_vector_that_is_no_listed_skip() {
    if let Some(cases) = cases() {
        compare_wycheproof(&cases, &answers(&cases));
    }
}

#[test]
fn accepts_the_vectors_with_a_misnamed_key_once_the_name_is_gone() {
    if let Some(cases) = cases() {
        let mended = mended(&cases);
        compare(&mended, &answers(&mended));
    }
}

#[test]
fn skips_two_vectors_as_invalid_because_they_are_a_valid_one() {
    let Some(cases) = cases() else {
        return;
    };
    let question = |id| {
        let mut signatures = cases.iter().filter(|case| case.source == SIGNATURE);
        let case = signatures.find(|case| case.id == id).unwrap();
        (case.question.clone(), case.valid)
    };
    let (valid, is_valid) = question(357);
    assert!(is_valid);
    for id in [367, 370] {
        assert_eq!(question(id), (valid.clone(), false));
    }
}

#[test]
fn refuses_encrypted_tokens_for_what_they_are() {
    let Some(cases) = cases() else {
        return;
    };
    let encrypted: Vec<_> = cases
        .into_iter()
        .filter(|case| case.name.starts_with("jwe"))
        .collect();
    assert_eq!(encrypted.len(), 34);
    for (case, verdict) in encrypted.iter().zip(answers(&encrypted)) {
        let by_form = [
            "token: encrypted (JWE), which cannot be verified",
            "token: not a compact JWS with a JSON header",
        ]
        .contains(&&*verdict.reason);
        assert!(!verdict.accepted && by_form, "{case:?} {verdict:?}");
    }
}
