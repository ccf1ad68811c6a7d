//! The body of a request: bounded, JSON, and an object.

use std::rc::Rc;

use serde_json::error::Category;

use crate::http::target::parameters;
use crate::json::{Object, Value};
use crate::limits::{MAX_REQUEST_BODY_BYTES, REQUEST_BODY_TIMEOUT, WAITING_BYTES};
use crate::runtime::in_flight::{Allowance, Room};
use crate::runtime::{Message, ReadError, Runtime, Timestamp};

/// What a request body may say. An absent body says nothing.
///
/// Field types are checked only when a field is used: a request whose identity comes from
/// elsewhere is not refused for a body that nobody reads.
#[derive(Debug, Default)]
pub struct RequestBody(Object);

/// Why a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BodyFault {
    /// It has more than [`MAX_REQUEST_BODY_BYTES`].
    TooLarge,
    /// The sender stopped half-way.
    Broken,
    /// It did not come within [`REQUEST_BODY_TIMEOUT`].
    TooSlow,
    /// There is no room for it in this isolate at the moment.
    NoRoom,
    /// It is not sent as `application/json`.
    MediaType,
    /// It is not JSON.
    Syntax,
    /// It is JSON and no object, or an object with a name twice.
    NotAnObject,
    /// The named field is not a string, or `identityType` and `identity_type` contradict.
    Field(&'static str),
}

impl RequestBody {
    /// Reads and checks the body of `request`.
    ///
    /// A media type other than JSON is refused even for an empty body: browsers send those
    /// cross-site without asking first, and no honest caller needs to.
    ///
    /// It is waited for as long as there is room for those that wait, and until `deadline` at most.
    ///
    /// # Errors
    /// The first [`BodyFault`] that is met.
    pub async fn read(
        request: &impl Message,
        media: MediaType,
        waiting: &Rc<Room>,
        deadline: Timestamp,
        runtime: &impl Runtime,
    ) -> Result<Self, BodyFault> {
        let media_type = request.header("content-type");
        let json = media_type.as_deref().map(is_json);
        if json == Some(false) || (json.is_none() && media == MediaType::Required) {
            return Err(BodyFault::MediaType);
        }
        let now = runtime.now();
        let share = waiting.open(now);
        if !share.take(WAITING_BYTES) {
            return Err(BodyFault::NoRoom);
        }
        let allowance = Allowance::of(MAX_REQUEST_BODY_BYTES);
        let timeout = REQUEST_BODY_TIMEOUT.min(now.until(deadline));
        let read = runtime.within(timeout, request.read_body(&allowance));
        let bytes = match read.await.ok_or(BodyFault::TooSlow)? {
            Ok(bytes) => bytes,
            Err(ReadError::TooLarge) => return Err(BodyFault::TooLarge),
            Err(ReadError::NoRoom) => return Err(BodyFault::NoRoom),
            Err(ReadError::Broken) => return Err(BodyFault::Broken),
        };
        if bytes.is_empty() {
            return Ok(Self::default());
        }
        if json.is_none() {
            return Err(BodyFault::MediaType);
        }
        Self::parse(&bytes)
    }

    /// Reads a body that is not empty. `null` counts as an empty object, as in the Flask sample.
    fn parse(bytes: &[u8]) -> Result<Self, BodyFault> {
        match Value::parse(bytes) {
            Ok(Value::Object(object)) => Ok(Self(object)),
            Ok(Value::Null) => Ok(Self::default()),
            Ok(_) => Err(BodyFault::NotAnObject),
            Err(error) => Err(match error.classify() {
                Category::Data => BodyFault::NotAnObject,
                Category::Io | Category::Syntax | Category::Eof => BodyFault::Syntax,
            }),
        }
    }

    /// An empty text is none: front ends fill in what they have not got.
    fn text(&self, field: &str, name: &'static str) -> Result<Option<String>, BodyFault> {
        match self.0.get(field) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.is_empty())),
            Some(_) => Err(BodyFault::Field(name)),
        }
    }

    /// The identity that the body names.
    ///
    /// # Errors
    /// [`BodyFault::Field`] when it is there but no string.
    pub fn identity(&self) -> Result<Option<String>, BodyFault> {
        self.text("identity", "identity")
    }

    /// The identity type that the body names, in either spelling.
    ///
    /// # Errors
    /// [`BodyFault::Field`] when it is there but no string, or both spellings contradict.
    pub fn identity_type(&self) -> Result<Option<String>, BodyFault> {
        let camel = self.text("identityType", "identityType")?;
        let snake = self.text("identity_type", "identity_type")?;
        agree(camel, snake, "identityType")
    }

    /// The same two from the query too, which is all that the widget lets an application set.
    ///
    /// # Errors
    /// [`BodyFault::Field`] when one is no string, or is there twice with different values.
    pub fn or_query(&self, query: &str) -> Result<Fields, BodyFault> {
        let mut fields = Fields {
            identity: self.identity()?,
            identity_type: self.identity_type()?,
        };
        let pairs = parameters(query).into_iter();
        for (name, value) in pairs.filter(|(_, value)| !value.is_empty()) {
            let (slot, name) = match &*name {
                "identity" => (&mut fields.identity, "identity"),
                "identityType" | "identity_type" => (&mut fields.identity_type, "identityType"),
                _ => continue,
            };
            *slot = agree(slot.take(), Some(value.into_owned()), name)?;
        }
        Ok(fields)
    }
}

