//! Does a policy name the one prefix that it was made for, and does nothing that a caller says mean more in it than it is?
#![no_main]

use std::sync::LazyLock;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use upload_gateway::adapters::s3::{Bucket, SignedForm, sign_form};
use upload_gateway::adapters::sts::{Reach, TemporaryCredentials, session_policy};
use upload_gateway::config::Config;
use upload_gateway::model::{
    Checksum, ChecksumAlgorithm, Collection, ContentType, FileName, FileSize, Grant, GrantedSize, Slug, Subject,
};
use upload_gateway_fuzz::{BUCKET, KMS_KEY, NOW, config_without_pool, credentials, fields, grant, tenant};

static PLAIN: LazyLock<Config> = LazyLock::new(|| config_without_pool(false));
static WITH_KEY: LazyLock<Config> = LazyLock::new(|| config_without_pool(true));
static CREDENTIALS: LazyLock<TemporaryCredentials> = LazyLock::new(credentials);

// A slug, a subject, a collection, a media type, a size, a checksum and a file name, one a line.
fuzz_target!(|text: &str| {
    let [slug, subject, collection, content_type, size, checksum, name] = fields(text);
    let (Ok(slug), Ok(subject)) = (Slug::parse(slug), Subject::parse(subject)) else { return };
    let reaches = [
        Reach::Tenant,
        Reach::Subject(subject.clone()),
        Reach::HandedOut { subject: subject.clone(), may_read: false },
        Reach::HandedOut { subject: subject.clone(), may_read: true },
    ];
    let (Ok(collection), Ok(content_type), Ok(name)) =
        (Collection::parse(collection), ContentType::parse(content_type), FileName::parse(name))
    else {
        return;
    };
    let is_open = size.starts_with('<');
    let size = size.trim_start_matches('<').parse().ok().and_then(|bytes| FileSize::parse(bytes).ok());
    let size = size.unwrap_or(FileSize::ONE_REQUEST);
    let size = if is_open { GrantedSize::AtMost(size) } else { GrantedSize::Exactly(size) };
    let algorithms = [ChecksumAlgorithm::Sha256, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64nvme];
    let checksum = algorithms.into_iter().find_map(|algorithm| Checksum::parse(algorithm, checksum).ok());
    let tenant = tenant(slug.clone());
    let grant = grant(&tenant, subject, collection, name, content_type, size, checksum);
    for config in [&*PLAIN, &*WITH_KEY] {
        for reach in &reaches {
            let policy = session_policy::session_policy(&config.upload, &slug, reach);
            reaches_no_further(&policy, &slug, reach, &grant);
        }
        let bucket = Bucket::new(&config.aws, &config.upload);
        binds_every_field(&sign_form(&bucket, &CREDENTIALS, &grant, Duration::from_secs(300), NOW), &grant);
    }
});

fn reaches_no_further(policy: &str, slug: &Slug, reach: &Reach, grant: &Grant) {
    assert!(policy.len() <= session_policy::LONGEST, "{}", policy.len());
    let policy: Value = serde_json::from_str(policy).expect("JSON");
    assert_eq!(policy["Version"], "2012-10-17");
    let bucket = format!("arn:aws:s3:::{BUCKET}");
    let prefix = reach.prefix(slug);
    let below = format!("{bucket}/{prefix}*");
    assert!(prefix.starts_with(&format!("{slug}/")) && !prefix.contains(['*', '?', '$', '{', '"', '\\']), "{prefix}");
    for statement in policy["Statement"].as_array().expect("statements") {
        let members = statement.as_object().expect("a statement");
        assert!(members.keys().all(|name| ["Effect", "Action", "Resource", "Condition"].contains(&name.as_str())));
        assert_eq!(statement["Effect"], "Allow");
        assert!(!statement["Action"].to_string().contains('*'), "{statement}");
        let resource = statement["Resource"].as_str().expect("one resource");
        if statement["Action"] == "s3:ListBucket" {
            assert_eq!(resource, bucket);
            let only = serde_json::json!({"StringLike": {"s3:prefix": format!("{prefix}*")}});
            assert_eq!(statement["Condition"], only);
        } else if resource == KMS_KEY {
            assert!(statement["Action"].as_array().expect("actions").iter().all(|action| is_of(action, "kms:")));
        } else {
            assert_eq!(resource, below);
            assert!(statement["Action"].as_array().expect("actions").iter().all(|action| is_of(action, "s3:")));
        }
    }
    keeps_neighbours_out(&below, slug, reach, grant);
}

