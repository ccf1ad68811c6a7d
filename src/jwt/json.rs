//! JSON in which no object has a name twice.
//!
//! RFC 7515 §4 lets a parser choose between refusing such objects and taking the last value. Two
//! parsers that choose differently read two tokens out of one, so here they are refused, at every
//! depth.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};

/// A JSON value in which no object has a name twice.
///
/// Not `serde_json::Value`, whose maps would be a hundredth of the Worker.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A string.
    String(String),
    /// A list.
    Array(Vec<Value>),
    /// An object.
    Object(Object),
}

/// A JSON object, in which every name is there once, as in all that it has.
#[derive(Debug, Clone, PartialEq)]
pub struct Object(Vec<(String, Value)>);

impl Object {
    /// Reads an object, strictly: UTF-8, nothing after it, depth at most 128.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        match serde_json::from_slice(bytes).ok()? {
            Value::Object(object) => Some(object),
            _ => None,
        }
    }

    /// The value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.0.binary_search_by(|(known, _)| (**known).cmp(name));
        Some(&self.0.get(at.ok()?)?.1)
    }

    /// The names and their values, in the order of the names.
    pub fn members(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Sorts the members. `None` if a name is there twice.
    fn of(mut members: Vec<(String, Value)>) -> Option<Self> {
        members.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
        let unique = members.is_sorted_by(|(one, _), (other, _)| one < other);
        unique.then_some(Self(members))
    }
}

impl Value {
    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
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

    #[expect(
        clippy::cast_precision_loss,
        reason = "the only numbers that are read are seconds since 1970"
    )]
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "the only numbers that are read are seconds since 1970"
    )]
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value as f64))
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
            .ok_or_else(|| A::Error::custom("a name twice"))
    }
}

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
        assert_eq!(object.get("a"), Some(&Value::Number(1.0)));
        assert_eq!(object.get("c"), None);
    }

    /// What `serde_json` read.
    fn strict(value: &serde_json::Value) -> Value {
        match value {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => Value::Number(number.as_f64().unwrap()),
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
            "\u{feff}{}",
            r#"{"a":"\ud800"}"#,
            &deep,
        ] {
            assert_eq!(Object::parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(Object::parse(b"{\"a\":\"\xff\"}"), None);
    }

    proptest! {
        #[test]
        fn never_panics_on_bytes(bytes in vec(any::<u8>(), 0..200)) {
            let _ = Object::parse(&bytes);
        }
    }
}
