//! The token in a cookie: the cookie itself, or a part of the session that Supabase's library keeps
//! there.
//!
//! That session holds a refresh token, too, which is the application's alone and is never used here, and
//! what it says of the user, which anybody could have written. Only the access token is taken out, and
//! verified like any other.

use base64ct::{Base64UrlUnpadded, Encoding};
use percent_encoding::percent_decode_str;

use crate::caller::CallerFault;
use crate::http::cookie;
use crate::json::Object;
use crate::jwt::TokenFault;

/// `JWT_COOKIE_FORMAT`: what a cookie has in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CookieForm {
    /// The token.
    Token,
    /// What `@supabase/ssr` writes: a session as JSON, in one cookie or in chunks of one; or the token.
    /// <https://github.com/supabase/ssr> (`src/cookies.ts`, `src/utils/chunker.ts`)
    Supabase,
}

/// Begins a session that is written in base64url. Without, it is percent-encoded.
const BASE64: &str = "base64-";

impl CookieForm {
    /// The token in the cookie of that name; nothing where there is no such cookie.
    ///
    /// # Errors
    /// A cookie that cannot be told, or that has no token which can be read: it is there, and is bad.
    pub fn read(self, header: &str, name: &str) -> Result<Option<String>, CallerFault> {
        let text = match self {
            Self::Token => cookie::find(header, name).map(|value| value.map(str::to_owned)),
            Self::Supabase => cookie::find_joined(header, name),
        };
        let text = text.map_err(CallerFault::Cookie)?;
        let is_session = |text: &String| text.starts_with(BASE64) || text.starts_with(['{', '%']);
        match text {
            Some(text) if self == Self::Supabase && is_session(&text) => access_token(&text)
                .map(Some)
                .ok_or(CallerFault::Token(TokenFault::Session)),
            other => Ok(other),
        }
    }
}

