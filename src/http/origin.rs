//! Origins: scheme, host and port, as a browser writes them.

use std::net::{Ipv4Addr, Ipv6Addr};

/// A serialized `http` or `https` origin: `https://app.example.com`, `http://localhost:3000`.
///
/// The text is canonical, so two origins are the same exactly when their bytes are. That is why a
/// default port, capital letters and a trailing slash are refused and not mended: a browser never
/// sends them, and a comparison that forgives is one that can be fooled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    text: String,
    scheme: Scheme,
    loopback: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Http,
    Https,
}

/// What is wrong with the text of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginFault {
    /// It does not start with `https://` or `http://`.
    Scheme,
    /// Something follows host and port: a path, a query or just a slash.
    Path,
    /// It has capital letters.
    Uppercase,
    /// The host is empty or has characters that no host has (a wildcard, say, or `user@`).
    Host,
    /// The port is no number from 1 to 65535, or the scheme's default, which browsers leave out.
    Port,
    /// It is `http://` and the host is not this machine.
    Insecure,
}

impl Origin {
    /// Reads a serialized origin. `http` is accepted for loopback hosts only.
    ///
    /// # Errors
    /// The first [`OriginFault`] that is met.
    pub fn parse(text: &str) -> Result<Self, OriginFault> {
        let (scheme, authority) = if let Some(rest) = text.strip_prefix("https://") {
            (Scheme::Https, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (Scheme::Http, rest)
        } else if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(OriginFault::Uppercase);
        } else {
            return Err(OriginFault::Scheme);
        };
        if authority.contains(['/', '?', '#', '\\']) {
            return Err(OriginFault::Path);
        }
        if authority.bytes().any(|byte| byte.is_ascii_uppercase()) {
            return Err(OriginFault::Uppercase);
        }
        let (host, port) = split_port(authority)?;
        match host.strip_prefix('[') {
            Some(rest) => check_ipv6(rest)?,
            None => check_name_or_ipv4(host)?,
        }
        let loopback = is_loopback(host);
        if let Some(port) = port {
            check_port(port, scheme)?;
        }
        if scheme == Scheme::Http && !loopback {
            return Err(OriginFault::Insecure);
        }
        Ok(Self {
            text: text.to_owned(),
            scheme,
            loopback,
        })
    }

    /// The origin as a browser sends it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether the host is this machine, as [`is_loopback`] has it.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.loopback
    }

    /// Whether the scheme is `https`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.scheme == Scheme::Https
    }
}

/// Whether a host, as the URL standard serializes one, is this machine: `localhost` and the names
/// below it (RFC 6761 §6.3), `127.0.0.0/8` or `[::1`, with or without its last bracket.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    if let Some(address) = host.strip_prefix('[') {
        return matches!(address, "::1" | "::1]");
    }
    // The root's own dot changes nothing of a name.
    let name = host.strip_suffix('.').unwrap_or(host);
    let below = name.strip_suffix("localhost");
    below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
        || name
            .parse()
            .is_ok_and(|address: Ipv4Addr| address.is_loopback())
}

/// Host and port; the host of an IPv6 address without its last bracket.
fn split_port(authority: &str) -> Result<(&str, Option<&str>), OriginFault> {
    if authority.starts_with('[') {
        let (host, after) = authority.split_once(']').ok_or(OriginFault::Host)?;
        return match after.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if after.is_empty() => Ok((host, None)),
            None => Err(OriginFault::Host),
        };
    }
    Ok(match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    })
}

/// Checks the address of a bracketed host, which must be in its shortest form, as browsers write it.
fn check_ipv6(text: &str) -> Result<(), OriginFault> {
    let address: Ipv6Addr = text.parse().map_err(|_| OriginFault::Host)?;
    // Of an IPv4 address in IPv6, Rust writes the last part with dots and browsers do not.
    let canonical = if address.to_ipv4_mapped().is_some() {
        let [.., high, low] = address.segments();
        format!("::ffff:{high:x}:{low:x}")
    } else {
        address.to_string()
    };
    if canonical == text {
        Ok(())
    } else {
        Err(OriginFault::Host)
    }
}

/// Checks a host that is no IPv6 address.
fn check_name_or_ipv4(host: &str) -> Result<(), OriginFault> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    if host.len() > 253 || !host.split('.').all(label_fits) {
        return Err(OriginFault::Host);
    }
    // The URL standard reads any host whose last label is a number as an IPv4 address (127.1 and
    // 0x7f.1 too). Only the form with four decimals is canonical.
    let last = host.rsplit('.').next().unwrap_or(host);
    let numeric = last.bytes().all(|byte| byte.is_ascii_digit()) || last.starts_with("0x");
    if numeric {
        let _: Ipv4Addr = host.parse().map_err(|_| OriginFault::Host)?;
    }
    Ok(())
}

