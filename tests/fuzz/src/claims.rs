use authkit_edge::jwt::TokenFault;
use authkit_edge::jwt::claim_path::ClaimPath;
use authkit_edge::jwt::claims::{Audience, ClaimPolicy};
use authkit_edge::jwt::persons::{Acceptable, Product};
use authkit_edge::runtime::Timestamp;
use serde_json::{Map, Value};

const NOW: Timestamp = Timestamp(1_700_000_000_000);
const NOW_SECONDS: f64 = 1_700_000_000.0;
const SKEW_SECONDS: f64 = 60.0;

/// The path of a claim, a line break, and a payload.
pub fn claim_path(data: &[u8]) {
    let Some((path, payload)) = crate::lines(data) else {
        return;
    };
    check_policy(payload.as_bytes());
    let Ok(Value::Object(mut claims)) = serde_json::from_str::<Value>(payload) else {
        return;
    };
    // What has no bearing on where claims are found, is made right.
    for name in ["nbf", "iat", "aud", "role", "sts"] {
        claims.remove(name);
    }
    claims.insert("iss".to_owned(), "i".into());
    claims.insert("exp".to_owned(), 1_800_000_000.into());
    let payload = Value::Object(claims.clone()).to_string();
    let policy = policy(Audience::AudIfAny(Vec::new()));
    let checked = match policy.check(payload.as_bytes(), NOW) {
        Ok(checked) => checked,
        Err(TokenFault::Nobody(_) | TokenFault::Tenant) => return,
        Err(fault) => panic!("{fault:?}"),
    };
    let Some(parsed) = ClaimPath::parse(path) else {
        let plain = plain(path);
        assert!(
            WRITTEN_BY_USERS.iter().any(|name| plain.contains(name)),
            "{path}"
        );
        return;
    };
    let list = match look_up(&claims, path) {
        Some(Value::Array(list)) => list.clone(),
        other => other.into_iter().cloned().collect(),
    };
    let expected: Option<Vec<String>> = list
        .iter()
        .filter(|value| !nothing(value))
        .map(name)
        .collect();
    let found = match checked.identities(&parsed) {
        Ok(found) => found,
        Err(TokenFault::IdentityKind) => {
            assert_eq!(expected, None);
            return;
        }
        Err(_) => {
            let plain = plain(path);
            assert!(plain.contains("mail") || plain.contains("phone"), "{path}");
            return;
        }
    };
    assert!(found.iter().all(|identity| !identity.is_empty()));
    assert_eq!(
        Some(found.iter().map(ToString::to_string).collect()),
        expected
    );
    if path == "email" && !found.is_empty() {
        let says = |(name, value): (&String, &Value)| {
            plain(name).contains("verified") && (*value == true || *value == "true")
        };
        assert!(claims.iter().any(says), "nothing says that it was verified");
    }
}

/// What the names of claims that users write have in them.
const WRITTEN_BY_USERS: [&str; 11] = [
    "metadata",
    "name",
    "profile",
    "picture",
    "website",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "address",
    "traits",
];

fn plain(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|letter| letter.to_ascii_lowercase()).collect()
}

/// What says nothing: `null`, an empty text, a list of those.
fn nothing(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().all(nothing),
        other => other.is_null() || other == "",
    }
}

/// The slow way: a text, or an integer that JavaScript would take for no other.
fn name(value: &Value) -> Option<String> {
    let safe = |number: &i64| number.unsigned_abs() < 1 << 53;
    let number = || value.as_i64().filter(safe).map(|number| number.to_string());
    value.as_str().map(str::to_owned).or_else(number)
}

/// The slow way: the name as it stands, or else one object after the other.
fn look_up<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path).filter(|value| !value.is_null()) {
        return Some(value);
    }
    let names: Vec<&str> = path.split('.').collect();
    let mut value = claims.get(names[0])?;
    for name in &names[1..] {
        value = value.as_object()?.get(*name)?;
    }
    Some(value)
}

fn policy(audience: Audience) -> ClaimPolicy {
    ClaimPolicy::new(vec!["i".to_owned()], audience)
}

/// Claims that are accepted say what they must, to a parser that shares nothing with ours.
fn check_policy(payload: &[u8]) {
    let mut policy = policy(Audience::Aud(vec!["a".to_owned()]));
    let strict = policy.check(payload, NOW).is_ok();
    policy.accepted = [Some(Acceptable::Anonymous), Some(Acceptable::Programs)];
    let lax = policy.check(payload, NOW).is_ok();
    assert!(lax || !strict, "what is accepted refuses nothing");
    for product in [Product::Access, Product::Clerk, Product::Supabase] {
        policy.product = product;
        let known = policy.check(payload, NOW).is_ok();
        assert!(lax || !known, "a product that is known refuses no less");
    }
    if !lax {
        return;
    }
    let payload = payload.strip_prefix(b"\xef\xbb\xbf").unwrap_or(payload);
    let claims: Value = serde_json::from_slice(payload).unwrap();
    assert_eq!(claims["iss"], "i");
    let named = |value: &Value| *value == "a";
    assert!(named(&claims["aud"]) || claims["aud"].as_array().unwrap().iter().any(named));
    assert!(claims["exp"].as_f64().unwrap() > NOW_SECONDS - SKEW_SECONDS);
    for name in ["nbf", "iat"] {
        if let Some(time) = claims.get(name).filter(|time| !time.is_null()) {
            assert!(time.as_f64().unwrap() <= NOW_SECONDS + SKEW_SECONDS);
        }
    }
    assert!(claims["role"] != "anon" && claims["role"] != "service_role");
    assert!(claims["sts"] != "pending" && claims["drn"] != "DSR" && claims["typ"] != "Refresh");
    assert!(claims["firebase"]["tenant"].is_null());
    if strict {
        assert!(claims["is_anonymous"] != true && claims["gty"] != "client-credentials");
        assert!(claims["firebase"]["sign_in_provider"] != "anonymous");
        let subject = claims["sub"].as_str().filter(|subject| !subject.is_empty());
        for name in ["client_id", "azp", "cid", "appid", "iss", "aud"] {
            assert!(
                subject.is_none_or(|subject| claims[name] != subject),
                "{name}"
            );
        }
    }
}
