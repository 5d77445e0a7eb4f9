//! Does every file name that is taken make a safe segment of a key and a safe header, and come back as it was?
#![no_main]

use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use upload_gateway::model::{ContentType, Disposition, FileName};

const UPPYS: &str = "3f2b1c9e-8d4a-4e6b-9c1d-2a7f5e8b0c31-";

fuzz_target!(|text: &str| {
    of_key(text);
    let Ok(name) = FileName::parse(text) else {
        let length = text.chars().count();
        assert!(!(1..=255).contains(&length) || text.contains(|c: char| c.is_control() || c == '/' || c == '\\'));
        return;
    };
    assert_eq!(name.as_str(), text);
    assert!((1..=255).contains(&text.chars().count()));
    assert!(!text.contains(|c: char| c.is_control() || c == '/' || c == '\\'));
    is_safe(&name);
    [Disposition::Inline, Disposition::Attachment].into_iter().for_each(|kind| comes_through(kind, &name));
    // Found in the bucket under a key that Uppy made of it, it is itself again.
    assert_eq!(FileName::in_key(&format!("acme/alice/{UPPYS}{text}")), name);
});

/// Whatever stands in a key, its name and type are such as a caller may send.
fn of_key(key: &str) {
    let name = FileName::in_key(key);
    assert_eq!(FileName::parse(name.as_str()), Ok(name.clone()));
    let content_type = ContentType::of_name(&name);
    assert_eq!(ContentType::parse(content_type.as_str()), Ok(content_type));
}

fn is_safe(name: &FileName) {
    let safe = name.safe();
    assert!((1..=100).contains(&safe.len()), "{safe:?}");
    assert!(safe.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte)), "{safe:?}");
    assert!(!safe.starts_with(['.', '_']) && !safe.ends_with(['.', '_']), "{safe:?}");
    assert!(FileName::parse(&safe).is_ok(), "{safe:?}");
    // Tools that read the bucket go by the extension.
    if let Some((stem, extension)) = name.as_str().rsplit_once('.')
        && !stem.is_empty()
        && (1..=16).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric())
    {
        assert_eq!(safe.rsplit_once('.').map(|(_, kept)| kept), Some(extension), "{safe:?}");
    }
}

/// RFC 6266 and RFC 8187: one parameter in quotes, one that is encoded, and nothing that ends either before its time.
fn comes_through(kind: Disposition, name: &FileName) {
    let header = kind.header(name);
    assert!(header.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{header}");
    let rest = header.strip_prefix(kind.as_str()).and_then(|rest| rest.strip_prefix("; filename=\""));
    let (plain, rest) = rest.and_then(|rest| rest.split_once('"')).expect("a name in quotes");
    assert!(!plain.contains(['\\', '%']), "{header}");
    let encoded = rest.strip_prefix("; filename*=UTF-8''").expect("an encoded name");
    assert!(encoded.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~%".contains(&byte)), "{header}");
    assert_eq!(percent_decode_str(encoded).decode_utf8().expect("UTF-8"), name.as_str());
}
