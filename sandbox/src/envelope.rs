//! The JSON of answers, as text.

use bytes::Bytes;
use serde_json::Value;

use crate::catalogue::Listing;
use crate::fault::WrongShape;
use crate::settings::{RequestIdKind, Settings, Whoami};
use crate::vault::Connection;

/// A sentence in every error body, and in the HTML of [`crate::FaultKind::NotJson`]: a client that
/// shows it to its own callers leaks upstream details.
pub const DETAIL_MARKER: &str = "sandbox-error-detail-do-not-leak";

/// What some token answers have beside the rest.
#[derive(Default)]
pub(crate) struct Extras {
    /// For whom it is.
    pub(crate) identity: Option<Value>,
    /// One's says it in the answer itself.
    pub(crate) is_white_label: Option<bool>,
}

/// The token answer, in pieces so that the rows are not copied.
pub(crate) fn token(
    settings: &Settings,
    page: &Listing,
    request_id: u64,
    extras: Extras,
    wrong: Option<WrongShape>,
) -> Vec<Bytes> {
    let pages = settings.pages_claim.unwrap_or(page.pages);
    let pages = match wrong {
        Some(WrongShape::PagesMissing) => String::new(),
        Some(WrongShape::PagesString) => r#","pages":"3""#.to_owned(),
        Some(WrongShape::PagesNegative) => r#","pages":-3"#.to_owned(),
        Some(WrongShape::PagesFractional) => r#","pages":2.5"#.to_owned(),
        _ => format!(r#","pages":{pages}"#),
    };
    let (first, last) = if settings.extra_envelope_fields {
        (
            r#""apiVersion":1.10,"#,
            r#","cursor":{"big":9007199254740993,"text":"],\"rows\":["}"#,
        )
    } else {
        ("", "")
    };
    let (open, close) = match wrong {
        Some(WrongShape::ArrayInsteadOfObject) => ("[{", "}]"),
        _ => ("{", "}"),
    };
    let request_id = match settings.request_id {
        RequestIdKind::Integer => format!(r#","requestId":{request_id}"#),
        RequestIdKind::String => format!(r#","requestId":"req_{request_id}""#),
        RequestIdKind::Object => format!(r#","requestId":{{"id":{request_id},"shard":"b"}}"#),
        RequestIdKind::Absent => String::new(),
        RequestIdKind::Twice => format!(r#","requestId":{request_id},"request_id":{request_id}"#),
    };
    let identity = extras.identity;
    let identity = identity.map_or_else(String::new, |whose| format!(r#","identity":{whose}"#));
    let white_label = extras.is_white_label;
    let white_label =
        white_label.map_or_else(String::new, |flag| format!(r#","isWhiteLabel":{flag}"#));
    let (total, number) = (page.total, page.page);
    let tail = format!(
        r#""total":{total}{pages},"page":{number}{request_id}{white_label}{identity}{last}{close}"#
    );

    match wrong {
        Some(WrongShape::EmptyBody) => Vec::new(),
        Some(WrongShape::RowsMissing) => vec![format!("{open}{first}{tail}").into()],
        Some(WrongShape::RowsNotArray) => {
            vec![format!(r#"{open}{first}"rows":{{"0":{{}}}},{tail}"#).into()]
        }
        Some(WrongShape::DuplicateRows) => vec![
            format!(r#"{open}{first}"rows":["#).into(),
            page.rows.clone(),
            format!(r#"],"rows":[],{tail}"#).into(),
        ],
        _ => vec![
            format!(r#"{open}{first}"rows":["#).into(),
            page.rows.clone(),
            format!("],{tail}").into(),
        ],
    }
}

/// The flags answer.
pub(crate) fn flags(settings: &Settings, wrong: Option<WrongShape>) -> Vec<Bytes> {
    let white = settings.white_label;
    let object = |white: &str| {
        format!(
            r#"{{"accessList":[],"authkitWhitelist":{white},"earlyAccess":[],"completedQuickstart":true}}"#
        )
    };
    let text = match wrong {
        None => object(&white.to_string()),
        Some(WrongShape::EmptyBody) => return Vec::new(),
        Some(WrongShape::ArrayInsteadOfObject) => format!("[{}]", object(&white.to_string())),
        Some(_) => object(r#""true""#),
    };
    vec![text.into()]
}

/// The issuer's keys.
pub(crate) fn keys(keys: &Value, wrong: Option<WrongShape>) -> Vec<Bytes> {
    let text = match wrong {
        None => keys.to_string(),
        Some(WrongShape::EmptyBody) => return Vec::new(),
        Some(WrongShape::ArrayInsteadOfObject) => format!("[{keys}]"),
        Some(_) => "{}".to_owned(),
    };
    vec![text.into()]
}

/// An error answer in the published shape. `correlation_id` is in a header, too.
pub(crate) fn error(status: u16, message: &str, correlation_id: &str) -> Bytes {
    let kind = match status {
        400 => "bad_request",
        401 => "unauthorized",
        402 => "payment_required",
        403 => "forbidden",
        404 => "not_found",
        409 => "conflict",
        422 => "unprocessable",
        429 => "too_many_requests",
        503 => "unavailable",
        _ => "internal",
    };
    let body = serde_json::json!({
        "correlationId": correlation_id,
        "key": format!("err::application::{kind}"),
        "message": format!("{message} ({DETAIL_MARKER})"),
        "type": kind,
        "status": status,
    });
    Bytes::from(body.to_string())
}

/// Whose key it is. The user is a person, of whom no client should tell anybody.
pub(crate) fn whoami(whoami: &Whoami) -> Vec<Bytes> {
    let mut body = serde_json::json!({
        "user": { "id": "user_1", "name": DETAIL_MARKER, "email": "nobody@sandbox.example" },
    });
    for (member, id, name) in [
        (
            "organization",
            &whoami.organization_id,
            &whoami.organization,
        ),
        ("project", &whoami.project_id, &whoami.project),
    ] {
        if let Some(name) = name {
            body[member] = serde_json::json!({ "id": id, "name": name });
        }
    }
    vec![body.to_string().into()]
}

/// A page of connections.
pub(crate) fn connections(
    (rows, total): (&[Connection], u64),
    (page, limit): (u64, u64),
    settings: &Settings,
    wrong: Option<WrongShape>,
) -> Vec<Bytes> {
    let rows: Vec<String> = rows
        .iter()
        .filter_map(|row| serde_json::to_string(row).ok())
        .collect();
    let listing = Listing {
        rows: rows.join(",").into(),
        total,
        pages: total.div_ceil(limit).max(1),
        page,
    };
    // A list like any other, but nobody's session.
    let settings = Settings {
        request_id: RequestIdKind::Absent,
        ..settings.clone()
    };
    token(&settings, &listing, 0, Extras::default(), wrong)
}

/// Indents JSON text without touching its tokens.
pub(crate) fn indent(json: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(json.len() * 2);
    let mut depth = 0_usize;
    let mut in_string = false;
    let mut escaped = false;
    let line = |out: &mut Vec<u8>, depth: usize| {
        out.push(b'\n');
        out.resize(out.len() + 2 * depth, b' ');
    };
    for &byte in json {
        if in_string {
            out.push(byte);
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            continue;
        }
        match byte {
            b'{' | b'[' => {
                out.push(byte);
                depth += 1;
                line(&mut out, depth);
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                line(&mut out, depth);
                out.push(byte);
            }
            b',' => {
                out.push(byte);
                line(&mut out, depth);
            }
            b':' => out.extend_from_slice(b" : "),
            _ => {
                in_string = byte == b'"';
                out.push(byte);
            }
        }
    }
    out.push(b'\n');
    out
}

#[cfg(test)]
mod tests {
    //! Only the indenter: answers are checked over HTTP.

    use serde_json::Value;

    use super::indent;

    #[test]
    fn indenting_changes_white_space_outside_strings_only() {
        let text = r#"{"a":[1.10,"x\\",{"b,c":":\"]{"}],"d":9007199254740993,"e":{}}"#;
        let pretty = String::from_utf8(indent(text.as_bytes())).expect("UTF-8");
        assert!(pretty.contains("\n    1.10,\n    \"x\\\\\",\n"), "{pretty}");
        let squeezed = pretty.replace(['\n', ' '], "");
        assert_eq!(squeezed, text);
        let parsed: Value = serde_json::from_str(&pretty).expect("JSON");
        assert_eq!(parsed, serde_json::from_str::<Value>(text).expect("JSON"));
    }
}