fn is_of(action: &Value, service: &str) -> bool {
    action.as_str().is_some_and(|action| action.starts_with(service))
}

/// As IAM reads the resource: the first wall is inside the second, and no neighbour is.
fn keeps_neighbours_out(below: &str, slug: &Slug, reach: &Reach, grant: &Grant) {
    let is_open = |key: &str| is_like(below.as_bytes(), format!("arn:aws:s3:::{BUCKET}/{key}").as_bytes());
    assert!(is_open(grant.key.as_str()), "{below}");
    let shorter = slug.as_str().get(1..).unwrap_or_default();
    for neighbour in
        [format!("{slug}x/a"), format!("x{slug}/a"), format!("{shorter}/a"), slug.to_string(), "/".to_owned()]
    {
        assert!(!is_open(&neighbour), "{below} opens {neighbour}");
    }
    if let Some(subject) = reach.subject() {
        for neighbour in [format!("{slug}/{subject}x/a"), format!("{slug}/x{subject}/a"), format!("{slug}/{subject}")] {
            assert!(!is_open(&neighbour), "{below} opens {neighbour}");
        }
    }
}

/// Does the text match the pattern, in which `*` is any text and `?` any letter?
fn is_like(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', rest @ ..] => (0..=text.len()).any(|taken| is_like(rest, &text[taken..])),
        [b'?', rest @ ..] => !text.is_empty() && is_like(rest, &text[1..]),
        [letter, rest @ ..] => text.first() == Some(letter) && is_like(rest, &text[1..]),
    }
}

fn binds_every_field(form: &SignedForm, grant: &Grant) {
    // S3 takes 20,000 bytes of fields, without the file.
    assert!(form.fields.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() < 20_000);
    // A field ends at a line's end, and S3 puts the file's own name in the place of `${filename}`.
    assert!(form.fields.iter().all(|(_, value)| value.bytes().all(|byte| (0x20..0x7f).contains(&byte))));
    let value = |name: &str| form.fields.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str());
    assert_eq!(value("key"), Some(grant.key.as_str()));
    assert!(!grant.key.as_str().contains(['$', '{']));
    assert_eq!(value("Content-Type"), Some(grant.content_type.as_str()));

    let policy = STANDARD.decode(value("policy").expect("a policy")).expect("base64");
    let policy: Value = serde_json::from_slice(&policy).expect("JSON");
    let expires = policy["expiration"].as_str().expect("an end");
    assert_eq!(OffsetDateTime::parse(expires, &Rfc3339).ok(), Some(form.expires_at));
    let conditions = policy["conditions"].as_array().expect("conditions");
    let mut bound: Vec<(String, String)> = Vec::new();
    for condition in conditions {
        match condition.as_array().expect("a list").as_slice() {
            [kind, name, value] if kind == "eq" => {
                let name = name.as_str().and_then(|name| name.strip_prefix('$')).expect("a field");
                bound.push((name.to_owned(), value.as_str().expect("a text").to_owned()));
            }
            [kind, least, most] if kind == "content-length-range" => {
                let expected = (grant.size.least(), grant.size.most().bytes());
                assert_eq!((least.as_i64(), most.as_i64()), (Some(expected.0), Some(expected.1)));
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(conditions.len(), bound.len() + 1);
    let mut sent = vec![("bucket".to_owned(), BUCKET.to_owned())];
    let signed = form.fields.iter().filter(|(name, _)| !["policy", "x-amz-signature"].contains(name));
    sent.extend(signed.map(|(name, value)| ((*name).to_owned(), value.clone())));
    assert_eq!(bound, sent);
}
