//! The vectors that we answer otherwise than Wycheproof, and why. All others must agree.

use crate::wycheproof::{CRYPTO, KEY, SIGNATURE};

/// The key says that it is for `PS256`, the token says `PS384`.
const ANOTHER_ALG: &str = "refused: RFC 7517 §4.4, a key is for the algorithm that it names, which \
    is not this token's. Without the wrong name it is accepted: see `wycheproof::mended`.";

/// The key says that it is for `ES521`.
const UNKNOWN_ALG: &str = "refused: the key says that it is for `ES521`, which is no algorithm \
    (ES512 is meant). Without the wrong name it is accepted: see `wycheproof::mended`.";

const SAME_AS_357: &str = "accepted: it is, byte for byte, the token of vector 357, which is valid. \
    The padding that its name speaks of is not there.";

const NOT_BASE64URL: &str = "refused: there is a `?` in it. Wycheproof takes it for valid since \
    RFC 2045 lets decoders skip what they do not know; RFC 7515 does not.";

const ROCA: &str = "accepted: the issuer's key was made by a chip of 2017 that made guessable ones. \
    Nothing looks for that; who configures an issuer trusts that it can make keys.";

const ONE_SECRET: &str = "refused: a set of secrets cannot be configured. There is one, for HS*, \
    and in a JWKS secrets are left out.";

/// File, `tcId`, reason. A skip that turns out not to be one fails the tests too.
pub const SKIPS: &[(&str, u64, &str)] = &[
    (SIGNATURE, 346, ANOTHER_ALG),
    (SIGNATURE, 347, UNKNOWN_ALG),
    (SIGNATURE, 350, ANOTHER_ALG),
    (SIGNATURE, 351, UNKNOWN_ALG),
    (SIGNATURE, 367, SAME_AS_357),
    (SIGNATURE, 370, SAME_AS_357),
    (SIGNATURE, 372, NOT_BASE64URL),
    (SIGNATURE, 373, NOT_BASE64URL),
    (KEY, 2, ONE_SECRET),
    (KEY, 7, ROCA),
    (CRYPTO, 46, ROCA),
    (CRYPTO, 48, ONE_SECRET),
];