/// The access token of a session, however that is written.
fn access_token(session: &str) -> Option<String> {
    let json = match session.strip_prefix(BASE64) {
        // That library reads it with padding, too.
        Some(text) => Base64UrlUnpadded::decode_vec(text.trim_end_matches('=')).ok()?,
        None => percent_decode_str(session).collect(),
    };
    let session = Object::parse(&json)?;
    let token = session.get("access_token")?.as_str()?;
    (!token.is_empty()).then(|| token.to_owned())
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use base64ct::{Base64UrlUnpadded, Encoding};
    use proptest::prelude::{any, prop_assert_eq, proptest};

    use super::{CallerFault, CookieForm};
    use crate::http::cookie::CookieFault;
    use crate::jwt::TokenFault;

    const NAME: &str = "sb-ref-auth-token";

    fn session(token: &str) -> String {
        format!(
            r#"{{"access_token":"{token}","token_type":"bearer","expires_in":3600,"expires_at":2000000000,"refresh_token":"r3fresh","user":{{"id":"somebody-else","name":"Zoë"}}}}"#
        )
    }

    fn base64(session: &str) -> String {
        format!(
            "base64-{}",
            Base64UrlUnpadded::encode_string(session.as_bytes())
        )
    }

    /// As `encodeURIComponent` writes it.
    fn percent(session: &str) -> String {
        let mut text = String::new();
        for byte in session.bytes() {
            if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
                text.push(byte.into());
            } else {
                write!(text, "%{byte:02X}").unwrap();
            }
        }
        text
    }

    fn supabase(header: &str) -> Result<Option<String>, CallerFault> {
        CookieForm::Supabase.read(header, NAME)
    }

    const BAD: Result<Option<String>, CallerFault> = Err(CallerFault::Token(TokenFault::Session));

    #[test]
    fn holds_the_access_token_of_a_session_however_it_is_written() {
        for value in [
            base64(&session("a.b.c")),
            percent(&session("a.b.c")),
            base64(r#"{"access_token":"a.b.c"}"#),
            base64(r#" { "access_token" : "a.b.c" , "user":null } "#),
            // As other writers of cookies have it.
            format!("{}==", base64(&session("a.b.c"))),
            format!("\"{}\"", base64(&session("a.b.c"))),
            r#"{"access_token":"a.b.c"}"#.to_owned(),
            // The token itself: what was configured before sessions could be read.
            "a.b.c".to_owned(),
        ] {
            let header = format!("theme=dark; {NAME}={value}; x=1");
            assert_eq!(supabase(&header), Ok(Some("a.b.c".to_owned())), "{value}");
        }
    }

    #[test]
    fn is_joined_from_chunks_up_to_the_first_that_is_not_there() {
        let value = base64(&session("a.b.c"));
        let (one, rest) = value.split_at(40);
        let (two, three) = rest.split_at(80);
        for header in [
            format!("{NAME}.0={one}; {NAME}.1={two}; {NAME}.2={three}"),
            format!("{NAME}.2={three}; x=1; {NAME}.0={one}; {NAME}.1={two}"),
            // What a longer session has left behind.
            format!("{NAME}.0={value}; {NAME}.2={three}"),
            format!("{NAME}.0={value}; {NAME}.1=; {NAME}.2={three}"),
            format!("{NAME}={value}; {NAME}.0=old; {NAME}.1=older"),
            format!("{NAME}=; {NAME}.0={value}"),
        ] {
            assert_eq!(supabase(&header), Ok(Some("a.b.c".to_owned())), "{header}");
        }
        let json = percent(&session("a.b.c"));
        let (one, two) = json.split_at(64);
        let header = format!("{NAME}.0={one}; {NAME}.1={two}");
        assert_eq!(supabase(&header), Ok(Some("a.b.c".to_owned())));
    }

    #[test]
    fn is_there_and_bad_where_no_token_can_be_read_out_of_it() {
        for value in [
            "base64-".to_owned(),
            "base64-!".to_owned(),
            "base64-e30".to_owned(),
            "base64-bnVsbA".to_owned(),
            base64(&session("")),
            base64(r#"{"access_token":null}"#),
            base64(r#"{"access_token":7}"#),
            base64(r#"{"access_token":["a.b.c"]}"#),
            base64(r#"{"access_token":"a.b.c","access_token":"d.e.f"}"#),
            base64(r#"{"refresh_token":"a.b.c"}"#),
            base64(r#"{"user":{"access_token":"a.b.c"}}"#),
            base64(r#"["a.b.c","r3fresh"]"#),
            base64(&base64(&session("a.b.c"))),
            base64(&session("a.b.c"))[..60].to_owned(),
            percent(&session("a.b.c"))[..60].to_owned(),
            "%7B".to_owned(),
            "%".to_owned(),
            "%FF".to_owned(),
            "{".to_owned(),
        ] {
            for header in [format!("{NAME}={value}"), format!("{NAME}.0={value}")] {
                assert_eq!(supabase(&header), BAD, "{value}");
            }
        }
        // The second half is missing, or of another session.
        let value = base64(&session("a.b.c"));
        let (one, two) = value.split_at(50);
        assert_eq!(supabase(&format!("{NAME}.0={one}")), BAD);
        assert_eq!(supabase(&format!("{NAME}.0={one}; {NAME}.2={two}")), BAD);
        assert_eq!(supabase(&format!("{NAME}.0={one}; {NAME}.1={value}")), BAD);
    }

    #[test]
    fn is_not_there_without_its_name_or_its_first_chunk() {
        let value = base64(&session("a.b.c"));
        for header in [
            String::new(),
            format!("sb-other-auth-token={value}"),
            format!("sb-other-auth-token.0={value}"),
            format!("{NAME}-code-verifier={value}"),
            format!("{NAME}.1={value}"),
            format!("{NAME}.00={value}"),
            format!("{NAME}=; {NAME}.0="),
        ] {
            assert_eq!(supabase(&header), Ok(None), "{header}");
        }
    }

    #[test]
    fn is_refused_where_a_part_of_it_is_there_twice() {
        let value = base64(&session("a.b.c"));
        for header in [
            format!("{NAME}={value}; {NAME}={value}"),
            format!("{NAME}.0={value}; {NAME}.0={value}"),
            format!("{NAME}.0={value}; {NAME}.1=a; {NAME}.1=b"),
        ] {
            let twice = Err(CallerFault::Cookie(CookieFault::Twice));
            assert_eq!(supabase(&header), twice, "{header}");
        }
    }

    #[test]
    fn is_the_token_itself_for_other_products() {
        let value = base64(&session("a.b.c"));
        let plain = |header: &str| CookieForm::Token.read(header, NAME);
        assert_eq!(plain(&format!("{NAME}={value}")), Ok(Some(value.clone())));
        assert_eq!(plain(&format!("{NAME}.0={value}")), Ok(None));
    }

    proptest! {
        #[test]
        fn never_panics_on_text(header in any::<String>(), value in any::<String>()) {
            let _ = supabase(&header);
            let _ = supabase(&format!("{NAME}={value}"));
            let _ = supabase(&format!("{NAME}=base64-{value}"));
        }

        #[test]
        fn gives_the_token_wherever_it_is_cut(
            token in "[A-Za-z0-9_.-]{1,200}",
            cuts in proptest::collection::vec(1_usize..100, 0..8),
            as_base64 in any::<bool>(),
        ) {
            let session = session(&token);
            let value = if as_base64 { base64(&session) } else { percent(&session) };
            let mut rest = &*value;
            let mut header = String::new();
            for (number, cut) in cuts.iter().chain(&[usize::MAX]).enumerate() {
                let (chunk, later) = rest.split_at((*cut).min(rest.len()));
                write!(header, "{NAME}.{number}={chunk}; ").unwrap();
                rest = later;
            }
            prop_assert_eq!(supabase(&header), Ok(Some(token.clone())));
        }
    }
}
