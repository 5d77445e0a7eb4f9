//! Does a key stay below its tenant's prefix whatever its parts are, and is it found again in the record and in the URL?
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use percent_encoding::percent_decode_str;
use upload_gateway::adapters::s3::{Bucket, presign_put};
use upload_gateway::adapters::sts::TemporaryCredentials;
use upload_gateway::model::{
    Collection, ContentType, FileName, FileSize, Grant, GrantedSize, ObjectKey, Slug, Subject, Tenant, UploadId,
};
use upload_gateway_fuzz::{NOW, config_without_pool, credentials, fields, grant, tenant};
use url::Url;

static BUCKET: LazyLock<Bucket> = LazyLock::new(|| {
    let config = config_without_pool(false);
    Bucket::new(&config.aws, &config.upload)
});
static CREDENTIALS: LazyLock<TemporaryCredentials> = LazyLock::new(credentials);

// A slug, a subject, a collection and a file name, one a line; and all of it as a key that somebody else made.
fuzz_target!(|text: &str| {
    let acme = tenant(Slug::parse("acme").expect("a slug"));
    of_a_stranger(&acme, text);
    let [slug, subject, collection, name] = fields(text);
    let (Ok(slug), Ok(subject), Ok(collection), Ok(name)) =
        (Slug::parse(slug), Subject::parse(subject), Collection::parse(collection), FileName::parse(name))
    else {
        return;
    };
    let tenant = tenant(slug);
    let (size, content_type) = (GrantedSize::Exactly(FileSize::ONE_REQUEST), ContentType::unknown());
    let grant = grant(&tenant, subject, collection, name, content_type, size, None);
    stays_inside(&tenant, &grant);
    is_found_again(&tenant, &grant);
    is_the_urls(&grant);
});

fn of_a_stranger(acme: &Tenant, key: &str) {
    let id = ObjectKey::upload_of(key);
    let segments: Vec<&str> = key.split('/').collect();
    let written = segments.get(3).and_then(|segment| uuid::Uuid::try_parse(segment).ok()).map(UploadId::from);
    let is_whole = segments.len() == 5 && segments.last().is_some_and(|name| !name.is_empty());
    assert_eq!(id, written.filter(|_| is_whole), "{key:?}");
    match ObjectKey::recorded(acme, key.to_owned()) {
        Ok(known) => assert!(known.as_str() == key && key.split('/').next() == Some("acme") && key.contains('/')),
        Err(_refused) => assert!(segments.len() == 1 || segments.first() != Some(&"acme"), "{key:?}"),
    }
}

fn stays_inside(tenant: &Tenant, grant: &Grant) {
    let key = grant.key.as_str();
    let segments: Vec<&str> = key.split('/').collect();
    let [slug, subject, collection, id, name] = segments[..] else { panic!("{key:?}") };
    assert_eq!((slug, subject), (tenant.slug.as_str(), grant.subject.as_str()));
    assert_eq!((collection, id), (grant.collection.as_str(), &*grant.id.to_string()));
    assert_eq!(name, grant.file_name.safe());
    assert!(key.starts_with(&ObjectKey::prefix(&tenant.slug)));
    assert!(key.starts_with(&ObjectKey::subject_prefix(&tenant.slug, &grant.subject)));
    assert!(segments.iter().all(|segment| !segment.is_empty() && !segment.starts_with('.')), "{key:?}");
    assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte)), "{key:?}");
    // S3 takes 1,024; this is what the type's own documentation says.
    assert!(key.len() <= 395, "{}", key.len());
}

fn is_found_again(tenant: &Tenant, grant: &Grant) {
    let key = grant.key.to_string();
    assert_eq!(ObjectKey::recorded(tenant, key.clone()).as_ref(), Ok(&grant.key));
    assert_eq!(ObjectKey::upload_of(&key), Some(grant.id));
    for other in [format!("{}x", tenant.slug), format!("x{}", tenant.slug), "zz".to_owned()] {
        if let Some(neighbour) = Slug::parse(&other).ok().filter(|other| *other != tenant.slug) {
            assert!(ObjectKey::recorded(&self::tenant(neighbour), key.clone()).is_err());
        }
    }
}

/// As a browser takes it apart, which resolves dots and would take `\` for `/`.
fn is_the_urls(grant: &Grant) {
    let put = presign_put(&BUCKET, &CREDENTIALS, grant, Duration::from_secs(300), NOW);
    let url = Url::parse(&put.url).expect("a URL");
    assert_eq!(url.host_str(), Some("uploads.s3.eu-central-1.amazonaws.com"));
    assert!(url.fragment().is_none() && url.username().is_empty());
    let path = percent_decode_str(url.path()).decode_utf8().expect("UTF-8").into_owned();
    assert_eq!(path.strip_prefix('/'), Some(grant.key.as_str()));
}
