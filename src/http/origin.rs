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

/// The origin of a page, as its browser serializes it: of the web, as [`Origin`] has it, or of an
/// application or an extension with a scheme of its own: `capacitor://localhost`,
/// `chrome-extension://abcdefghijklmnopabcdefghijklmnop`, `app://-`.
///
/// It is compared byte for byte, too. Outside of the web hosts keep their capital letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOrigin(String);

/// What is wrong with the text of an origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OriginFault {
    /// It does not start with `https://` or `http://`.
    Scheme,
    /// It is one that pages share which have nothing to do with each other: `null`, `file://`.
    Shared,
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
            check_port(port, Some(scheme))?;
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

/// Schemes whose pages have no origin of their own, or that no page has.
const NO_PAGES: &str = "about blob data file filesystem ftp javascript ws wss";

impl PageOrigin {
    /// Reads the origin of a page. `http` is accepted for loopback hosts only.
    ///
    /// # Errors
    /// The first [`OriginFault`] that is met.
    pub fn parse(text: &str) -> Result<Self, OriginFault> {
        match text.split_once("://") {
            None if text == "null" => return Err(OriginFault::Shared),
            None | Some(("http" | "https", _)) => drop(Origin::parse(text)?),
            Some((scheme, authority)) => check_own(scheme, authority)?,
        }
        Ok(Self(text.to_owned()))
    }

    /// The origin as a browser sends it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Checks an origin whose scheme is not of the web, so that the URL standard leaves its host alone.
/// Browsers write the scheme itself in lower case all the same.
fn check_own(scheme: &str, authority: &str) -> Result<(), OriginFault> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let named = |byte| byte == b'+' || plain(byte) && !b"_~".contains(&byte);
    if scheme.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Err(OriginFault::Uppercase);
    }
    // What begins like `https` and goes on is a typing error.
    let begins = scheme
        .as_bytes()
        .first()
        .is_some_and(u8::is_ascii_lowercase);
    if !begins || scheme.starts_with("http") || !scheme.bytes().all(named) {
        return Err(OriginFault::Scheme);
    }
    if NO_PAGES.split(' ').any(|known| known == scheme) {
        return Err(OriginFault::Shared);
    }
    let (host, port) = split_port(authority)?;
    if host.is_empty() || !host.bytes().all(plain) {
        return Err(OriginFault::Host);
    }
    port.map_or(Ok(()), |port| check_port(port, None))
}

/// The host of an origin, as the URL standard serializes one, if it is of the web: of an IPv6 address
/// with its brackets.
#[must_use]
pub fn host(origin: &str) -> &str {
    // Spares the Worker another search for a text in a text.
    let authority = origin.strip_prefix("https://");
    let authority = authority.or_else(|| origin.strip_prefix("http://"));
    let host = authority.unwrap_or_default();
    // Behind the last colon is the port, unless that colon is one of an IPv6 address.
    match host.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => host,
        _ => host,
    }
}

/// Endings of names that networks give out to themselves (RFC 6762, RFC 8375, RFC 2606 and habit).
const LAN_NAMES: &str = "local lan home.arpa internal test home localdomain";

/// Whether a host, as [`host`] gives it, is this machine or another one on its network: an address
/// that no route of the internet leads to (RFC 1918, 3927, 4193, 4291), a name without a dot, or one
/// that networks give out to themselves.
#[must_use]
pub fn is_nearby(host: &str) -> bool {
    if is_loopback(host) {
        return true;
    }
    if let Some(address) = host.strip_prefix('[') {
        let address: Result<Ipv6Addr, _> = address.trim_end_matches(']').parse();
        return address
            .is_ok_and(|address| address.is_unique_local() || address.is_unicast_link_local());
    }
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return address.is_private() || address.is_link_local();
    }
    let name = host.strip_suffix('.').unwrap_or(host);
    let ends = |end| {
        let below = name.strip_suffix(end);
        below.is_some_and(|below| below.ends_with('.'))
    };
    !name.is_empty() && (!name.contains('.') || LAN_NAMES.split(' ').any(ends))
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
    let plain =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    // Who calls this machine by its name with the root's dot gets that dot in the origin.
    let host = host
        .strip_suffix('.')
        .filter(|_| is_loopback(host))
        .unwrap_or(host);
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

