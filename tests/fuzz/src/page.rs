use authkit_edge::http::target::Selection;
use authkit_edge::identity::IdentityType;
use authkit_edge::upstream::page::{Key, Page};
use authkit_edge::upstream::policy::IntegrationPolicy;
use authkit_edge::upstream::token::{View, assemble};
use serde_json::Value;

/// Bodies of pages, one on a line.
pub fn page_parse(data: &[u8]) {
    let bodies = data.split(|byte| *byte == b'\n');
    let pages: Vec<(Page, &[u8])> = bodies
        .take(4)
        .filter_map(|body| Page::parse(body.to_vec()).ok().map(|page| (page, body)))
        .collect();
    if pages.is_empty() {
        return;
    }
    let (parsed, bodies): (Vec<Page>, Vec<&[u8]>) = pages.into_iter().unzip();
    // Numbers that no double holds are text to us and an error to this parser.
    let values: Option<Vec<Value>> = bodies
        .iter()
        .map(|body| serde_json::from_slice(body).ok())
        .collect();
    let policy = IntegrationPolicy {
        allowed: None,
        blocked: Vec::new(),
    };
    let view = View {
        policy: &policy,
        identity_type: IdentityType::User,
        selection: Selection::Merged,
    };
    let shown = assemble(&parsed, None, Some(view)).expect("there are pages");
    let shown = Page::parse(shown).unwrap();
    let total = shown.get(&Key::Total).unwrap();
    assert_eq!(total, shown.rows().len().to_string());
    for flag in [None, Some(true)] {
        let token = assemble(&parsed, flag, None).expect("there are pages");
        // JSON again, with each name once.
        let read = Page::parse(token.clone()).unwrap();
        if let Some(flag) = flag {
            let found = read.get(&Key::IsWhiteLabel).unwrap();
            assert_eq!(found, flag.to_string());
        }
        if let Some(values) = &values {
            let mut token: Value = serde_json::from_slice(&token).unwrap();
            let rows = values
                .iter()
                .flat_map(|page| page["rows"].as_array().unwrap());
            assert_eq!(token["rows"], rows.cloned().collect::<Value>());
            if let ([only], None) = (&values[..], flag) {
                assert_eq!(&token, only);
            } else if flag.is_none() {
                assert_eq!(token.get("total"), values[0].get("total"));
                let last = &values[values.len() - 1];
                assert_eq!(token["requestId"].take(), last["requestId"]);
            }
        }
    }
}
