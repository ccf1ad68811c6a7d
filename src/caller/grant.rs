//! Grants: a signed, short-lived note that says for whom a token may be minted.
//!
//! The hosted widget calls the token route from another site, so no cookie comes with it; and what
//! stands in its `headers` travels in a URL, so no session token should. A grant is made for that
//! road: it opens nothing but the token route, for one identity, for a few minutes. It may be used
//! more than once in that time, as the widget asks more than once.
//!
//! `v1.<payload>.<mac>`, both base64url. The MAC is HMAC-SHA256 over a context string, the version
//! and the payload, so that a MAC made for anything else with the same key is no grant.

use base64ct::{Base64UrlUnpadded, Encoding};
use hmac::{Hmac, Mac};
use serde::Serialize;
use sha2::Sha256;
use std::time::Duration;

use crate::identity::IdentityType;
use crate::json::{self, Object};
use crate::limits::{GRANT_FLOOR, MAX_GRANT_BYTES};
use crate::runtime::Timestamp;
use crate::secret::Secret;

/// The header in which a grant comes.
pub const GRANT_HEADER: &str = "x-authkit-grant";

const PREFIX: &str = "v1.";
const CONTEXT: &[u8] = b"authkit-edge grant\0";
const KIND: &str = "authkit-token";

/// Makes and checks grants.
#[derive(Debug)]
pub struct GrantKeys {
    /// Signs, and checks.
    pub current: Secret,
    /// Checks only: the key before, while its grants live.
    pub previous: Option<Secret>,
    /// How long a grant may live.
    pub ttl: Duration,
}

/// What a grant says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// For whom.
    pub identity: String,
    /// Of which type.
    pub identity_type: IdentityType,
    /// Until when, in seconds since the Unix epoch.
    pub expires_at: u64,
}

/// Why a grant is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GrantFault {
    /// It is not of the form of a grant.
    Malformed,
    /// Neither key has signed it.
    Signature,
    /// It was made for the endpoint of another origin.
    Audience,
    /// Its time is over.
    Expired,
}

/// The payload. `kind` sets it apart from other things that the key may come to sign.
#[derive(Serialize)]
struct Payload<'a> {
    kind: &'a str,
    aud: &'a str,
    id: &'a str,
    id_type: &'a str,
    exp: u64,
}

impl<'a> Payload<'a> {
    /// These members and no others.
    fn of(payload: &'a Object) -> Option<Self> {
        let text = |name| payload.get(name)?.as_str();
        (payload.len() == 5).then_some(Self {
            kind: text("kind")?,
            aud: text("aud")?,
            id: text("id")?,
            id_type: text("id_type")?,
            exp: payload.get("exp")?.as_whole()?,
        })
    }
}

impl GrantKeys {
    /// Makes a grant for the token route at `origin`, beginning `now`, for one whose own credential
    /// ends at `holds_until`.
    ///
    /// Beyond five minutes a grant lives no longer than the credential that bought it. Five minutes
    /// are the floor, since there are products whose tokens live for one; a shorter TTL is shorter.
    ///
    /// Gives its text and when it ends, in seconds since the Unix epoch.
    #[must_use]
    pub fn issue(
        &self,
        identity: &str,
        identity_type: IdentityType,
        origin: &str,
        now: Timestamp,
        holds_until: Option<Timestamp>,
    ) -> (String, u64) {
        let now = now.0 / 1000;
        let left = holds_until.map_or(0, |end| (end.0 / 1000).saturating_sub(now));
        let lifetime = self.ttl.as_secs().min(left.max(GRANT_FLOOR.as_secs()));
        let exp = now + lifetime;
        let payload = Payload {
            kind: KIND,
            aud: origin,
            id: identity,
            id_type: identity_type.as_str(),
            exp,
        };
        let payload = Base64UrlUnpadded::encode_string(json::text(&payload).as_bytes());
        let mac = mac(&self.current, &payload).finalize().into_bytes();
        let mac = Base64UrlUnpadded::encode_string(&mac);
        (format!("{PREFIX}{payload}.{mac}"), exp)
    }

