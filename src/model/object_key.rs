//! Where in the bucket does an upload live? The first of the three walls between tenants.

use std::fmt;

use uuid::Uuid;

use super::{Collection, FileName, Invalid, Slug, Subject, Tenant, UploadId};

/// An S3 object key that lies below one tenant's prefix: `{slug}/{subject}/{collection}/{upload id}/{safe file name}`.
///
/// It can only be made from a [`Tenant`], and each of its segments is a type that cannot hold a slash, an empty text
/// or a `..`, so whatever a caller sends, the key stays inside the prefix. S3 takes 1,024 bytes at most; the longest key
/// that can be made here has 419.
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

    proptest! {
        #[test]
        fn whatever_the_input_the_key_stays_in_the_prefix(subject in "\\PC{0,130}", collection in "\\PC{0,70}", name in "\\PC{0,256}") {
            let (Ok(subject), Ok(collection), Ok(name)) =
                (Subject::parse(&subject), Collection::parse(&collection), FileName::parse(&name))
            else {
                return Ok(());
            };
            let id = UploadId::new(datetime!(2026-01-01 0:00 UTC));
            let key = ObjectKey::new(&tenant("acme"), &subject, &collection, id, &name);
            let segments: Vec<&str> = key.as_str().split('/').collect();
            prop_assert_eq!(segments.len(), 5);
            prop_assert_eq!(segments[0], "acme");
            prop_assert!(key.as_str().starts_with(&ObjectKey::subject_prefix(&tenant("acme").slug, &subject)));
            prop_assert!(segments.iter().all(|s| !s.is_empty() && *s != "." && *s != ".."));
            prop_assert!(key.as_str().bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-".contains(&b)));
            prop_assert!(key.as_str().len() <= 419);
        }

        #[test]
        fn any_file_name_that_is_accepted_makes_a_safe_segment(name in "[a-z. _\u{0}-\u{20}\u{e9}\u{4e16}\u{1f600}-]{1,255}") {
            if let Ok(name) = FileName::parse(&name) {
                let safe = name.safe();
                prop_assert!(!safe.is_empty() && safe.len() <= 100);
                prop_assert!(!safe.starts_with('.'));
            }
        }
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
