use authkit_edge::jwt::claims::{Audience, ClaimPath, ClaimPolicy, Product};
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
    for name in ["nbf", "iat", "role", "sts"] {
        claims.remove(name);
    }
    claims.insert("iss".to_owned(), "i".into());
    claims.insert("exp".to_owned(), 1_800_000_000.into());
    let payload = Value::Object(claims.clone()).to_string();
    let policy = policy(Audience::KeysOrParty);
    let checked = policy.check(payload.as_bytes(), NOW).unwrap();
    let found = checked.identities(&ClaimPath::new(path));
    assert!(found.iter().all(|identity| !identity.is_empty()));
    let expected = match look_up(&claims, path) {
        Some(Value::String(text)) => vec![text.as_str()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    let expected: Vec<&str> = expected.into_iter().filter(|s| !s.is_empty()).collect();
    assert_eq!(found, expected);
}

/// The slow way: the name as it stands, or else one object after the other.
fn look_up<'a>(claims: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(path) {
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
    ClaimPolicy {
        issuers: vec!["i".to_owned()],
        audience,
        authorized_parties: Vec::new(),
        product: Product::Any,
    }
}

/// Claims that are accepted say what they must, to a parser that shares nothing with ours.
fn check_policy(payload: &[u8]) {
    let policy = policy(Audience::Aud(vec!["a".to_owned()]));
    if policy.check(payload, NOW).is_err() {
        return;
    }
    let claims: Value = serde_json::from_slice(payload).unwrap();
    assert_eq!(claims["iss"], "i");
    let named = |value: &Value| *value == "a";
    assert!(named(&claims["aud"]) || claims["aud"].as_array().unwrap().iter().any(named));
    assert!(claims["exp"].as_f64().unwrap() > NOW_SECONDS - SKEW_SECONDS);
    for name in ["nbf", "iat"] {
        if let Some(time) = claims.get(name) {
            assert!(time.as_f64().unwrap() <= NOW_SECONDS + SKEW_SECONDS);
        }
    }
    assert!(claims["role"] != "anon" && claims["role"] != "service_role");
}
