//! JSON, as it is read and written here.
//!
//! It is read strictly. RFC 7515 §4 lets a parser choose between refusing objects that have a name twice
//! and taking the last value. Two parsers that choose differently read two tokens out of one, so here
//! they are refused: at every depth where values are read, and in the object itself where its values
//! stay text.
//!
//! What others write more than they must says nothing here: a member that is `null` is not there, and
//! a byte order mark before the text is no part of it (RFC 8259 §8.1).
//!
//! All of it goes by visitors that take whatever comes. What serde derives says what it wanted instead,
//! in texts that nobody reads and that were a thirtieth of the Worker.

mod raw;

use std::fmt;

use serde::Serialize;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

pub(crate) use raw::{elements, members};

/// The JSON text of a value.
///
/// No error: only maps with other keys than strings, and implementations that refuse, fail to be
/// written as text; here are structs of strings and numbers.
pub(crate) fn text(value: &(impl Serialize + ?Sized)) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The text behind a byte order mark, which some servers in .NET and Java write.
fn unmarked(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}

/// A JSON value in which no object has a name twice.
///
/// Not `serde_json::Value`, whose maps would be a hundredth of the Worker.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number that is written as its digits, of at most [`SAFE`] from 0: no other number is
    /// read as the same.
    Integer(i64),
    /// Any other number.
    Number(f64),
    /// A string.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// The greatest whole number below which no two that are written differently are read as one, by
/// whoever reads numbers as JavaScript does (RFC 8259 §6).
pub const SAFE: i64 = 9_007_199_254_740_991;

/// A JSON object, in which every name is there once, as in all that it has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// Reads an object, strictly: UTF-8, nothing after it, depth at most 128.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        match Value::parse(bytes).ok()? {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// How many members it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether it has none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value under a name. `null` is none: that is how many serializers write what is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.stated(name)
            .filter(|value| !matches!(value, Value::Null))
    }

    /// The value under a name, `null` too: for what refuses wherever it stands.
    #[must_use]
    pub fn stated(&self, name: &str) -> Option<&Value> {
        let at = self.0.binary_search_by(|(known, _)| (**known).cmp(name));
        Some(&self.0.get(at.ok()?)?.1)
    }

    /// The names and their values, in the order of the names, but those that are `null`.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        let stated = self.0.iter();
        let there = stated.filter(|(_, value)| !matches!(value, Value::Null));
        there.map(|(name, value)| (name.as_str(), value))
    }

    /// Sorts the members. `None` if a name is there twice.
    fn of(mut members: Vec<(String, Value)>) -> Option<Self> {
        members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let unique = members.is_sorted_by(|(one, _), (other, _)| one < other);
        unique.then_some(Self(members))
    }
}

impl Value {
    /// Reads a value, as strictly.
    ///
    /// # Errors
    /// What is no JSON; or, of the category `Data`, has a name twice.
    pub fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(unmarked(bytes))
    }

    /// Whether it has nothing in it: `null`, `""`, `[]`, or a list of those.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::String(text) => text.is_empty(),
            Self::Array(list) => list.iter().all(Self::is_empty),
            Self::Bool(_) | Self::Integer(_) | Self::Number(_) | Self::Object(_) => false,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The flag.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(flag) => Some(*flag),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a safe integer is exact")]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64),
            Self::Number(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, if it is a whole one from 0 on and small enough that it was read as it stands.
    #[must_use]
    pub fn as_whole(&self) -> Option<u64> {
        match self {
            Self::Integer(number) => u64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The list.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(list) => Some(list),
            _ => None,
        }
    }

    /// The object.
    #[must_use]
    pub fn as_object(&self) -> Option<&Object> {
        match self {
            Self::Object(object) => Some(object),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "above it are times alone")]
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        let safe = (-SAFE..=SAFE).contains(&value);
        Ok(if safe {
            Value::Integer(value)
        } else {
            Value::Number(value as f64)
        })
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        // What is more than `i64` has is far above the safe ones, too.
        self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Value::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(value) = access.next_element()? {
            list.push(value);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        let object = Object::of(members);
        object
            .map(Value::Object)
            .ok_or_else(|| A::Error::custom(TWICE))
    }
}

