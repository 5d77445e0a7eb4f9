//! Does the ledger, once it has come to rest, say of one upload what S3 holds, and how it came to be?

use aws_sdk_s3::Client;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use upload_gateway::model::{Finding, StoredObject, Upload, UploadStatus};
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::Harness;
use crate::quotas::miscounted;

const FINDINGS: [Finding; 4] = [Finding::Whole, Finding::Broken, Finding::Absent, Finding::Withdrawn];

/// Everything that is not as it has to be.
pub(crate) async fn disagreements(
    gateway: &Harness,
    s3: &Client,
    upload: &Upload,
    grace: std::time::Duration,
) -> Vec<String> {
    let mut found: Vec<String> = miscounted(gateway).await;
    let due = gateway.database.count("uploads where check_at is not null").await;
    if due != 0 {
        found.push("it is still looked at".to_owned());
    }
    found.extend(about_the_object(s3, upload).await);
    if parts_are_kept(s3, upload).await {
        found.push(format!("{}, and S3 keeps its parts", upload.status.as_str()));
    }
    found.extend(about_the_history(gateway, upload, grace).await);
    found
}

async fn about_the_object(s3: &Client, upload: &Upload) -> Option<String> {
    let head = s3.head_object().bucket(BUCKET).key(upload.grant.key.as_str());
    let held = match Box::pin(head.send()).await {
        Ok(head) => Some(StoredObject {
            size: head.content_length.unwrap_or_default(),
            etag: head.e_tag.unwrap_or_default().trim_matches('"').to_owned(),
            content_type: head.content_type,
            checksum: None,
        }),
        Err(error) if error.raw_response().is_some_and(|answer| answer.status().as_u16() == 404) => None,
        Err(error) => panic!("S3 does not answer: {error:?}"),
    };
    let status = upload.status.as_str();
    match (upload.status, held) {
        (UploadStatus::Pending, _) => Some("it never ends".to_owned()),
        (UploadStatus::Completed, Some(held)) => {
            let recorded = upload.stored.as_ref().map(|stored| (stored.size, stored.etag.as_str()));
            let same = recorded == Some((held.size, held.etag.as_str()));
            let accepted = upload.accepts(&held).is_ok();
            (!same || !accepted).then(|| format!("completed as {recorded:?}, and S3 holds {held:?}"))
        }
        (UploadStatus::Completed, None) => Some("completed, and S3 holds nothing".to_owned()),
        (_, Some(held)) => Some(format!("{status}, and S3 holds {held:?}")),
        (_, None) => None,
    }
}

async fn parts_are_kept(s3: &Client, upload: &Upload) -> bool {
    let Some(id) = &upload.multipart_id else { return false };
    let list = s3.list_parts().bucket(BUCKET).key(upload.grant.key.as_str()).upload_id(id);
    Box::pin(list.send()).await.is_ok()
}

/// The audit is a walk along the transition table, each step on record once, and ends where the upload stands.
async fn about_the_history(gateway: &Harness, upload: &Upload, grace: std::time::Duration) -> Vec<String> {
    let events: Vec<(String, OffsetDateTime)> =
        sqlx::query("select action, at from audit_events where upload_id = $1 and action like 'upload.%' order by id")
            .bind(upload.grant.id.as_uuid())
            .map(|row: PgRow| (row.get(0), row.get(1)))
            .fetch_all(&gateway.database.pool)
            .await
            .expect("events");
    let names: Vec<&str> = events.iter().map(|(action, _)| action.as_str()).collect();
    let mut found = Vec::new();
    let mut stands = None;
    for (action, at) in &events {
        let status = match action.strip_prefix("upload.") {
            Some("granted") => UploadStatus::Pending,
            other => UploadStatus::parse(other.unwrap_or_default()).expect("a status"),
        };
        let leads_there = match stands {
            None => status == UploadStatus::Pending,
            Some(from) => FINDINGS.iter().any(|&finding| UploadStatus::after(from, finding) == Some(status)),
        };
        if !leads_there {
            found.push(format!("no upload lives so: {names:?}"));
        }
        if status == UploadStatus::Expired && *at < upload.expires_at + grace {
            found.push(format!("it expired at {at}, and its URL lived until {}", upload.expires_at));
        }
        stands = Some(status);
    }
    if stands != Some(upload.status) {
        found.push(format!("the ledger says {}, and its audit {names:?}", upload.status.as_str()));
    }
    found
}
