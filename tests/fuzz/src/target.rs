use authkit_edge::http::target::{Selection, Target};
use authkit_edge::limits::MAX_ROWS_PER_PAGE;
use url::Url;

use crate::origin::is_loopback;

/// A URL.
pub fn target_parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let raw = Target::parse(text);
    assert!(text.starts_with(raw.origin) && raw.path.starts_with('/'));
    check_selection(raw.query);

    // What a runtime has, a parser of the URL standard has written.
    let Ok(url) = Url::parse(text) else {
        return;
    };
    let is_web = ["http", "https"].contains(&url.scheme());
    // A request cannot have these in its URL (Fetch, §5.3).
    let has_credentials = !url.username().is_empty() || url.password().is_some();
    if !is_web || has_credentials {
        return;
    }
    let target = Target::parse(url.as_str());
    assert_eq!(target.origin, url.origin().ascii_serialization());
    assert_eq!(target.path, url.path());
    assert_eq!(target.query, url.query().unwrap_or_default());
    assert_eq!(target.is_loopback(), is_loopback(&url));
    check_selection(target.query);
}

fn check_selection(query: &str) {
    let parameters: Vec<(String, String)> = url::form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    let values = |wanted: &str| -> Vec<&str> {
        let mut all = parameters.iter();
        let pairs = all.by_ref().filter(|(name, _)| name == wanted);
        pairs.map(|(_, value)| value.as_str()).collect()
    };
    let (pages, limits) = (values("page"), values("limit"));
    match Selection::parse(query, MAX_ROWS_PER_PAGE) {
        Ok(Selection::Merged) => assert!(pages.is_empty() && limits.is_empty()),
        Ok(Selection::Page(number)) => {
            assert!(pages.len() <= 1 && limits.len() <= 1);
            assert!(pages.len() + limits.len() > 0);
            assert!(number.page >= 1 && (1..=MAX_ROWS_PER_PAGE).contains(&number.limit));
            assert!(pages.iter().all(|text| text.parse() == Ok(number.page)));
            let brought = |text: &&str| {
                let asked = text.parse().unwrap_or(u32::MAX);
                asked.clamp(1, MAX_ROWS_PER_PAGE) == number.limit
            };
            assert!(limits.iter().all(brought));
        }
        Err(_) => assert!(!pages.is_empty() || !limits.is_empty()),
    }
}
