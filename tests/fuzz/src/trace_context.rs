use authkit_edge::http::trace_context::TraceParent;

/// A `traceparent`.
pub fn trace_parent_parse(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let Some(parent) = TraceParent::parse(text) else {
        return;
    };
    // Whatever came, this goes on and into the log.
    let sent = parent.as_str();
    assert_eq!(sent.len(), 55);
    let plain = |byte: u8| b"0123456789abcdef-".contains(&byte);
    assert!(sent.bytes().all(plain) && sent.starts_with("00-"));
    assert_eq!(sent[2..], text[2..55]);
    assert!(text.len() == 55 || !text.starts_with("00"));
    assert_eq!(parent.trace_id(), &text[3..35]);
    assert_eq!(TraceParent::parse(sent), Some(parent));
}