fn check_port(port: &str, scheme: Scheme) -> Result<(), OriginFault> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits && !port.starts_with('0');
    let number: u16 = port.parse().map_err(|_| OriginFault::Port)?;
    let default = match scheme {
        Scheme::Http => 80,
        Scheme::Https => 443,
    };
    if canonical && number != default {
        Ok(())
    } else {
        Err(OriginFault::Port)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, proptest};

    use super::{Origin, OriginFault, is_loopback};

    #[test]
    fn accepts_what_a_browser_sends() {
        for text in [
            "https://authkit.picaos.com",
            "https://a.b-c.example",
            "https://example.com:8443",
            "https://192.0.2.1",
            "https://[2001:db8::1]:444",
            "https://[::ffff:c000:201]",
            "http://localhost",
            "http://localhost:3000",
            "http://app.localhost:3000",
            "http://127.0.0.1:5173",
            "http://[::1]:8080",
            "https://xn--bcher-kva.example",
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_everything_else_and_says_what_is_wrong() {
        for (text, fault) in [
            ("", OriginFault::Scheme),
            ("null", OriginFault::Scheme),
            ("*", OriginFault::Scheme),
            ("example.com", OriginFault::Scheme),
            ("ftp://example.com", OriginFault::Scheme),
            ("HTTPS://example.com", OriginFault::Uppercase),
            ("https://Example.com", OriginFault::Uppercase),
            ("https://example.com/", OriginFault::Path),
            ("https://example.com/app", OriginFault::Path),
            ("https://example.com?x", OriginFault::Path),
            ("https://example.com\\@evil.example", OriginFault::Path),
            ("https://", OriginFault::Host),
            ("https://.", OriginFault::Host),
            ("https://example.com.", OriginFault::Host),
            ("https://*.example.com", OriginFault::Host),
            ("https://user@example.com", OriginFault::Host),
            ("https://exa mple.com", OriginFault::Host),
            ("https://bücher.example", OriginFault::Host),
            ("https://a,https:", OriginFault::Host),
            ("https://127.1", OriginFault::Host),
            ("https://0x7f.0x1", OriginFault::Host),
            ("https://[::1", OriginFault::Host),
            ("https://[::1]x", OriginFault::Host),
            ("https://[0:0::1]", OriginFault::Host),
            ("https://[::ffff:192.0.2.1]", OriginFault::Host),
            ("https://-a.example", OriginFault::Host),
            ("https://example.com:", OriginFault::Port),
            ("https://example.com:0", OriginFault::Port),
            ("https://example.com:443", OriginFault::Port),
            ("https://example.com:080", OriginFault::Port),
            ("https://example.com:+81", OriginFault::Port),
            ("https://example.com:65536", OriginFault::Port),
            ("http://localhost:80", OriginFault::Port),
            ("http://example.com", OriginFault::Insecure),
            ("http://localhost.evil.example", OriginFault::Insecure),
            ("http://evil-localhost", OriginFault::Insecure),
            ("http://127.0.0.1.evil.example", OriginFault::Insecure),
            ("http://192.168.1.5:3000", OriginFault::Insecure),
        ] {
            assert_eq!(Origin::parse(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn knows_this_machine_by_its_names_and_addresses() {
        for host in [
            "localhost",
            "localhost.",
            "app.localhost",
            "a.b.localhost.",
            "127.0.0.1",
            "127.255.255.254",
            "[::1]",
            "[::1",
        ] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            ".",
            "evil-localhost",
            "notlocalhost",
            "localhost.example",
            "localhost..",
            "127.0.0.1.example",
            "126.0.0.1",
            "0.0.0.0",
            "192.168.1.5",
            "[::]",
            "[::2]",
            "[fe80::1]",
            "::1",
            "edge.example",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }

    proptest! {
        #[test]
        fn never_panics_and_keeps_the_text(text in any::<String>()) {
            if let Ok(origin) = Origin::parse(&text) {
                assert_eq!(origin.as_str(), text);
            }
        }

        #[test]
        fn never_panics_after_a_scheme(rest in "[a-z0-9.:\\[\\]@/*-]{0,24}") {
            if let Ok(origin) = Origin::parse(&format!("http://{rest}")) {
                assert!(origin.is_loopback());
            }
        }
    }
}
