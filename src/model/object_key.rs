//! Where in the bucket does an upload live? The first of the three walls between tenants.

use std::fmt;

use uuid::Uuid;

use super::{Collection, FileName, Invalid, Slug, Subject, Tenant, UploadId};

/// An S3 object key that lies below one tenant's prefix: `{slug}/{subject}/{collection}/{upload id}/{safe file name}`.
///
/// It can only be made from a [`Tenant`], and each of its segments is a type that cannot hold a slash, an empty text
/// or a `..`, so whatever a caller sends, the key stays inside the prefix. S3 takes 1,024 bytes at most; the longest key
/// that can be made here has 395.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// The key of a new upload.
    #[must_use]
    pub fn new(tenant: &Tenant, subject: &Subject, collection: &Collection, id: UploadId, name: &FileName) -> Self {
        let safe = name.safe();
        Self(format!("{}{collection}/{id}/{safe}", Self::subject_prefix(&tenant.slug, subject)))
    }

    /// The prefix that holds everything of one tenant and nothing of another. The closing slash is what keeps `acme` out of `acmeco/`.
    #[must_use]
    pub fn prefix(slug: &Slug) -> String {
        format!("{slug}/")
    }

    /// The prefix that holds everything of one subject of a tenant and nothing of another.
    #[must_use]
    pub fn subject_prefix(slug: &Slug, subject: &Subject) -> String {
        format!("{}{subject}/", Self::prefix(slug))
    }

    /// The key of an upload that is on record.
    ///
    /// # Errors
    /// When the recorded key is not below this tenant's prefix, which means that the record is not this tenant's.
    pub fn recorded(tenant: &Tenant, key: String) -> Result<Self, Invalid> {
        if key.starts_with(&Self::prefix(&tenant.slug)) {
            Ok(Self(key))
        } else {
            Err(Invalid::rule("the recorded object key is outside the tenant's prefix"))
        }
    }

    /// The upload that a key was made for, if it is one that we made: its fourth segment.
    #[must_use]
    pub fn upload_of(key: &str) -> Option<UploadId> {
        let mut segments = key.split('/');
        let id = segments.nth(3).and_then(|segment| Uuid::try_parse(segment).ok());
        let has_a_name = segments.next().is_some_and(|name| !name.is_empty());
        id.filter(|_| has_a_name && segments.next().is_none()).map(UploadId::from)
    }

    /// A key that ignores the first wall, so that a test can prove what the other two do alone.
    #[cfg(feature = "walls-off-for-tests")]
    #[must_use]
    pub fn unwalled(key: String) -> Self {
        Self(key)
    }

    /// The key as S3 and the database know it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::macros::datetime;

    use super::*;
    use crate::model::tenant::tests::tenant;

    /// As the type's own documentation has it.
    const LONGEST: usize = 395;

    /// What means something to a path, a URL, a policy, a header or a database, and what is merely strange.
    const HOSTILE: &[&str] = &[
        "/",
        "//",
        "\\",
        ".",
        "..",
        "../",
        "/../",
        "..\\",
        "\u{0}",
        "\r\n",
        "\t",
        "\u{7f}",
        "\u{85}",
        " ",
        "%",
        "%2e%2e%2f",
        "%2F",
        "%5c",
        "%00",
        "+",
        "*",
        "?",
        "${filename}",
        "${aws:PrincipalTag/customerName}",
        "\"",
        "'",
        "#",
        "&",
        "~",
        "acme",
        "acme/",
        "globex/",
        "é",
        "写真",
        "🦀",
        "e\u{301}",
        "\u{202e}",
        "\u{200b}",
        "\u{feff}",
        "／",
        "．．",
        "․․",
        ".jpg",
    ];

    /// Any text at all, up to one of 100,000 letters.
    fn any_text() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(HOSTILE);
        prop_oneof![
            4 => prop::collection::vec(prop_oneof![piece.clone().prop_map(str::to_owned), any::<char>().prop_map(String::from)], 0..40)
                .prop_map(|pieces| pieces.concat()),
            2 => ".{0,300}",
            1 => (piece, 1..100_000_usize).prop_map(|(piece, most)| piece.repeat(most.div_ceil(piece.len()))),
        ]
    }

    /// Mostly one that is taken, of every length and with every letter that there may be, or else any text.
    fn mostly(taken: &'static str) -> impl Strategy<Value = String> {
        prop_oneof![4 => taken, 1 => any_text()]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1024))]

        #[test]
        fn whatever_the_input_the_key_stays_in_the_prefix(
            slug in mostly("[a-z0-9](-{0,61}|[a-z0-9-]{0,61}|[a-z0-9-]{61})[a-z0-9]"),
            subject in mostly("[A-Za-z0-9_-](\\.{0,127}|[A-Za-z0-9._-]{0,127}|[A-Za-z0-9._-]{127})"),
            collection in mostly("[A-Za-z0-9](\\.{0,63}|[A-Za-z0-9._-]{0,63}|[A-Za-z0-9._-]{63})"),
            name in any_text(),
        ) {
            // A name that no caller may send may still stand in a key of somebody's own making.
            let name = FileName::parse(&name).unwrap_or_else(|_refused| FileName::in_key(&name));
            let (Ok(slug), Ok(subject), Ok(collection)) =
                (Slug::parse(&slug), Subject::parse(&subject), Collection::parse(&collection))
            else {
                return Ok(());
            };
            let id = UploadId::new(datetime!(2026-01-01 0:00 UTC));
            let tenant = Tenant { slug, ..tenant("acme") };
            let key = ObjectKey::new(&tenant, &subject, &collection, id, &name);
            let segments: Vec<&str> = key.as_str().split('/').collect();
            let (id_text, safe) = (id.to_string(), name.safe());
            prop_assert_eq!(&segments, &[tenant.slug.as_str(), subject.as_str(), collection.as_str(), &id_text, &safe]);
            prop_assert!(key.as_str().starts_with(&ObjectKey::subject_prefix(&tenant.slug, &subject)));
            prop_assert!(segments.iter().all(|s| !s.is_empty() && !s.starts_with('.')));
            prop_assert!(key.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b)));
            prop_assert!(key.as_str().len() <= LONGEST);
            prop_assert_eq!(ObjectKey::upload_of(key.as_str()), Some(id));
            prop_assert_eq!(ObjectKey::recorded(&tenant, key.to_string()), Ok(key));
        }

        #[test]
        fn no_text_is_a_segment_that_leads_elsewhere(text in any_text()) {
            let is_plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)) && !text.starts_with('.');
            let taken = [
                Slug::parse(&text).is_ok(), Subject::parse(&text).is_ok(), Collection::parse(&text).is_ok(),
            ];
            prop_assert!(is_plain || taken == [false; 3], "{text:?}");
        }

        #[test]
        fn a_record_is_the_tenants_own_or_none(key in any_text()) {
            let below = key.split_once('/').is_some_and(|(slug, _)| slug == "acme");
            prop_assert_eq!(ObjectKey::recorded(&tenant("acme"), key).is_ok(), below);
        }

        #[test]
        fn any_file_name_that_is_accepted_makes_a_safe_segment(
            name in prop_oneof!["[a-z. _\u{e9}\u{4e16}\u{1f600}-]{1,255}", "[a-z.]{80,120}\\.[a-z_ ]{0,20}", any_text()],
        ) {
            if let Ok(name) = FileName::parse(&name) {
                let safe = name.safe();
                prop_assert!(!safe.is_empty() && safe.len() <= 100);
                prop_assert!(!safe.starts_with(['.', '_']) && !safe.ends_with(['.', '_']));
                prop_assert!(safe.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{safe}");
            }
        }
    }

    #[test]
    fn the_longest_key_is_as_long_as_is_said() {
        let tenant = tenant(&"a".repeat(63));
        let (subject, collection) =
            (Subject::parse(&"s".repeat(128)).unwrap(), Collection::parse(&"c".repeat(64)).unwrap());
        let id = UploadId::new(datetime!(2026-01-01 0:00 UTC));
        let name = FileName::parse(&"n".repeat(255)).unwrap();
        assert_eq!(ObjectKey::new(&tenant, &subject, &collection, id, &name).as_str().len(), LONGEST);
    }

    #[test]
    fn a_record_of_a_sibling_prefix_is_refused() {
        assert!(ObjectKey::recorded(&tenant("acme"), "acmeco/x".into()).is_err());
        assert!(ObjectKey::recorded(&tenant("acme"), "acme/x".into()).is_ok());
    }

    #[test]
    fn a_key_of_ours_names_its_upload_and_no_other_does() {
        let id = UploadId::new(datetime!(2026-01-01 0:00 UTC));
        assert_eq!(ObjectKey::upload_of(&format!("acme/alice/default/{id}/a.txt")), Some(id));
        for foreign in [
            format!("acme/alice/default/{id}"),
            format!("acme/alice/default/{id}/"),
            format!("acme/alice/default/{id}/a/b"),
            format!("acme/alice/{id}/a.txt"),
            "acme/alice/default/x/a.txt".to_owned(),
            String::new(),
        ] {
            assert_eq!(ObjectKey::upload_of(&foreign), None, "{foreign}");
        }
    }
}
