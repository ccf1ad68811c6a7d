//! Notes: what an isolate leaves in the data centre's cache for the next one.
//!
//! A note is a hint. It decides when calls start, never what is in a token or who gets one. Whatever
//! is wrong with one, or with the cache, it counts as absent. It is bound to the application's key, so
//! that whoever else writes to the cache writes no notes, and one deployment reads none of another's.
//! Nothing secret is in one, and nothing of any user.

use std::rc::Rc;

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::limits::{CLOCK_SKEW, MAX_NOTE_BYTES, NOTE_LIFE, NOTE_PATIENCE};
use crate::runtime::{Runtime, Timestamp};
use crate::secret::{Secret, hex};

/// Sets this use of the secret apart from any other.
const CONTEXT: &[u8] = b"authkit-edge note v1\0";

/// Bytes of the time and of the MAC, which stand before and behind what a note says.
const TIME_BYTES: usize = 8;
const MAC_BYTES: usize = 32;

/// The notes of a deployment.
#[derive(Clone)]
pub struct Notes(Option<Rc<Hmac<Sha256>>>);

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject<'a> {
    /// How many pages a list has: that of the upstream at an origin, with so many rows on each.
    Pages(&'a str, u32),
    /// The keys of an issuer, by their URL.
    Keys(&'a str),
}

/// What came of a look.
#[derive(Debug, PartialEq, Eq)]
pub enum Recalled {
    /// A note that is ours, and when it was written.
    Hit(Vec<u8>, Timestamp),
    /// None, or one that is too old.
    Miss,
    /// No answer in time.
    Late,
    /// Something that we never wrote, or not at that time.
    Bad,
}

impl Recalled {
    /// The word that the log has for it.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Hit(..) => "hit",
            Self::Miss => "miss",
            Self::Late => "late",
            Self::Bad => "bad",
        }
    }
}

impl Notes {
    /// Those that belong to `secret`.
    #[must_use]
    pub fn of(secret: &Secret) -> Self {
        Self(Some(Rc::new(secret.hmac())))
    }

    /// None at all.
    #[must_use]
    pub fn off() -> Self {
        Self(None)
    }

    /// Looks for one, for [`NOTE_PATIENCE`] at most.
    pub async fn recall(&self, subject: Subject<'_>, runtime: &impl Runtime) -> Recalled {
        let Some(key) = &self.0 else {
            return Recalled::Miss;
        };
        let name = name(key, subject);
        let found = runtime.recall(&name, MAX_NOTE_BYTES);
        match runtime.within(NOTE_PATIENCE, found).await {
            None => Recalled::Late,
            Some(None) => Recalled::Miss,
            Some(Some(bytes)) => open(key, &name, &bytes, runtime.now()),
        }
    }

    /// Leaves one, which says what was so at a time. Nobody waits for it.
    pub fn keep(&self, subject: Subject<'_>, text: &[u8], at: Timestamp, runtime: &impl Runtime) {
        let Some(key) = &self.0 else { return };
        let name = name(key, subject);
        let mut note = at.0.to_be_bytes().to_vec();
        note.extend_from_slice(text);
        let mac = mac(key, &name, &note).finalize().into_bytes();
        note.extend_from_slice(&mac);
        runtime.keep(&name, note);
    }
}

/// What it is called in the cache: 64 hexadecimal digits that nobody can guess without the key.
fn name(key: &Hmac<Sha256>, subject: Subject<'_>) -> String {
    let mut mac = key.clone();
    mac.update(CONTEXT);
    match subject {
        Subject::Pages(origin, rows) => {
            mac.update(b"pages\0");
            mac.update(&rows.to_be_bytes());
            mac.update(origin.as_bytes());
        }
        Subject::Keys(url) => {
            mac.update(b"keys\0");
            mac.update(url.as_bytes());
        }
    }
    hex(&mac.finalize().into_bytes())
}

/// Over the name as well: no note stands in for another.
fn mac(key: &Hmac<Sha256>, name: &str, signed: &[u8]) -> Hmac<Sha256> {
    let mut mac = key.clone();
    mac.update(CONTEXT);
    mac.update(b"note\0");
    mac.update(name.as_bytes());
    mac.update(signed);
    mac
}