/// Checks a port; no scheme but those of the web has one that is left out.
fn check_port(port: &str, scheme: Option<Scheme>) -> Result<(), OriginFault> {
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let canonical = digits && !port.starts_with('0');
    let number: u16 = port.parse().map_err(|_| OriginFault::Port)?;
    let default = match scheme {
        Some(Scheme::Http) => 80,
        Some(Scheme::Https) => 443,
        None => 0,
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

    use super::{Origin, OriginFault, PageOrigin, host, is_loopback, is_nearby};

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
            "http://localhost.:3000",
            "http://a.b.localhost.",
            "http://127.8.9.1",
            "http://my_app.localhost:3000",
            "https://my_app.example.com",
        ] {
            assert_eq!(Origin::parse(text).unwrap().as_str(), text);
            assert_eq!(PageOrigin::parse(text).unwrap().as_str(), text);
        }
    }

    /// The kind: the origin of a page that was not loaded from the web, in the very bytes in which its
    /// browser, web view or extension sends it.
    #[test]
    fn accepts_what_applications_and_extensions_send() {
        for text in [
            "capacitor://localhost",
            "ionic://localhost",
            "ionic://localhost:8080",
            "tauri://localhost",
            "http://tauri.localhost",
            "https://tauri.localhost",
            "http://ipc.localhost",
            "app://-",
            "app://.",
            "app://obsidian.md",
            "app://localhost",
            "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
            "moz-extension://9ac5d2b0-1f5c-4d0a-8c0e-0123456789ab",
            "safari-web-extension://9AC5D2B0-1F5C-4D0A-8C0E-0123456789AB",
            "vscode-webview://1n2nb1j3o1jsoqvq4h0a9l0rmrcgl8oeimsevb5h1a8d3q0b6l7c",
            "vscode-file://vscode-app",
            "ms-appx-web://com.example.app_8wekyb3d8bbwe",
            "wails://wails.localhost:34115",
            "com.example.app://localhost",
            "electron://app",
            "flutter+web://main",
        ] {
            assert_eq!(PageOrigin::parse(text).unwrap().as_str(), text, "{text}");
        }
    }

    #[test]
    fn refuses_what_no_page_or_any_page_sends() {
        for (text, fault) in [
            ("", OriginFault::Scheme),
            ("*", OriginFault::Scheme),
            ("localhost", OriginFault::Scheme),
            ("capacitor:localhost", OriginFault::Scheme),
            ("://localhost", OriginFault::Scheme),
            ("1app://localhost", OriginFault::Scheme),
            ("my app://localhost", OriginFault::Scheme),
            ("httpss://example.com", OriginFault::Scheme),
            ("null", OriginFault::Shared),
            ("file://", OriginFault::Shared),
            ("file://localhost", OriginFault::Shared),
            ("data://x", OriginFault::Shared),
            ("blob://x", OriginFault::Shared),
            ("ftp://example.com", OriginFault::Shared),
            ("wss://example.com", OriginFault::Shared),
            ("CAPACITOR://localhost", OriginFault::Uppercase),
            ("HTTPS://example.com", OriginFault::Uppercase),
            ("https://Example.com", OriginFault::Uppercase),
            ("capacitor://localhost/", OriginFault::Host),
            ("app://-/index.html", OriginFault::Host),
            ("chrome-extension://*", OriginFault::Host),
            ("capacitor://", OriginFault::Host),
            ("app://user@host", OriginFault::Host),
            ("app://a b", OriginFault::Host),
            ("app://bücher", OriginFault::Host),
            ("capacitor://localhost:", OriginFault::Port),
            ("capacitor://localhost:080", OriginFault::Port),
            ("capacitor://localhost:x", OriginFault::Port),
            ("http://example.com", OriginFault::Insecure),
            ("http://notlocalhost", OriginFault::Insecure),
            ("https://example.com.", OriginFault::Host),
            ("http://localhost..", OriginFault::Host),
        ] {
            assert_eq!(PageOrigin::parse(text), Err(fault), "{text:?}");
        }
    }

    #[test]
    fn lets_no_other_scheme_be_where_an_api_is() {
        for text in [
            "capacitor://localhost",
            "app://-",
            "file://",
            "tauri://localhost",
        ] {
            assert_eq!(Origin::parse(text), Err(OriginFault::Scheme), "{text}");
        }
    }

    /// The kind: a host that only those on the same network reach.
    #[test]
    fn tells_a_network_of_ones_own_from_the_internet() {
        for (origin, nearby) in [
            ("http://localhost:3000", true),
            ("http://app.localhost", true),
            ("http://127.0.0.2:3000", true),
            ("http://[::1]:3000", true),
            ("http://10.0.0.7", true),
            ("http://172.16.4.1:8080", true),
            ("http://172.31.255.255", true),
            ("http://192.168.1.5:3000", true),
            ("http://169.254.3.4", true),
            ("http://[fe80::1]:3000", true),
            ("http://[fd12:3456::1]", true),
            ("http://mybox:5173", true),
            ("http://adas-macbook.local:3000", true),
            ("http://host.docker.internal:3000", true),
            ("http://nas.home.arpa", true),
            ("http://app.test", true),
            ("http://172.32.0.1", false),
            ("http://11.0.0.1", false),
            ("http://192.169.1.5", false),
            ("http://203.0.113.7:3000", false),
            ("http://[2001:db8::1]", false),
            ("http://[::ffff:c0a8:105]", false),
            ("http://example.com:3000", false),
            ("http://local.example.com", false),
            ("http://notlocal.com", false),
            ("http://192.168.1.5.example.com", false),
            ("http://", false),
            ("null", false),
            ("capacitor://localhost", false),
        ] {
            assert_eq!(is_nearby(host(origin)), nearby, "{origin}");
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
        fn keeps_what_any_application_sends(
            scheme in "[a-gi-z][a-z0-9+.-]{3,20}", host in "[A-Za-z0-9_~.-]{1,40}", port in 1_u16..,
        ) {
            for text in [format!("{scheme}://{host}"), format!("{scheme}://{host}:{port}")] {
                let shared = ["about", "blob", "data", "file", "filesystem", "javascript"];
                let wanted = if shared.contains(&&*scheme) {
                    Err(OriginFault::Shared)
                } else {
                    Ok(&*text)
                };
                let found = PageOrigin::parse(&text);
                assert_eq!(found.as_ref().map(PageOrigin::as_str), wanted.as_ref().copied());
            }
        }

        #[test]
        fn never_panics_on_the_origin_of_a_page(text in any::<String>()) {
            if let Ok(origin) = PageOrigin::parse(&text) {
                assert_eq!(origin.as_str(), text);
            }
            let _ = is_nearby(host(&text));
        }

        #[test]
        fn knows_every_name_of_this_machine(
            below in "([a-z0-9-]{1,10}[.]){0,3}", dot in "[.]?", bytes in any::<[u8; 3]>(),
        ) {
            let name = format!("{below}localhost{dot}");
            assert!(is_loopback(&name), "{name}");
            let [b, c, d] = bytes;
            let address = format!("127.{b}.{c}.{d}");
            assert!(is_loopback(&address), "{address}");
        }

        #[test]
        fn never_panics_after_a_scheme(rest in "[a-z0-9.:\\[\\]@/*-]{0,24}") {
            if let Ok(origin) = Origin::parse(&format!("http://{rest}")) {
                assert!(origin.is_loopback());
            }
        }
    }
}
