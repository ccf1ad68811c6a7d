//! Strings that must not be seen.

use std::fmt::{self, Write as _};

use hmac::digest::Key;
use hmac::{Hmac, KeyInit};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::limits::MAX_SECRET_BYTES;

/// A key from a secret binding. It cannot be printed or serialized; [`Secret::expose`] is the one
/// way to its text, so a search for that name shows every use.
#[derive(Clone)]
pub struct Secret(Box<str>);

impl Secret {
    /// Takes a binding's text. White space around it is dropped, as a trailing newline is what
    /// `echo key | wrangler secret put` leaves.
    ///
    /// # Errors
    ///
    /// The rest could not stand in a header: it must be visible ASCII and at most
    /// [`MAX_SECRET_BYTES`] long.
    pub fn parse(text: &str) -> Result<Self, SecretFault> {
        let text = text.trim();
        if text.is_empty() || text.len() > MAX_SECRET_BYTES {
            return Err(SecretFault::Length);
        }
        let mut letters = (1..).zip(text.chars());
        match letters.find(|(_, letter)| !letter.is_ascii_graphic()) {
            Some((place, letter)) => Err(SecretFault::Character(place, kind(letter))),
            None => Ok(Self(text.into())),
        }
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// HMAC-SHA256 keyed with it.
    #[must_use]
    pub fn hmac(&self) -> Hmac<Sha256> {
        // RFC 2104: a key longer than a block is hashed, a shorter one padded with zeros. Done by
        // hand because the constructor that does it has an error case, and every way to answer
        // that would be a key that somebody could know.
        let text = self.0.as_bytes();
        let mut block = Key::<Hmac<Sha256>>::default();
        if text.len() > block.len() {
            block
                .iter_mut()
                .zip(Sha256::digest(text))
                .for_each(|(slot, byte)| *slot = byte);
        } else {
            block
                .iter_mut()
                .zip(text)
                .for_each(|(slot, byte)| *slot = *byte);
        }
        Hmac::new(&block)
    }

    /// Whether `candidate` is this secret, in time that does not depend on where they differ.
    /// Both are hashed first, so neither does it depend on their lengths.
    #[must_use]
    pub fn matches(&self, candidate: &str) -> bool {
        let own = Sha256::digest(self.0.as_bytes());
        let other = Sha256::digest(candidate.as_bytes());
        own.as_slice().ct_eq(other.as_slice()).into()
    }
}

/// Why a text is no secret: what has no business there, and nothing else of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretFault {
    /// It is empty, or longer than [`MAX_SECRET_BYTES`].
    Length,
    /// The first character that no header carries: which one it is, counted from 1, and its kind.
    Character(usize, &'static str),
}

/// What no secret has: two lines of which one was meant, nothing to be seen, or a letter with an
/// accent, a long dash, a curly quotation mark.
fn kind(letter: char) -> &'static str {
    match letter {
        '\n' | '\r' => "a line break",
        ' ' | '\t' => "a space",
        '\0'..=' ' | '\u{7f}' => "a control character",
        _ => "not ASCII",
    }
}

impl fmt::Display for SecretFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length => formatter.write_str("is too long for a key: set it again"),
            Self::Character(place, kind) => {
                write!(
                    formatter,
                    "is no key: its character {place} is {kind}. Set it again"
                )
            }
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(…)")
    }
}

/// A hash as text: two lower-case digits a byte.
#[must_use]
pub fn hex(hash: &[u8]) -> String {
    let mut text = String::with_capacity(2 * hash.len());
    for byte in hash {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha256;

    use super::Secret;

    #[test]
    fn never_prints_its_text() {
        let secret = Secret::parse("sk_live_hidden").unwrap();
        assert_eq!(format!("{secret:?}"), "Secret(…)");
    }

    #[test]
    fn drops_white_space_around_the_text() {
        assert_eq!(
            Secret::parse(" sk_live_1\r\n").unwrap().expose(),
            "sk_live_1"
        );
    }

    #[test]
    fn refuses_what_cannot_stand_in_a_header() {
        for text in ["", " \n", "a b", "a\nb", "naïve", "a\0b", &"x".repeat(513)] {
            assert!(Secret::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn says_which_character_no_key_has_and_nothing_of_the_others() {
        for (text, said) in [
            (" sk_live x", "character 8 is a space"),
            ("sk\u{a0}live", "character 3 is not ASCII"),
            ("sk_live\nONE=2", "character 8 is a line break"),
            ("sk\r\n", ""),
            ("a\0b", "character 2 is a control character"),
            ("äsk_live", "character 1 is not ASCII"),
            ("ééb", "character 1 is not ASCII"),
            ("sk–live", "character 3 is not ASCII"),
            (&"x".repeat(513), "too long"),
        ] {
            let fault = Secret::parse(text).err().map(|fault| fault.to_string());
            let fault = fault.unwrap_or_default();
            assert!(fault.contains(said), "{text:?}: {fault}");
            assert!(!fault.contains("live") && !fault.contains("ONE"), "{fault}");
        }
    }

    #[test]
    fn keys_an_hmac_as_the_standard_has_it() {
        for length in [1, 32, 63, 64, 65, 200] {
            let text = "k".repeat(length);
            let mut own = Secret::parse(&text).unwrap().hmac();
            let mut standard = Hmac::<Sha256>::new_from_slice(text.as_bytes()).unwrap();
            own.update(b"message");
            standard.update(b"message");
            assert_eq!(
                own.finalize().into_bytes(),
                standard.finalize().into_bytes(),
                "{length}"
            );
        }
    }

    #[test]
    fn matches_itself_and_nothing_else() {
        let secret = Secret::parse("correct horse".replace(' ', "-").as_str()).unwrap();
        assert!(secret.matches("correct-horse"));
        for other in ["", "correct-hors", "correct-horse2", "Correct-horse"] {
            assert!(!secret.matches(other), "{other:?}");
        }
    }
}
