//! What does an object key of somebody else's making say about the file under it?

use super::{ContentType, FileName};

impl FileName {
    const LONGEST: usize = 255;

    /// The name in the last segment of a key. Uppy puts a random UUID and a hyphen before it, which nobody wrote; what no
    /// name may hold is left out, and of what is too long the beginning. The end has the extension, so it stays.
    #[must_use]
    pub fn in_key(key: &str) -> Self {
        let last = key.rsplit(['/', '\\']).next().unwrap_or_default();
        let kept: Vec<char> = without_uuid(last).chars().filter(|c| !c.is_control()).collect();
        let name: String = kept.iter().skip(kept.len().saturating_sub(Self::LONGEST)).collect();
        Self(if name.is_empty() { "file".to_owned() } else { name })
    }
}

/// The text without the UUID and hyphen at its beginning, if there is more than these.
fn without_uuid(text: &str) -> &str {
    const UUID: usize = 36;
    let (Some(id), Some(rest)) = (text.get(..UUID), text.get(UUID..)) else { return text };
    let is_uuid = uuid::Uuid::try_parse(id).is_ok();
    rest.strip_prefix('-').filter(|rest| is_uuid && !rest.is_empty()).unwrap_or(text)
}

impl ContentType {
    /// The type that goes with the name's extension, if anybody knows it.
    #[must_use]
    pub fn of_name(name: &FileName) -> Self {
        let known = mime_guess::from_path(name.as_str()).first_raw();
        known.map_or_else(Self::unknown, |known| Self(known.to_owned()))
    }

    /// The type of what nobody knows: bytes.
    #[must_use]
    pub fn unknown() -> Self {
        Self("application/octet-stream".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ID: &str = "3f2b1c9e-8d4a-4e6b-9c1d-2a7f5e8b0c31";

    #[test]
    fn the_name_is_the_last_segment_without_what_uppy_puts_before_it() {
        let long = "n".repeat(300) + ".jpg";
        for (key, name) in [
            ("photo.jpg", "photo.jpg".to_owned()),
            (&format!("{ID}-photo.jpg"), "photo.jpg".to_owned()),
            (&format!("{}-photo.jpg", ID.to_uppercase()), "photo.jpg".to_owned()),
            (&format!("a/b/{ID}-写真.jpeg"), "写真.jpeg".to_owned()),
            (&format!("{ID}-{ID}-x"), format!("{ID}-x")),
            (&format!("{ID}-"), format!("{ID}-")),
            (ID, ID.to_owned()),
            (&format!("{ID}photo.jpg"), format!("{ID}photo.jpg")),
            ("../../etc/passwd", "passwd".to_owned()),
            ("C:\\pictures\\cat.png", "cat.png".to_owned()),
            ("a\0b\nc.txt", "abc.txt".to_owned()),
            ("a/", "file".to_owned()),
            ("", "file".to_owned()),
            ("\n", "file".to_owned()),
            (&long, "n".repeat(251) + ".jpg"),
        ] {
            assert_eq!(FileName::in_key(key).as_str(), name, "{key:?}");
        }
    }

    #[test]
    fn the_type_goes_by_the_extension() {
        for (name, content_type) in [
            ("film.MP4", "video/mp4"),
            ("写真.jpeg", "image/jpeg"),
            ("a.tar.gz", "application/gzip"),
            ("a.unheard-of", "application/octet-stream"),
            ("file", "application/octet-stream"),
        ] {
            assert_eq!(ContentType::of_name(&FileName::parse(name).unwrap()).as_str(), content_type, "{name}");
        }
    }

    proptest! {
        #[test]
        fn whatever_the_key_name_and_type_are_such_as_a_caller_may_send(key in "(\\PC|[\u{0}-\u{20}/\\\\]|[0-9a-f-]){0,300}") {
            let name = FileName::in_key(&key);
            prop_assert_eq!(FileName::parse(name.as_str()), Ok(name.clone()));
            let content_type = ContentType::of_name(&name);
            prop_assert_eq!(ContentType::parse(content_type.as_str()), Ok(content_type));
        }
    }
}
