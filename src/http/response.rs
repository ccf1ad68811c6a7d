//! The answer as the core builds it; the adapter turns it into a Fetch API `Response`.

use std::borrow::Cow;

/// A response: status, headers, body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// HTTP status code.
    pub status: u16,
    /// Headers, each name once but for `set-cookie`.
    pub headers: Headers,
    /// Body bytes; empty for 204.
    pub body: Vec<u8>,
}

/// Response headers, names in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headers(Vec<(&'static str, Cow<'static, str>)>);

impl Headers {
    /// Sets a header, replacing what stood under its name.
    pub fn set(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        let value = value.into();
        match self.0.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => *slot = value,
            None => self.0.push((name, value)),
        }
    }

    /// Adds a header beside those of its name: a `set-cookie`, of which there may be several, and
    /// which no comma can join, as dates have one (RFC 6265 §3).
    pub fn append(&mut self, name: &'static str, value: impl Into<Cow<'static, str>>) {
        self.0.push((name, value.into()));
    }

    /// The first value under `name`.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find_map(|(known, value)| (known == name).then_some(value))
    }

    /// All of them, in the order in which they were first set. Whoever makes a runtime's headers of
    /// them appends each: to set them would leave one `set-cookie` of several.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, &**value))
    }
}
