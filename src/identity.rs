//! Whom a token is for.

use std::fmt;

use crate::limits::MAX_IDENTITY_BYTES;

/// Who a user is to the application: the string that the upstream stores a connection under.
///
/// It is personal data, so it has no `Debug`; logs get a pseudonym instead.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity(String);

impl Identity {
    /// Checks an identity: 1 to [`MAX_IDENTITY_BYTES`] bytes, no control characters, none of the
    /// [`INVISIBLE`] ones, no `|` (the upstream separates its connection keys with it), no U+FFFD
    /// (what Workers put for header bytes that are not UTF-8, so two users could become one), and
    /// what `charset` says of white space and colons.
    ///
    /// # Errors
    /// The first [`IdentityFault`] that is met.
    pub fn parse(text: &str, charset: Charset) -> Result<Self, IdentityFault> {
        if text.is_empty() {
            return Err(IdentityFault::Empty);
        }
        if text.len() > MAX_IDENTITY_BYTES {
            return Err(IdentityFault::TooLong);
        }
        let forbidden = |character: char| {
            matches!(character, '|' | char::REPLACEMENT_CHARACTER)
                || character.is_control()
                || is_invisible(character)
        };
        if text.contains(forbidden) {
            return Err(IdentityFault::Forbidden);
        }
        let folded = |character: char| character == ':' || character.is_whitespace();
        match charset {
            Charset::Distinct if text.contains(folded) => Err(IdentityFault::Folded),
            Charset::Distinct | Charset::Any => Ok(Self(text.to_owned())),
        }
    }

    /// The identity as the upstream gets it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Characters that nobody sees: zero-width ones, fillers, those that turn the direction of what
/// stands around them. With them two identities look alike to whoever reads them, at the upstream
/// or in a list of users, and are two.
///
/// Unicode 17.0, `DerivedCoreProperties.txt`: all of `Default_Ignorable_Code_Point`, which has all of
/// `Bidi_Control`; and the interlinear annotations (U+FFF9 to U+FFFB), which are for programs alone.
/// Private-use characters and noncharacters are not among them: they are shown, as boxes, and
/// nothing on the way to the upstream replaces one by another.
pub const INVISIBLE: [(char, char); 17] = [
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{200b}', '\u{200f}'),
    ('\u{202a}', '\u{202e}'),
    ('\u{2060}', '\u{206f}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

pub(crate) fn is_invisible(character: char) -> bool {
    // Nearly all are ASCII, where there is none.
    !character.is_ascii()
        && INVISIBLE
            .iter()
            .any(|(first, last)| (*first..=*last).contains(&character))
}

/// Which characters an identity may have, `IDENTITY_CHARS`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charset {
    /// No white space and no colon. The upstream writes both as `-` in its connection keys, so
    /// `a b`, `a:b` and `a-b` would be hard to tell apart there.
    Distinct,
    /// Those too.
    Any,
}

/// Why a text is no identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityFault {
    /// It is empty.
    Empty,
    /// It has more than [`MAX_IDENTITY_BYTES`] bytes.
    TooLong,
    /// It has a control character, an invisible one, `|` or U+FFFD.
    Forbidden,
    /// It has white space or a colon, which `IDENTITY_CHARS` does not allow.
    Folded,
}

/// What kind of owner an identity names; the upstream knows these four.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityType {
    /// One person.
    User,
    /// A group of people in an organization.
    Team,
    /// A customer's company.
    Organization,
    /// A project of theirs.
    Project,
}

impl IdentityType {
    /// All of them, in the order of the documentation.
    pub const ALL: [Self; 4] = [Self::User, Self::Team, Self::Organization, Self::Project];

    /// Reads the name that the upstream uses.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The name that the upstream uses.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Team => "team",
            Self::Organization => "organization",
            Self::Project => "project",
        }
    }
}