fn open(key: &Hmac<Sha256>, name: &str, bytes: &[u8], now: Timestamp) -> Recalled {
    let read = || {
        let (signed, tag) = bytes.split_at_checked(bytes.len().checked_sub(MAC_BYTES)?)?;
        mac(key, name, signed).verify_slice(tag).ok()?;
        let (time, text) = signed.split_first_chunk::<TIME_BYTES>()?;
        Some((Timestamp(u64::from_be_bytes(*time)), text))
    };
    match read() {
        Some((at, _)) if at > now.after(CLOCK_SKEW) => Recalled::Bad,
        Some((at, _)) if at.until(now) >= NOTE_LIFE => Recalled::Miss,
        Some((at, text)) => Recalled::Hit(text.to_vec(), at),
        None => Recalled::Bad,
    }
}

impl std::fmt::Debug for Notes {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Notes(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hmac::Mac as _;

    use super::{Recalled, Subject, mac, name, open};
    use crate::limits::{CLOCK_SKEW, NOTE_LIFE};
    use crate::runtime::Timestamp;
    use crate::secret::Secret;

    const NOW: Timestamp = Timestamp(1_700_000_000_000);

    fn note(secret: &str, subject: Subject<'_>, text: &[u8], at: Timestamp) -> Vec<u8> {
        let key = Secret::parse(secret).unwrap().hmac();
        let mut note = at.0.to_be_bytes().to_vec();
        note.extend_from_slice(text);
        let tag = mac(&key, &name(&key, subject), &note).finalize();
        note.extend_from_slice(&tag.into_bytes());
        note
    }

    fn opened(subject: Subject<'_>, bytes: &[u8]) -> Recalled {
        let key = Secret::parse("sk_test_1").unwrap().hmac();
        open(&key, &name(&key, subject), bytes, NOW)
    }

    #[test]
    fn reads_what_this_deployment_wrote_and_nothing_else() {
        let keys = Subject::Keys("https://issuer.example/jwks");
        let good = note("sk_test_1", keys, b"text", NOW);
        assert_eq!(opened(keys, &good), Recalled::Hit(b"text".to_vec(), NOW));
        let pages = Subject::Pages("https://issuer.example/jwks", 100);
        for (what, bytes) in [
            ("nothing", Vec::new()),
            ("less than a MAC", vec![0; 31]),
            ("a MAC of nothing", vec![0; 32]),
            ("no time", vec![0; 39]),
            (
                "another deployment's",
                note("sk_test_2", keys, b"text", NOW),
            ),
            (
                "that of another subject",
                note("sk_test_1", pages, b"text", NOW),
            ),
            (
                "that of another issuer",
                note(
                    "sk_test_1",
                    Subject::Keys("https://issuer.example/jwks2"),
                    b"text",
                    NOW,
                ),
            ),
            ("cut", good[..good.len() - 1].to_vec()),
            ("longer", [good.as_slice(), b"x"].concat()),
        ] {
            assert_eq!(opened(keys, &bytes), Recalled::Bad, "{what}");
        }
        for at in 0..good.len() {
            let mut changed = good.clone();
            changed[at] ^= 1;
            assert_eq!(opened(keys, &changed), Recalled::Bad, "byte {at}");
        }
    }

    #[test]
    fn believes_none_from_the_future_and_none_that_is_too_old() {
        let subject = Subject::Pages("https://api.picaos.com", 100);
        let at = |at: Timestamp| opened(subject, &note("sk_test_1", subject, b"3", at));
        let millis = Duration::from_millis;
        let hit = |at| Recalled::Hit(b"3".to_vec(), at);
        let soon = NOW.after(CLOCK_SKEW);
        assert_eq!(at(soon), hit(soon));
        assert_eq!(at(soon.after(millis(1))), Recalled::Bad);
        assert_eq!(at(Timestamp(u64::MAX)), Recalled::Bad);
        let old = Timestamp(NOW.0 - u64::try_from(NOTE_LIFE.as_millis()).unwrap());
        assert_eq!(at(old.after(millis(1))), hit(old.after(millis(1))));
        assert_eq!(at(old), Recalled::Miss);
        assert_eq!(at(Timestamp(0)), Recalled::Miss);
    }

    #[test]
    fn has_a_name_of_its_own_for_every_subject_and_secret() {
        let mut names = Vec::new();
        for secret in ["sk_test_1", "sk_test_2"] {
            let key = Secret::parse(secret).unwrap().hmac();
            for subject in [
                Subject::Pages("https://api.picaos.com", 100),
                Subject::Pages("https://api.picaos.com", 150),
                Subject::Pages("https://api.withone.ai", 100),
                Subject::Keys("https://api.picaos.com"),
                Subject::Keys("https://issuer.example/jwks"),
            ] {
                let name = name(&key, subject);
                assert!(name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit()));
                names.push(name);
            }
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), 10);
    }
}
