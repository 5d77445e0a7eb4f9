//! Within which bounds are the settings of uploads taken, and of what goes on behind them?

use std::time::Duration;

use secrecy::SecretString;

use super::reader::Reader;
use super::sections::{Events, Rate, Reconcile, Upload, Uppy};
use super::sections_watch::{Anchors, Audit};
use super::values::{HOUR, MINUTE, SECOND, not_empty, size, web_url};
use crate::model::{FileSize, PartPlan};

pub(super) fn upload(r: &mut Reader) -> Option<Upload> {
    let bucket = r.required_parsed("upload.bucket", bucket_name);
    let role_arn = r.required_parsed("upload.role_arn", |text| {
        let mut pieces = text.splitn(6, ':');
        let (arn, partition, service) = (pieces.next(), pieces.next().unwrap_or_default(), pieces.next());
        let role = pieces.nth(2).is_some_and(|resource| resource.starts_with("role/"));
        let fits = arn == Some("arn") && partition.starts_with("aws") && service == Some("iam") && role;
        if fits {
            Ok(text.to_owned())
        } else {
            Err("must be a role's ARN such as arn:aws:iam::123456789012:role/upload-gateway")
        }
    });
    let external_id = r.parsed("upload.external_id", not_empty);
    let session_duration = r.duration("upload.session_duration", 15 * MINUTE, 12 * HOUR);
    let url_expiry = r.duration("upload.url_expiry", SECOND, 7 * 24 * HOUR);
    if let (Some(session), Some(url)) = (session_duration, url_expiry)
        && url + MINUTE > session
    {
        r.fault(
            "upload.url_expiry",
            "must be at least one minute shorter than upload.session_duration, whose credentials sign the URL",
        );
    }
    let multipart_threshold = r.required_parsed("upload.multipart_threshold", size);
    if multipart_threshold.is_some_and(|t| !(5 << 20..=FileSize::LARGEST_PUT).contains(&t.bytes())) {
        r.fault("upload.multipart_threshold", "must be 5 MiB to 5 GiB, the smallest part and the largest PUT");
    }
    let part_size = r.required_parsed("upload.part_size", size);
    if part_size.is_some_and(|p| !(PartPlan::SMALLEST..=PartPlan::LARGEST).contains(&p.bytes())) {
        r.fault("upload.part_size", "must be 5 MiB to 5 GiB, S3's smallest and largest part");
    }
    let multipart_expiry = r.duration("upload.multipart_expiry", MINUTE, 7 * 24 * HOUR);
    if let (Some(parts), Some(url)) = (multipart_expiry, url_expiry)
        && parts < url
    {
        r.fault("upload.multipart_expiry", "must be at least upload.url_expiry, the life of a part's URL");
    }
    let idempotency_expiry = r.duration("upload.idempotency_expiry", MINUTE, 7 * 24 * HOUR);
    let delete_broken = r.required("upload.delete_broken");
    let kms_key_arn = r.parsed("upload.kms_key_arn", |text| {
        let fits = text.starts_with("arn:") && text.contains(":kms:");
        if fits {
            Ok(text.to_owned())
        } else {
            Err("must be a key's ARN such as arn:aws:kms:eu-central-1:123456789012:key/…")
        }
    });
    Some(Upload {
        bucket: bucket?,
        role_arn: role_arn?,
        external_id: external_id.map(SecretString::from),
        session_duration: session_duration?,
        url_expiry: url_expiry?,
        multipart_threshold: multipart_threshold?,
        part_size: part_size?,
        multipart_expiry: multipart_expiry?,
        idempotency_expiry: idempotency_expiry?,
        delete_broken: delete_broken?,
        kms_key_arn,
    })
}

pub(super) fn reconcile(r: &mut Reader) -> Option<Reconcile> {
    let interval = r.duration("reconcile.interval", SECOND / 10, HOUR);
    let batch = r.number("reconcile.batch", 1, 1000);
    let lease = r.duration("reconcile.lease", SECOND, HOUR);
    let grace = r.duration("reconcile.grace", Duration::ZERO, 7 * 24 * HOUR);
    let last_look = r.duration("reconcile.last_look", Duration::ZERO, 30 * 24 * HOUR);
    let batch = u32::try_from(batch?).ok()?;
    Some(Reconcile { interval: interval?, batch, lease: lease?, grace: grace?, last_look: last_look? })
}

pub(super) fn events(r: &mut Reader) -> Option<Events> {
    let queue_url = r.parsed("events.queue_url", web_url);
    // SQS waits for 20 s at most.
    let wait = r.duration("events.wait", Duration::ZERO, 20 * SECOND);
    Some(Events { queue_url, wait: wait? })
}

pub(super) fn uppy(r: &mut Reader) -> Option<Uppy> {
    let session_expiry = r.duration("uppy.session_expiry", MINUTE, 24 * HOUR);
    Some(Uppy { session_expiry: session_expiry? })
}

pub(super) fn rate(r: &mut Reader) -> Option<Rate> {
    let subject_requests_per_minute = r.optional("rate.subject_requests_per_minute");
    if subject_requests_per_minute == Some(0) {
        r.fault("rate.subject_requests_per_minute", "must be at least 1");
    }
    Some(Rate { subject_requests_per_minute })
}

fn bucket_name(text: &str) -> Result<String, &'static str> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
    let fits = (3..=63).contains(&text.len()) && text.bytes().all(plain);
    if fits {
        Ok(text.to_owned())
    } else {
        Err("must be a bucket name: 3 to 63 lower-case letters, digits, '-' and '.'")
    }
}

/// The database itself refuses to drop what is younger than thirty days.
pub(super) fn audit(r: &mut Reader) -> Option<Audit> {
    let retention = r.optional_duration("audit.retention", 30 * 24 * HOUR, 100 * 366 * 24 * HOUR);
    let interval = r.duration("audit.anchor_interval", MINUTE, 24 * HOUR);
    let prefix = r.required_parsed("audit.anchor_prefix", |text| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_/.".contains(&b);
        if text.len() <= 128 && text.bytes().all(plain) {
            Ok(text.to_owned())
        } else {
            Err("must be at most 128 letters, digits, '-', '_', '.' and '/'")
        }
    });
    let (bucket, key) = (r.parsed("audit.anchor_bucket", bucket_name), r.parsed("audit.anchor_key", not_empty));
    for (one, other, name) in [(&bucket, &key, "audit.anchor_key"), (&key, &bucket, "audit.anchor_bucket")] {
        if one.is_some() && other.is_none() {
            r.fault(name, "is required: audit.anchor_bucket and audit.anchor_key go together");
        }
    }
    let (interval, prefix) = (interval?, prefix?);
    let anchors = bucket.zip(key).map(|(bucket, key)| Anchors { bucket, prefix, interval, key: key.into() });
    Some(Audit { retention, anchors })
}
