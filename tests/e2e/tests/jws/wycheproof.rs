//! Every vector of Wycheproof for JSON Web Signatures.

use authkit_jws_cases::outcome::{compare, compare_wycheproof};
use authkit_jws_cases::wycheproof::{cases, mended};

use crate::answers;

#[test]
fn agrees_with_every_vector_that_is_no_listed_skip() {
    let Some(mut cases) = cases() else {
        return;
    };
    let count = cases.len();
    cases.extend(mended(&cases));
    let verdicts = answers(&cases);
    compare_wycheproof(&cases[..count], &verdicts[..count]);
    compare(&cases[count..], &verdicts[count..]);
}