    /// Checks a grant that came to the token route at `origin`.
    ///
    /// # Errors
    /// The first [`GrantFault`] that is met. Nothing in a grant is read before its MAC was checked.
    pub fn check(&self, text: &str, origin: &str, now: Timestamp) -> Result<Grant, GrantFault> {
        if text.len() > MAX_GRANT_BYTES {
            return Err(GrantFault::Malformed);
        }
        let signed = text.strip_prefix(PREFIX).ok_or(GrantFault::Malformed)?;
        let (payload, tag) = signed.split_once('.').ok_or(GrantFault::Malformed)?;
        let tag = Base64UrlUnpadded::decode_vec(tag).map_err(|_| GrantFault::Malformed)?;
        let keys = [Some(&self.current), self.previous.as_ref()];
        let mut keys = keys.into_iter().flatten();
        // `verify_slice` compares in constant time.
        if !keys.any(|key| mac(key, payload).verify_slice(&tag).is_ok()) {
            return Err(GrantFault::Signature);
        }
        let payload = Base64UrlUnpadded::decode_vec(payload).map_err(|_| GrantFault::Malformed)?;
        let payload = Object::parse(&payload).ok_or(GrantFault::Malformed)?;
        let payload = Payload::of(&payload).ok_or(GrantFault::Malformed)?;
        if payload.kind != KIND {
            return Err(GrantFault::Malformed);
        }
        if payload.aud != origin {
            return Err(GrantFault::Audience);
        }
        if payload.exp <= now.0 / 1000 {
            return Err(GrantFault::Expired);
        }
        Ok(Grant {
            identity: payload.id.to_owned(),
            identity_type: IdentityType::parse(payload.id_type).ok_or(GrantFault::Malformed)?,
            expires_at: payload.exp,
        })
    }
}

