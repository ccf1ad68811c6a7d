//! Texts of headers and payloads: mostly right, with everything that can be wrong now and then.

use proptest::collection::vec;
use proptest::prelude::{Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select};

use crate::signer::KEY_ID;

pub const ISSUER: &str = "https://issuer.example";
pub const AUDIENCE: &str = "authkit";

/// A member of an object: name and JSON text.
type Member = (&'static str, String);

/// One of these texts.
fn one_of(texts: &[&str]) -> impl Strategy<Value = String> + use<> {
    let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    select(texts)
}

/// A member with the value that is right, most of the time; or with another one; or none.
fn member(
    name: &'static str,
    right: &str,
    wrong: &[&str],
) -> impl Strategy<Value = Vec<Member>> + use<> {
    let wrong = one_of(wrong);
    let right = right.to_owned();
    prop_oneof![
        12 => Just(vec![(name, right)]),
        2 => wrong.prop_map(move |text| vec![(name, text)]),
        1 => Just(Vec::new()),
    ]
}

/// Members that need not be there.
fn extras(
    names: &'static [(&'static str, &'static [&'static str])],
) -> impl Strategy<Value = Vec<Member>> {
    let one = select(names)
        .prop_flat_map(|(name, texts)| select(texts).prop_map(move |text| (name, text.to_owned())));
    prop_oneof![3 => Just(Vec::new()), 2 => vec(one, 1..3)]
}

/// The text of an object, in which a name may stand twice.
fn object(parts: impl Strategy<Value = Vec<Vec<Member>>>) -> impl Strategy<Value = String> {
    (parts, any::<Index>(), 0..20_u8).prop_map(|(parts, index, twice)| {
        let mut members = parts.concat();
        if twice == 0 && !members.is_empty() {
            members.push(members[index.index(members.len())].clone());
        }
        let texts = members
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", texts.collect::<Vec<_>>().join(","))
    })
}

/// The header of a token of that algorithm.
pub fn header(algorithm: &str) -> impl Strategy<Value = String> + use<> {
    let right = format!("\"{algorithm}\"");
    let lower = right.to_lowercase();
    let wrong = [
        "\"none\"",
        "\"None\"",
        "\"HS256\"",
        "\"RS256\"",
        "\"ES384\"",
        "\"ES521\"",
        "null",
        "1",
        &lower,
    ];
    let parts = (
        member("alg", &right, &wrong),
        member(
            "kid",
            &format!("\"{KEY_ID}\""),
            &["\"k2\"", "\"\"", "1", "null", "[\"k1\"]"],
        ),
        member(
            "typ",
            "\"JWT\"",
            &[
                "\"at+jwt\"",
                "\"application/jwt\"",
                "\"dpop+jwt\"",
                "1",
                "null",
            ],
        ),
        extras(&[
            ("crit", &["[]", "[\"exp\"]", "\"exp\""]),
            ("b64", &["true", "false"]),
            ("zip", &["\"DEF\"", "null"]),
            ("enc", &["\"A128GCM\""]),
            ("cty", &["\"JWT\"", "1"]),
            ("jku", &["\"https://evil.example/keys\"", "1"]),
            ("jwk", &["{}", "{\"kty\":\"oct\",\"k\":\"AAAA\"}"]),
            ("x5c", &["[\"AAAA\"]", "\"AAAA\""]),
            ("nonce", &["\"n\"", "1"]),
            ("other", &["{\"a\":[1]}"]),
        ]),
    );
    object(parts.prop_map(|(a, b, c, d)| vec![a, b, c, d]))
}

/// The payload of a token, `now` being in seconds. No time is so near to a limit that it matters
/// which second it is.
pub fn payload(now: u64) -> impl Strategy<Value = String> + use<> {
    let (past, near, soon) = (now - 3600, now - 30, now + 30);
    let (far, limit) = ((now + 3600).to_string(), (now + 300).to_string());
    let (past, near, soon) = (past.to_string(), near.to_string(), soon.to_string());
    let (text, fraction) = (format!("\"{far}\""), format!("{far}.5"));
    let odd = [
        "1e10", "1e300", "-1", "0", "-0.0", "null", "true", "[1]", "{}", "1e-5",
    ];
    let exp: Vec<&str> = [&*past, &near, &soon, &text, &fraction]
        .into_iter()
        .chain(odd)
        .collect();
    let nbf: Vec<&str> = [&*limit, &far, &soon, &text, &fraction]
        .into_iter()
        .chain(odd)
        .collect();
    let issuer = format!("\"{ISSUER}\"");
    let audience = format!("\"{AUDIENCE}\"");
    let with_slash = format!("\"{ISSUER}/\"");
    let (issuers, both) = (format!("[{issuer}]"), format!("[\"x\",{audience}]"));
    let mixed = format!("[1,{audience}]");
    let parts = (
        member(
            "iss",
            &issuer,
            &[&issuers, &with_slash, "\"\"", "null", "1"],
        ),
        member(
            "aud",
            &audience,
            &[&both, &mixed, "[]", "\"x\"", "\"\"", "null", "{}"],
        ),
        member("exp", &far, &exp),
        member("nbf", &past, &nbf),
        member("iat", &past, &nbf),
        extras(&[
            ("sub", &["\"ada\"", "\"\"", "1", "null"]),
            (
                "role",
                &["\"anon\"", "\"service_role\"", "\"authenticated\""],
            ),
            ("sts", &["\"pending\"", "\"active\""]),
            ("is_anonymous", &["true", "false"]),
            ("gty", &["[\"client-credentials\"]", "\"password\""]),
            ("azp", &["\"https://app.example\"", "1"]),
            (
                "o",
                &["{\"id\":\"org_1\",\"id\":\"org_2\"}", "{\"id\":\"org_1\"}"],
            ),
        ]),
    );
    object(parts.prop_map(|(a, b, c, d, e, f)| vec![a, b, c, d, e, f]))
}

/// What happens to a token on its way.
#[derive(Debug, Clone)]
pub enum Change {
    None,
    /// A byte is another one.
    Byte(Index, u8),
    /// Something is behind it, or before it.
    Around(&'static str, &'static str),
    /// A part has this behind it.
    Part(usize, &'static str),
}

impl Change {
    pub fn any() -> impl Strategy<Value = Self> {
        let place = (any::<Index>(), 0x21..0x7f_u8);
        let around = select(vec![
            ("", "="),
            ("", "."),
            ("", ".e30"),
            (" ", ""),
            ("", "\n"),
            (".", ""),
        ]);
        let part = (0..3_usize, select(vec!["=", "==", "A", "+", " "]));
        prop_oneof![
            12 => Just(Self::None),
            2 => place.prop_map(|(index, byte)| Self::Byte(index, byte)),
            1 => around.prop_map(|(before, after)| Self::Around(before, after)),
            1 => part.prop_map(|(part, after)| Self::Part(part, after)),
        ]
    }

    pub fn apply(&self, token: &str) -> String {
        match self {
            Self::None => token.to_owned(),
            Self::Byte(index, byte) => {
                let mut bytes = token.as_bytes().to_vec();
                let place = index.index(bytes.len());
                bytes[place] = *byte;
                String::from_utf8(bytes).expect("it stays ASCII")
            }
            Self::Around(before, after) => format!("{before}{token}{after}"),
            Self::Part(part, after) => {
                let mut parts: Vec<String> = token.split('.').map(str::to_owned).collect();
                parts[*part].push_str(after);
                parts.join(".")
            }
        }
    }
}
