use std::time::Duration;

use authkit_edge::caller::grant::{GrantFault, GrantKeys};
use authkit_edge::identity::IdentityType;
use authkit_edge::limits::MAX_GRANT_BYTES;
use authkit_edge::runtime::Timestamp;
use authkit_edge::secret::Secret;

const NOW: Timestamp = Timestamp(1_700_000_000_000);

/// A grant, which nobody could have made; or an identity and an origin to make one for, and then
/// to spoil at the place that the first two bytes say.
pub fn grant_check(data: &[u8]) {
    let keys = keys();
    let Some((first, rest)) = data.split_at_checked(3) else {
        return;
    };
    if let Ok(text) = std::str::from_utf8(data) {
        for text in [text.to_owned(), format!("v1.{text}")] {
            assert!(keys.check(&text, "https://app.example", NOW).is_err());
        }
    }
    let Some((identity, origin)) = crate::lines(rest) else {
        return;
    };
    let kind = IdentityType::ALL[usize::from(first[2] % 4)];
    let (text, expires_at) = keys.issue(identity, kind, origin, NOW, None);
    let found = keys.check(&text, origin, NOW);
    if text.len() > MAX_GRANT_BYTES {
        assert_eq!(found, Err(GrantFault::Malformed));
        return;
    }
    let grant = found.unwrap();
    assert_eq!(
        (
            &*grant.identity,
            grant.identity_type,
            grant.expires_at,
            expires_at
        ),
        (identity, kind, expires_at, 1_700_000_300)
    );
    let end = Timestamp(expires_at * 1000);
    assert_eq!(keys.check(&text, origin, end), Err(GrantFault::Expired));
    let elsewhere = keys.check(&text, &format!("{origin}."), NOW);
    assert_eq!(elsewhere, Err(GrantFault::Audience));

    let mut spoilt = text.into_bytes();
    let place = usize::from(u16::from_le_bytes([first[0], first[1]])) % spoilt.len();
    spoilt[place] ^= 1 << (first[2] % 7);
    if let Ok(spoilt) = String::from_utf8(spoilt) {
        assert!(keys.check(&spoilt, origin, NOW).is_err());
    }
}

fn keys() -> GrantKeys {
    let secret = |letter: &str| Secret::parse(&letter.repeat(32)).ok();
    GrantKeys {
        current: secret("a").unwrap(),
        previous: secret("b"),
        ttl: Duration::from_mins(5),
    }
}