fn mac(key: &Secret, payload: &str) -> Hmac<Sha256> {
    let mut mac = key.hmac();
    mac.update(CONTEXT);
    mac.update(PREFIX.as_bytes());
    mac.update(payload.as_bytes());
    mac
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::{any, proptest};

    use super::{Grant, GrantFault, GrantKeys, mac};
    use crate::identity::IdentityType;
    use crate::runtime::Timestamp;
    use crate::secret::Secret;
    use base64ct::{Base64UrlUnpadded, Encoding};
    use hmac::Mac;

    const NOW: Timestamp = Timestamp(1_700_000_000_999);
    const ORIGIN: &str = "https://app.example";

    fn secret(letter: &str) -> Secret {
        Secret::parse(&letter.repeat(32)).unwrap()
    }

    fn keys(current: &str, previous: Option<&str>) -> GrantKeys {
        GrantKeys {
            current: secret(current),
            previous: previous.map(secret),
            ttl: Duration::from_mins(5),
        }
    }

    fn issue(keys: &GrantKeys) -> String {
        keys.issue("ada", IdentityType::Team, ORIGIN, NOW, None).0
    }

    /// A grant as only a holder of the key could make it.
    fn forge(payload: &str) -> String {
        let payload = Base64UrlUnpadded::encode_string(payload.as_bytes());
        let tag = mac(&secret("a"), &payload).finalize().into_bytes();
        format!("v1.{payload}.{}", Base64UrlUnpadded::encode_string(&tag))
    }

    #[test]
    fn says_what_it_was_made_for_as_often_as_it_is_asked() {
        let keys = keys("a", None);
        let (text, expires_at) = keys.issue("ada", IdentityType::Team, ORIGIN, NOW, None);
        assert_eq!(expires_at, 1_700_000_300);
        let grant = Grant {
            identity: "ada".to_owned(),
            identity_type: IdentityType::Team,
            expires_at,
        };
        for _ in 0..3 {
            assert_eq!(keys.check(&text, ORIGIN, NOW), Ok(grant.clone()));
        }
    }

    #[test]
    fn lives_no_longer_than_what_bought_it_but_five_minutes() {
        let now = 1_700_000_000;
        let at = |seconds: u64| Some(Timestamp(seconds * 1000));
        for (ttl, holds_until, lifetime) in [
            // As long as the credential, up to the TTL.
            (3600, at(now + 10_000), 3600),
            (3600, at(now + 3601), 3600),
            (3600, at(now + 3600), 3600),
            (3600, at(now + 3599), 3599),
            (3600, at(now + 600), 600),
            (3600, Some(Timestamp(1_700_000_600_999)), 600),
            (3600, at(now + 301), 301),
            // The floor.
            (3600, at(now + 300), 300),
            (3600, at(now + 299), 300),
            (3600, at(now + 60), 300),
            (3600, at(now), 300),
            (3600, at(now - 59), 300),
            (3600, at(0), 300),
            (3600, None, 300),
            // A shorter TTL.
            (30, at(now + 10), 30),
            (30, at(now + 600), 30),
            (299, None, 299),
            (300, at(now + 600), 300),
            // A token that never ends.
            (3600, Some(Timestamp(u64::MAX)), 3600),
        ] {
            let keys = GrantKeys {
                ttl: Duration::from_secs(ttl),
                ..keys("a", None)
            };
            let (text, expires_at) =
                keys.issue("ada", IdentityType::User, ORIGIN, NOW, holds_until);
            assert_eq!(expires_at - now, lifetime, "{ttl} {holds_until:?}");
            let grant = keys.check(&text, ORIGIN, NOW).unwrap();
            assert_eq!(grant.expires_at, expires_at);
        }
    }

    #[test]
    fn ends_to_the_second() {
        let keys = keys("a", None);
        let text = issue(&keys);
        assert!(
            keys.check(&text, ORIGIN, Timestamp(1_700_000_299_999))
                .is_ok()
        );
        let end = Timestamp(1_700_000_300_000);
        assert_eq!(keys.check(&text, ORIGIN, end), Err(GrantFault::Expired));
    }

    #[test]
    fn is_good_at_its_own_origin_only() {
        let keys = keys("a", None);
        let text = issue(&keys);
        for origin in [
            "https://other.example",
            "http://app.example",
            "https://app.example:444",
            "",
        ] {
            assert_eq!(
                keys.check(&text, origin, NOW),
                Err(GrantFault::Audience),
                "{origin}"
            );
        }
    }

    #[test]
    fn outlives_a_rotation_of_its_key_by_one_step() {
        let text = issue(&keys("a", None));
        assert!(keys("b", Some("a")).check(&text, ORIGIN, NOW).is_ok());
        assert_eq!(
            keys("b", None).check(&text, ORIGIN, NOW),
            Err(GrantFault::Signature)
        );
        assert_eq!(
            keys("c", Some("b")).check(&text, ORIGIN, NOW),
            Err(GrantFault::Signature)
        );
        // New ones are signed by the current key.
        assert!(
            keys("b", None)
                .check(&issue(&keys("b", Some("a"))), ORIGIN, NOW)
                .is_ok()
        );
    }

    #[test]
    fn is_not_made_of_anything_else() {
        let keys = keys("a", None);
        let text = issue(&keys);
        let jwt = text.replacen("v1.", "eyJhbGciOiJIUzI1NiJ9.", 1);
        for (text, fault) in [
            ("", GrantFault::Malformed),
            ("v1.", GrantFault::Malformed),
            ("v1..", GrantFault::Signature),
            ("v1.e30", GrantFault::Malformed),
            ("v2.e30.e30", GrantFault::Malformed),
            (&*jwt, GrantFault::Malformed),
            (&*text.replacen("v1", "V1", 1), GrantFault::Malformed),
            (&*format!("{text}="), GrantFault::Malformed),
            (&*format!("{text}.e30"), GrantFault::Malformed),
            (&*format!(" {text}"), GrantFault::Malformed),
            (&*"v1.".repeat(1000), GrantFault::Malformed),
        ] {
            assert_eq!(keys.check(text, ORIGIN, NOW), Err(fault), "{text}");
        }
    }

    #[test]
    fn is_bounded() {
        let keys = keys("a", None);
        let of_length = |length: usize| format!("v1.{}.AAAA", "A".repeat(length - 8));
        let fault = |length| keys.check(&of_length(length), ORIGIN, NOW).unwrap_err();
        assert_eq!(fault(2047), GrantFault::Signature);
        assert_eq!(fault(2048), GrantFault::Signature);
        assert_eq!(fault(2049), GrantFault::Malformed);
    }

    #[test]
    fn is_strict_about_its_payload_even_when_it_is_signed() {
        let keys = keys("a", None);
        let good = r#"{"kind":"authkit-token","aud":"https://app.example","id":"ada","id_type":"user","exp":1800000000}"#;
        assert!(keys.check(&forge(good), ORIGIN, NOW).is_ok());
        for bad in [
            good.replace("authkit-token", "other"),
            good.replace("\"user\"", "\"email\""),
            good.replace("1800000000", "\"1800000000\""),
            good.replace("1800000000", "1800000000.5"),
            good.replace("\"exp\"", "\"nbf\""),
            good.replace("{\"kind", "{\"extra\":1,\"kind"),
            good.replace("{\"kind", "{\"id\":\"eve\",\"kind"),
        ] {
            let found = keys.check(&forge(&bad), ORIGIN, NOW);
            assert_eq!(found, Err(GrantFault::Malformed), "{bad}");
        }
    }

    #[test]
    fn has_a_mac_that_is_good_for_nothing_else() {
        // The same key and payload without the context string: what another use might sign.
        let text = issue(&keys("a", None));
        let payload = text.split('.').nth(1).unwrap();
        let mut bare = secret("a").hmac();
        bare.update(payload.as_bytes());
        let tag = Base64UrlUnpadded::encode_string(&bare.finalize().into_bytes());
        let found = keys("a", None).check(&format!("v1.{payload}.{tag}"), ORIGIN, NOW);
        assert_eq!(found, Err(GrantFault::Signature));
    }

    #[test]
    fn does_not_survive_the_change_of_any_byte() {
        let keys = keys("a", None);
        let text = issue(&keys);
        for index in 0..text.len() {
            for flip in 1..=255_u8 {
                let mut bytes = text.clone().into_bytes();
                bytes[index] ^= flip;
                if let Ok(changed) = String::from_utf8(bytes) {
                    assert!(keys.check(&changed, ORIGIN, NOW).is_err(), "{index} {flip}");
                }
            }
        }
    }

    proptest! {
        #[test]
        fn never_panics_on_text(text in any::<String>()) {
            let keys = keys("a", Some("b"));
            assert!(keys.check(&text, ORIGIN, NOW).is_err());
            assert!(keys.check(&format!("v1.{text}"), ORIGIN, NOW).is_err());
        }
    }
}