/// Whether a request may leave its media type out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MediaType {
    /// It may, if it has no body.
    Optional,
    /// It may not: a browser then asks before it sends another site's request.
    Required,
}

/// Whom a request asks for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fields {
    /// `identity`
    pub identity: Option<String>,
    /// `identityType` or `identity_type`
    pub identity_type: Option<String>,
}

/// One value out of two places that must not contradict.
fn agree(
    one: Option<String>,
    other: Option<String>,
    name: &'static str,
) -> Result<Option<String>, BodyFault> {
    match (one, other) {
        (Some(one), Some(other)) if one != other => Err(BodyFault::Field(name)),
        (one, other) => Ok(one.or(other)),
    }
}

/// Whether a `Content-Type` is JSON, parameters aside. One that came twice arrives as a list, and is
/// one as long as every entry says the same.
///
/// A comma in the quotes of a parameter ends an entry, too. What follows is then no JSON, so that is
/// never taken for more than it is.
#[must_use]
pub fn is_json(content_type: &str) -> bool {
    content_type.split(',').all(|entry| {
        let essence = entry.split(';').next().unwrap_or(entry);
        essence.trim().eq_ignore_ascii_case("application/json")
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};
    use proptest::sample::select;

    use super::{BodyFault, RequestBody, is_json};

    #[test]
    fn reads_both_spellings_of_the_type() {
        for text in [
            r#"{"identity":"u1","identityType":"team"}"#,
            r#"{"identity":"u1","identity_type":"team"}"#,
            r#" {"identity":"u1","identityType":"team","identity_type":"team","group":7} "#,
        ] {
            let body = RequestBody::parse(text.as_bytes()).unwrap();
            assert_eq!(body.identity(), Ok(Some("u1".to_owned())), "{text}");
            assert_eq!(body.identity_type(), Ok(Some("team".to_owned())), "{text}");
        }
    }

    #[test]
    fn takes_null_for_nothing() {
        for text in ["null", "{}", r#"{"identity":null,"identity_type":null}"#] {
            let body = RequestBody::parse(text.as_bytes()).unwrap();
            assert_eq!(body.identity(), Ok(None), "{text}");
            assert_eq!(body.identity_type(), Ok(None), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_object() {
        for text in [
            "[]",
            r#"["u1","user","user"]"#,
            "\"x\"",
            "1",
            "true",
            r#"{"identity":"a","identity":"b"}"#,
        ] {
            let found = RequestBody::parse(text.as_bytes()).err();
            assert_eq!(found, Some(BodyFault::NotAnObject), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_json() {
        let deep = "[".repeat(4000);
        for text in [
            "",
            "{",
            "{}{}",
            "nul",
            "<html>",
            "{\"identity\":\"\u{1}\"}x",
            &deep,
        ] {
            let found = RequestBody::parse(text.as_bytes()).err();
            assert_eq!(found, Some(BodyFault::Syntax), "{text}");
        }
        assert!(RequestBody::parse(b"{\"identity\":\"\xff\"}").is_err());
    }

    #[test]
    fn refuses_fields_of_the_wrong_type_where_they_are_used() {
        let body = RequestBody::parse(br#"{"identity":7,"identityType":["user"]}"#).unwrap();
        assert_eq!(body.identity(), Err(BodyFault::Field("identity")));
        assert_eq!(body.identity_type(), Err(BodyFault::Field("identityType")));
        let body =
            RequestBody::parse(br#"{"identityType":"user","identity_type":"team"}"#).unwrap();
        assert_eq!(body.identity_type(), Err(BodyFault::Field("identityType")));
    }

    /// The kind: one type, said by more than one place (a page and its library, a front end and its
    /// proxy), each in its own spelling and with its own parameters.
    #[test]
    fn takes_one_json_media_type_only() {
        for text in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/json;x=y",
            "application/json, application/json",
            "application/json,application/json",
            "application/json , Application/JSON",
            "application/json; charset=utf-8, application/json",
            "application/json, application/json;charset=UTF-8, application/json",
        ] {
            assert!(is_json(text), "{text}");
        }
        for text in [
            "",
            "text/plain",
            "application/json, text/plain",
            "text/plain, application/json",
            "application/json, application/json, text/plain",
            "application/json, application/ld+json",
            "application/json; charset=utf-8, text/plain; charset=utf-8",
            "application/json,",
            ", application/json",
            ",",
            "text/plain; x=\", application/json\"",
            "application/json; x=\"a, b\"",
            "application/jsonp",
            "application/ld+json",
            "application/x-www-form-urlencoded",
            "text/plain; application/json",
            "multipart/form-data",
        ] {
            assert!(!is_json(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn takes_a_list_of_types_for_json_when_each_is(
            types in vec(select(&["application/json", "application/json;a=b", "text/plain", ""][..]), 1..5),
        ) {
            let all = types.iter().all(|entry| entry.starts_with("application/json"));
            assert_eq!(is_json(&types.join(", ")), all, "{types:?}");
        }

        #[test]
        fn never_panics_on_bytes(bytes in vec(any::<u8>(), 0..200)) {
            let _ = RequestBody::parse(&bytes);
        }
    }
}
