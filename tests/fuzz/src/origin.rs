use authkit_edge::http::origin::{Origin, PageOrigin};
use url::{Host, Url};

/// An origin.
pub fn origin_parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let page = PageOrigin::parse(text);
    if let Ok(page) = &page {
        assert_eq!(page.as_str(), text);
        assert!(
            text.bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b',')
        );
    }
    let Ok(origin) = Origin::parse(text) else {
        assert!(page.is_err() || !text.starts_with("http"));
        return;
    };
    assert!(page.is_ok());
    assert_eq!(origin.as_str(), text);
    let url = match Url::parse(text) {
        Ok(url) => url,
        // Only IDNA knows whether such a label stands for anything. If not, no browser has it.
        Err(_) if text.contains("xn--") => return,
        Err(error) => panic!("{text}: {error}"),
    };
    // A browser, which follows the URL standard, writes it in the very same way.
    assert_eq!(url.origin().ascii_serialization(), text);
    assert!(url.username().is_empty() && url.query().is_none() && url.path() == "/");
    assert_eq!(origin.is_secure(), url.scheme() == "https");
    let loopback = is_loopback(&url);
    assert_eq!(origin.is_loopback(), loopback);
    assert!(origin.is_secure() || loopback);
}

/// Whether a URL leads to this machine, as the URL standard reads its host (RFC 6761 §6.3).
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host().unwrap() {
        Host::Domain(name) => {
            let name = name.strip_suffix('.').unwrap_or(name);
            name == "localhost" || name.ends_with(".localhost")
        }
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}
