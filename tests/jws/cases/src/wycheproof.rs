//! The vectors of C2SP/wycheproof, read from where the project keeps them: not in the repository.

use std::path::PathBuf;
use std::{env, fs};

use authkit_jws_worker::Question;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Case;

/// Signatures.
pub const SIGNATURE: &str = "json_web_signature_test.json";

/// Keys that must not be used.
pub const KEY: &str = "json_web_key_test.json";

/// Both again, and encrypted tokens.
pub const CRYPTO: &str = "json_web_crypto_test.json";

/// The files, and how many vectors they have.
const FILES: [(&str, usize); 3] = [(SIGNATURE, 401), (KEY, 26), (CRYPTO, 83)];

#[derive(Deserialize)]
struct File {
    #[serde(rename = "testGroups")]
    groups: Vec<Group>,
}

#[derive(Deserialize)]
struct Group {
    comment: String,
    public: Option<Value>,
    private: Option<Value>,
    tests: Vec<Vector>,
}

#[derive(Deserialize)]
struct Vector {
    #[serde(rename = "tcId")]
    id: u64,
    comment: String,
    jws: Option<Text>,
    jwe: Option<Text>,
    result: String,
}

/// The JSON serialization is an object in some files and a string in others.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    Compact(String),
    Json(Value),
}

/// All vectors. `None` when they are not there, which is said on standard error and is a failure in
/// CI, where they must be.
pub fn cases() -> Option<Vec<Case>> {
    let folder = folder();
    if !folder.join(FILES[0].0).is_file() {
        let advice = format!(
            "NOT TESTED: the Wycheproof vectors are not in {}. Copy {} from testvectors_v1/ of \
             github.com/C2SP/wycheproof to there, or say with WYCHEPROOF_VECTORS where they are.",
            folder.display(),
            FILES.map(|(name, _)| name).join(", "),
        );
        assert!(env::var("CI").as_deref() != Ok("true"), "{advice}");
        eprintln!("{advice}");
        return None;
    }
    let read = |(name, count)| {
        let path = folder.join(name);
        let text = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let file: File = serde_json::from_slice(&text).expect("the schema is the one known");
        let groups = file.groups.into_iter();
        let cases: Vec<Case> = groups.flat_map(|group| group.cases(name)).collect();
        assert_eq!(cases.len(), count, "another version of {name}");
        cases
    };
    Some(FILES.into_iter().flat_map(read).collect())
}

/// The vectors whose keys are for another algorithm than their tokens, by mistake, with keys that
/// name none: RFC 7520's examples, and the only ones of `ES512`.
pub fn mended(cases: &[Case]) -> Vec<Case> {
    let wrong = [
        (346, "PS384"),
        (347, "ES512"),
        (350, "PS384"),
        (351, "ES512"),
    ];
    let mend = |(id, algorithm): (u64, &str)| {
        let is_it = |case: &&Case| case.source == SIGNATURE && case.id == id;
        let mut case = cases.iter().find(is_it).expect("it is there").clone();
        let keys = case.question.keys.as_mut().expect("they are public");
        let key = keys["keys"][0].as_object_mut().expect("a key");
        assert!(case.valid && key.remove("alg").is_some());
        case.question.algorithms = vec![algorithm.to_owned()];
        case.source = "mended";
        case
    };
    wrong.map(mend).to_vec()
}

fn folder() -> PathBuf {
    let beside_the_repository =
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../../shared/vectors");
    env::var_os("WYCHEPROOF_VECTORS").map_or_else(beside_the_repository, PathBuf::from)
}

impl Group {
    fn cases(self, source: &'static str) -> Vec<Case> {
        let key = self.public.or(self.private).expect("a group has a key");
        let keys = match key.get("keys") {
            Some(keys) => keys.as_array().cloned().expect("a list"),
            None => vec![key],
        };
        let case = |vector: Vector| {
            let encrypted = vector.jwe.is_some();
            let token = match vector.jws.or(vector.jwe).expect("a vector has a token") {
                Text::Compact(text) => text,
                Text::Json(value) => value.to_string(),
            };
            Case {
                source,
                id: vector.id,
                name: format!("{}: {}", self.comment, vector.comment),
                // Nobody here can read a JWE, so all are refused, whatever their result.
                valid: vector.result == "valid" && !encrypted,
                refused_for: None,
                question: question(&keys, encrypted, token),
            }
        };
        self.tests.into_iter().map(case).collect()
    }
}

/// The endpoint that somebody with these keys would configure. One symmetric key is a shared
/// secret; everything else is what the issuer's URL has, secrets included, though nobody should.
fn question(keys: &[Value], encrypted: bool, token: String) -> Question {
    let secret = match keys {
        [key] if key["kty"] == "oct" => Some(key["k"].as_str().expect("oct has k").to_owned()),
        _ => None,
    };
    let mut algorithms: Vec<String> = Vec::new();
    for key in keys {
        algorithms.extend(names(key, encrypted));
    }
    Question {
        algorithms,
        keys: secret.is_none().then(|| json!({ "keys": keys })),
        secret,
        token,
    }
}

/// The algorithms that would be configured for a key: its own. A public key that names none, or
/// none that can be configured, is tried with all that there are for public keys, so that what
/// refuses it is the key and not our choice. So is every key for JWE, for either kind.
fn names(key: &Value, encrypted: bool) -> Vec<String> {
    const PUBLIC: [&str; 10] = [
        "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
    ];
    const SHARED: [&str; 3] = ["HS256", "HS384", "HS512"];
    let symmetric = key["kty"] == "oct";
    let own = key["alg"].as_str().unwrap_or_default();
    let all: &[&str] = match symmetric {
        true if encrypted => &SHARED[..1],
        true => &[own],
        false if PUBLIC.contains(&own) => &[own],
        false => &PUBLIC,
    };
    all.iter().map(ToString::to_string).collect()
}
