//! Answers, and what all of them have to have.

use serde_json::Value;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Headers in the order in which they came, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
    /// Every byte, from the status line on.
    pub raw: Vec<u8>,
}

impl Answer {
    /// Reads an answer whose end was the end of the connection.
    pub(crate) fn parse(raw: Vec<u8>, bodyless: bool) -> Self {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Response::new(&mut headers);
        let parsed = head.parse(&raw);
        let Ok(httparse::Status::Complete(length)) = parsed else {
            panic!(
                "not an answer: {parsed:?} in {:?}",
                String::from_utf8_lossy(&raw)
            );
        };
        let status = head.code.expect("complete");
        let headers: Vec<(String, String)> = head
            .headers
            .iter()
            .map(|header| {
                let value = String::from_utf8_lossy(header.value).into_owned();
                (header.name.to_ascii_lowercase(), value)
            })
            .collect();
        let rest = &raw[length..];
        let find = |wanted: &str| headers.iter().find(|(name, _)| name == wanted);
        let body = if find("transfer-encoding").is_some() {
            unchunk(rest)
        } else {
            rest.to_vec()
        };
        if let Some((_, announced)) = find("content-length")
            && !bodyless
        {
            assert_eq!(announced, &body.len().to_string(), "the body is cut short");
        }
        Self {
            status,
            headers,
            body,
            raw,
        }
    }

    /// The value of a header; two of a name are one too many.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(key, _)| key == name);
        let value = found.next().map(|(_, value)| value.as_str());
        assert_eq!(found.next(), None, "{name} twice");
        value
    }

    /// The body as text.
    pub fn text(&self) -> &str {
        str::from_utf8(&self.body).expect("the body is UTF-8")
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// Asserts what is the same for a token and for an error, and gives the request id.
    #[track_caller]
    fn assert_common(&self) -> &str {
        for (name, value) in [
            ("content-type", "application/json"),
            ("cache-control", "no-store"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(self.header(name), Some(value), "{name}: {self}");
        }
        let id = self.header("x-request-id");
        id.unwrap_or_else(|| panic!("no x-request-id: {self}"))
    }

    /// Asserts that it is a token, and gives its JSON.
    #[track_caller]
    pub fn assert_token(&self) -> Value {
        assert_eq!(self.status, 200, "{self}");
        self.assert_common();
        let token = self.json();
        assert!(token["rows"].is_array(), "{self}");
        token
    }

    /// Asserts status, code and shape of an error, and gives its JSON.
    #[track_caller]
    pub fn assert_error(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self}");
        let id = self.assert_common();
        let error = self.json();
        let members = error.as_object().expect("an object");
        let mut names: Vec<&str> = members.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["code", "error", "message", "request_id"], "{self}");
        assert!(members.values().all(Value::is_string), "{self}");
        assert_eq!(error["code"], code, "{self}");
        assert_eq!(error["request_id"], id, "{self}");
        error
    }

    /// Asserts that a page of `origin` may read it.
    #[track_caller]
    pub fn assert_readable_by(&self, origin: &str) {
        for (name, value) in [
            ("access-control-allow-origin", origin),
            (
                "access-control-expose-headers",
                "x-request-id, retry-after, www-authenticate",
            ),
        ] {
            assert_eq!(self.header(name), Some(value), "{name}: {self}");
        }
        // That of a preflight's answer names what it asks for as well.
        let vary = self.header("vary").unwrap_or_default();
        assert!(vary.split(", ").any(|name| name == "Origin"), "{self}");
        assert_eq!(self.header("access-control-allow-credentials"), None);
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = String::from_utf8_lossy(&self.raw);
        let short: String = text.chars().take(1000).collect();
        formatter.write_str(&short)
    }
}

fn unchunk(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let Ok(httparse::Status::Complete((start, size))) = httparse::parse_chunk_size(bytes)
        else {
            panic!("the chunked body is cut short");
        };
        let size = usize::try_from(size).expect("it is in memory");
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&bytes[start..start + size]);
        bytes = &bytes[start + size + 2..];
    }
}
