//! Tokens that other people's libraries have just issued.

use authkit_jws_cases::interop::{JOSE, PYJWT, cases};
use authkit_jws_cases::outcome::compare;

use crate::answers;

#[test]
fn accepts_what_jose_and_pyjwt_issue_and_nothing_with_a_byte_changed() {
    let cases = cases();
    let counts = compare(&cases, &answers(&cases));
    for source in [JOSE, PYJWT] {
        // Thirteen algorithms, eight tokens of each, each with nine changes.
        assert_eq!(
            (counts[source].accepted, counts[source].refused),
            (104, 936)
        );
    }
}
