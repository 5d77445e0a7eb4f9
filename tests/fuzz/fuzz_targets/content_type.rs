//! Is a media type what RFC 9110 and a browser take it for, so that what a tenant allows and what is shown go by the same one?
#![no_main]

use libfuzzer_sys::fuzz_target;
use upload_gateway::model::{ContentType, ContentTypePattern, Disposition};
use upload_gateway_fuzz::fields;

// A media type, and on the second line a pattern.
fuzz_target!(|text: &str| {
    let [text, pattern] = fields(text);
    let pattern = ContentTypePattern::parse(pattern).ok();
    if let Some(pattern) = &pattern {
        assert_eq!(ContentTypePattern::parse(pattern.as_str()).as_ref(), Ok(pattern));
        assert!(pattern.as_str().matches('*').count() <= 2 && !pattern.as_str().contains([';', ' ']));
    }
    let Ok(content_type) = ContentType::parse(text) else { return };
    assert_eq!(content_type.as_str(), text);
    assert!(text.len() <= 255 && text.bytes().all(|byte| (0x20..0x7f).contains(&byte)));

    let essence = content_type.essence();
    assert_eq!(ContentType::parse(&essence).map(|parsed| parsed.essence()).as_ref(), Ok(&essence));
    assert_eq!(as_browsers_read(text), Some(essence.clone()), "{text}");
    let (kind, subtype) = essence.split_once('/').expect("two names");
    assert!(!subtype.contains('/'));

    assert!(ContentTypePattern::parse("*/*").is_ok_and(|any| any.allows(&content_type)));
    if let Some(pattern) = pattern {
        let (of_kind, of_subtype) = pattern.as_str().split_once('/').expect("two names");
        let is_meant = |wanted: &str, name| wanted == "*" || wanted == name;
        let expected = is_meant(of_kind, kind) && is_meant(of_subtype, subtype);
        assert_eq!(pattern.allows(&content_type), expected, "{pattern:?} {text}");
    }

    assert!(Disposition::Attachment.allowed_for(&content_type));
    if Disposition::Inline.allowed_for(&content_type) {
        let runs = ["html", "xml", "svg", "script", "css", "flash"].into_iter().any(|word| essence.contains(word));
        assert!(!runs || matches!(kind, "image" | "audio" | "video") && !subtype.contains("xml"), "{essence}");
        assert!(matches!(kind, "image" | "audio" | "video") || ["text/plain", "application/pdf"].contains(&&*essence));
        assert!(!subtype.starts_with("svg"), "{essence}");
    }
});

/// The essence by the Fetch Standard ("extract a MIME type") and the MIME Sniffing Standard ("parse a MIME type"): a header is cut
/// at each comma that stands in no quotes, and the last type that is one counts.
fn as_browsers_read(header: &str) -> Option<String> {
    let mut in_quotes = false;
    let mut is_escaped = false;
    let values = header.split(|c: char| {
        let cuts = c == ',' && !in_quotes;
        in_quotes ^= c == '"' && !is_escaped;
        is_escaped = c == '\\' && in_quotes && !is_escaped;
        cuts
    });
    values.filter_map(of_one).next_back()
}

fn of_one(value: &str) -> Option<String> {
    let token = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    let value = value.trim_matches(['\t', '\n', '\r', ' ']);
    let (kind, rest) = value.split_once('/')?;
    let subtype = rest.split(';').next()?.trim_end_matches(['\t', '\n', '\r', ' ']);
    (token(kind) && token(subtype)).then(|| format!("{kind}/{subtype}").to_ascii_lowercase())
}