impl fmt::Display for IdentityType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Charset, INVISIBLE, Identity, IdentityFault, IdentityType};

    #[test]
    fn accepts_what_applications_use() {
        for text in [
            "user_123",
            "7",
            "ada@example.com",
            "auth0-5f7c8",
            "6f1c0b9e-3f0a-4b61-9b57-0d6bb1e7d5a1",
            "Zoë",
            "利用者",
            &"x".repeat(128),
        ] {
            let identity = Identity::parse(text, Charset::Distinct);
            assert!(
                identity.is_ok_and(|found| found.as_str() == text),
                "{text:?}"
            );
        }
    }

    #[test]
    fn refuses_what_the_upstream_refuses_or_blurs() {
        for (text, fault) in [
            ("", IdentityFault::Empty),
            (&*"x".repeat(129), IdentityFault::TooLong),
            (&*"é".repeat(65), IdentityFault::TooLong),
            ("a|b", IdentityFault::Forbidden),
            ("a\0", IdentityFault::Forbidden),
            ("a\nb", IdentityFault::Forbidden),
            ("a\u{7f}", IdentityFault::Forbidden),
            ("a\u{85}", IdentityFault::Forbidden),
            ("Zo\u{fffd}", IdentityFault::Forbidden),
            ("a b", IdentityFault::Folded),
            (" a", IdentityFault::Folded),
            ("a:b", IdentityFault::Folded),
            ("a\u{a0}b", IdentityFault::Folded),
            ("a\u{2028}b", IdentityFault::Folded),
        ] {
            let found = Identity::parse(text, Charset::Distinct).err();
            assert_eq!(found, Some(fault), "{text:?}");
        }
    }

    #[test]
    fn refuses_every_character_that_nobody_sees_and_no_neighbour_of_theirs() {
        let mut refused = 0;
        for (first, last) in INVISIBLE {
            for character in first..=last {
                for charset in [Charset::Distinct, Charset::Any] {
                    let text = format!("ad{character}a");
                    let found = Identity::parse(&text, charset).err();
                    assert_eq!(found, Some(IdentityFault::Forbidden), "{text:?}");
                }
                refused += 1;
            }
        }
        // 4174 of Default_Ignorable_Code_Point in Unicode 17.0, and three annotations.
        assert_eq!(refused, 4174 + 3);
        // Seen, or no more ignorable than a letter: marks and letters beside the ranges.
        for character in [
            '\u{ae}',
            '\u{34e}',
            '\u{350}',
            '\u{61b}',
            '\u{115e}',
            '\u{1161}',
            '\u{17b3}',
            '\u{17b6}',
            '\u{180a}',
            '\u{1810}',
            '\u{2010}',
            '\u{2030}',
            '\u{2070}',
            '\u{3165}',
            '\u{fdff}',
            '\u{fe10}',
            '\u{fefe}',
            '\u{ff00}',
            '\u{ffa1}',
            '\u{ffef}',
            '\u{fffc}',
            '\u{1bc9f}',
            '\u{1bca4}',
            '\u{1d172}',
            '\u{1d17b}',
            '\u{dffff}',
            '\u{e1000}',
            '\u{e000}',
            '\u{fdd0}',
        ] {
            let text = format!("ad{character}a");
            assert!(Identity::parse(&text, Charset::Any).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn allows_spaces_and_colons_when_told_to() {
        for text in ["a b", "urn:user:1"] {
            assert!(Identity::parse(text, Charset::Any).is_ok(), "{text:?}");
        }
        assert!(Identity::parse("a|b", Charset::Any).is_err());
    }

    #[test]
    fn knows_its_four_types_and_no_other() {
        for kind in IdentityType::ALL {
            assert_eq!(IdentityType::parse(kind.as_str()), Some(kind));
        }
        for text in ["", "User", "email", "group", "user "] {
            assert_eq!(IdentityType::parse(text), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn keeps_every_accepted_text_as_it_is(text in any::<String>()) {
            if let Ok(identity) = Identity::parse(&text, Charset::Any) {
                assert_eq!(identity.as_str(), text);
                assert!((1..=128).contains(&text.len()));
                assert!(!text.contains('|'));
            }
        }
    }
}