const TWICE: &str = "a name twice";

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::{any, proptest};

    use super::{Object, Value};

    #[test]
    fn reads_objects() {
        let text = r#" {"a":1,"b":[{"a":-1,"c":{"a":1.5}},null,true,false,"x\u0061"]} "#;
        let object = Object::parse(text.as_bytes()).unwrap();
        let read: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::Object(object.clone()), strict(&read));
        assert_eq!(object.get("a"), Some(&Value::Integer(1)));
        assert_eq!(object.get("c"), None);
    }

    /// What `serde_json` read.
    fn strict(value: &serde_json::Value) -> Value {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => match number.as_i64() {
                Some(whole) => Value::Integer(whole),
                None => Value::Number(number.as_f64().unwrap()),
            },
            serde_json::Value::String(text) => Value::String(text.clone()),
            serde_json::Value::Array(list) => Value::Array(list.iter().map(strict).collect()),
            serde_json::Value::Object(map) => {
                let members = map
                    .iter()
                    .map(|(name, value)| (name.clone(), strict(value)));
                Value::Object(Object::of(members.collect()).unwrap())
            }
        }
    }

    #[test]
    fn refuses_a_name_twice_at_any_depth() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":2}"#,
            r#"{"x":{"a":1,"a":2}}"#,
            r#"{"x":[[{"a":1,"b":2,"a":3}]]}"#,
        ] {
            assert_eq!(Object::parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_object() {
        let deep = format!("{}1{}", r#"{"a":"#.repeat(200), "}".repeat(200));
        for text in [
            "",
            "null",
            "[]",
            "1",
            r#""a""#,
            "{",
            "{}{}",
            "{} x",
            "{a:1}",
            "{'a':1}",
            r#"{"a":1,}"#,
            r#"{"a":NaN}"#,
            r#"{"a":01}"#,
            "{\"a\":\"\n\"}",
            "\u{feff}\u{feff}{}",
            "{}\u{feff}",
            r#"{"a":"\ud800"}"#,
            &deep,
        ] {
            assert_eq!(Object::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Object::parse(b"{\"a\":\"\xff\"}"), None);
    }

    #[test]
    fn knows_whole_numbers_that_no_other_is_read_as() {
        for (text, whole) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("7.0", None),
            ("7e0", None),
            ("-0", None),
            ("9007199254740991", Some(9_007_199_254_740_991)),
            ("9007199254740992", None),
            ("9007199254740993", None),
            ("-1", None),
            ("1.5", None),
            ("1e308", None),
            (r#""7""#, None),
            ("true", None),
        ] {
            let value = Value::parse(text.as_bytes()).unwrap();
            assert_eq!(value.as_whole(), whole, "{text}");
        }
    }

    /// The kind: what a serializer writes for what is not there.
    #[test]
    fn takes_null_and_a_byte_order_mark_for_nothing() {
        let text = "\u{feff} {\"a\":null,\"b\":[null],\"c\":{\"d\":null}}";
        let object = Object::parse(text.as_bytes()).unwrap();
        assert_eq!(object.get("a"), None);
        assert_eq!(object.stated("a"), Some(&Value::Null));
        assert_eq!(object.members().count(), 2);
        assert_eq!(object.get("c").unwrap().as_object().unwrap().get("d"), None);
        // It is still a name.
        for text in [r#"{"a":null,"a":1}"#, r#"{"a":null,"a":null}"#] {
            assert_eq!(Object::parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        /// The kind: every number has one text that is its own, or is none of these.
        #[test]
        fn reads_a_whole_number_as_the_digits_that_it_is_written_with(number in any::<i64>()) {
            let near = number % (2 * super::SAFE);
            for number in [number, near, super::SAFE + number % 4, -super::SAFE - number % 4] {
                let value = Value::parse(number.to_string().as_bytes()).unwrap();
                let safe = number.unsigned_abs() <= super::SAFE.unsigned_abs();
                assert_eq!(value == Value::Integer(number), safe, "{number}");
                let value = Value::parse(format!("{number}.0").as_bytes()).unwrap();
                assert!(matches!(value, Value::Number(_)), "{number}");
            }
        }

        #[test]
        fn never_panics_on_bytes(bytes in vec(any::<u8>(), 0..200)) {
            let _ = Object::parse(&bytes);
        }
    }
}
