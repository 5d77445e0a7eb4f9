//! Which parts of a multipart upload are there, and what do they make together?

use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;

use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{CompletedPart, StreamingBlob};
use s3s::{S3Error, S3Result, s3_error};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Attributes, Blob, Declared, NewObject, Object, Precondition, Store, hex, record_path, write_record};
use crate::sandbox::aws::checksum::{Algorithm, Checksum, declared};
use crate::sandbox::aws::sqs::Creation;

/// Every part but the last has at least this many bytes: 5 MiB.
const SMALLEST_PART: u64 = 5 * 1024 * 1024;

/// A multipart upload that is neither completed nor aborted.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in super::super) struct Upload {
    pub(super) id: String,
    key: String,
    attributes: Attributes,
    /// What the uploader asked for when it began: every part then has to come with such a checksum.
    pub(in super::super) algorithm: Option<Algorithm>,
    pub(in super::super) composite: bool,
    pub(in super::super) parts: BTreeMap<i32, Part>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(in super::super) struct Part {
    blob: String,
    pub(in super::super) size: u64,
    md5: [u8; 16],
    pub(in super::super) checksum: Checksum,
    pub(in super::super) modified: OffsetDateTime,
}

impl Part {
    pub(in super::super) fn e_tag(&self) -> String {
        hex(&self.md5)
    }
}

/// The uploader's list of what the object is made of.
pub(in super::super) struct Completion {
    pub(in super::super) parts: Vec<CompletedPart>,
    pub(in super::super) checksum: Option<Checksum>,
    pub(in super::super) size: Option<i64>,
    pub(in super::super) precondition: Precondition,
}

impl Upload {
    pub(super) fn blobs(&self) -> impl Iterator<Item = &str> {
        self.parts.values().map(|part| part.blob.as_str())
    }

    /// The parts that the uploader names, if they are its parts.
    fn select(&self, named: &[CompletedPart]) -> S3Result<Vec<&Part>> {
        let mut selected: Vec<&Part> = Vec::new();
        let mut previous = 0;
        for name in named {
            let number = name.part_number.unwrap_or_default();
            if number <= previous {
                return Err(s3_error!(InvalidPartOrder));
            }
            let part = self.parts.get(&number).ok_or_else(invalid_part)?;
            let declared = declared!(name)?;
            if self.algorithm.is_some() && self.composite && declared.is_none() {
                return Err(s3_error!(InvalidRequest, "The complete request must include the checksum for each part."));
            }
            let same_tag = name.e_tag.as_ref().is_some_and(|e_tag| e_tag.value() == part.e_tag());
            if !same_tag || declared.is_some_and(|declared| declared != part.checksum) {
                return Err(invalid_part());
            }
            if selected.last().is_some_and(|before| before.size < SMALLEST_PART) {
                return Err(s3_error!(EntityTooSmall));
            }
            previous = number;
            selected.push(part);
        }
        if selected.is_empty() {
            return Err(s3_error!(MalformedXML));
        }
        Ok(selected)
    }
}

impl Store {
    pub(in super::super) async fn begin(
        &self,
        key: String,
        attributes: Attributes,
        algorithm: Option<Algorithm>,
        composite: bool,
    ) -> S3Result<String> {
        let id = Uuid::new_v4().simple().to_string();
        let upload = Upload { id: id.clone(), key, attributes, algorithm, composite, parts: BTreeMap::new() };
        let mut index = self.index.lock().await;
        write_record(&self.uploads, &id, &upload).map_err(S3Error::internal_error)?;
        index.uploads.insert(id.clone(), upload);
        Ok(id)
    }

    /// The upload of that id, if it is an upload of that key: an id alone opens nobody else's upload.
    pub(in super::super) async fn upload(&self, key: &str, id: &str) -> S3Result<Upload> {
        let index = self.index.lock().await;
        index.uploads.get(id).filter(|upload| upload.key == key).cloned().ok_or_else(no_such_upload)
    }

    /// How many there are that were neither completed nor aborted.
    pub(in super::super) async fn unfinished(&self) -> usize {
        self.index.lock().await.uploads.len()
    }

    pub(in super::super) async fn put_part(
        &self,
        (key, id, number): (&str, &str, i32),
        body: StreamingBlob,
        declared: Declared,
    ) -> S3Result<Part> {
        if !(1..=10_000).contains(&number) {
            return Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"));
        }
        let upload = self.upload(key, id).await?;
        let blob = Blob::receive(&self.blobs, body, declared).await?;
        if upload.algorithm.is_some_and(|algorithm| algorithm != blob.checksum.algorithm) {
            return Err(s3_error!(
                InvalidRequest,
                "The part's checksum is not of the type that the upload began with."
            ));
        }
        let part = Part {
            blob: blob.name.clone(),
            size: blob.size,
            md5: blob.md5,
            checksum: blob.checksum.clone(),
            modified: self.clock.now(),
        };
        let mut index = self.index.lock().await;
        let upload = index.uploads.get_mut(id).ok_or_else(no_such_upload)?;
        let replaced = upload.parts.insert(number, part.clone());
        write_record(&self.uploads, id, upload).map_err(S3Error::internal_error)?;
        blob.keep();
        if let Some(replaced) = replaced {
            self.discard(&replaced.blob);
        }
        Ok(part)
    }

    /// Makes the object, or leaves the upload and everything else as it was.
    pub(in super::super) async fn complete(
        &self,
        key: &str,
        id: &str,
        completion: Completion,
    ) -> S3Result<Arc<Object>> {
        let upload = self.upload(key, id).await?;
        let parts = upload.select(&completion.parts)?;
        completion.precondition.check(self.get(key).await.as_ref())?;

        let names: Vec<String> = parts.iter().map(|part| part.blob.clone()).collect();
        let algorithm = upload.algorithm.unwrap_or(Algorithm::Crc64Nvme);
        let blob = Blob::concatenate(&self.blobs, &names, algorithm).await.map_err(S3Error::internal_error)?;
        let checksum = match upload.algorithm {
            Some(algorithm) if upload.composite => {
                Checksum::of_parts(algorithm, parts.iter().map(|part| &part.checksum))?
            }
            Some(_) | None => blob.checksum.clone(),
        };
        let wrong_checksum = completion.checksum.is_some_and(|declared| declared.value != checksum.value);
        if wrong_checksum || completion.size.is_some_and(|size| u64::try_from(size) != Ok(blob.size)) {
            return Err(s3_error!(BadDigest, "The object is not what the complete request says that it is."));
        }
        let count = i32::try_from(parts.len()).map_err(S3Error::internal_error)?;
        let e_tag = format!("{}-{count}", e_tag_of(&parts));
        let (creation, key) = (Creation::CompleteMultipartUpload, upload.key.clone());
        let attributes = upload.attributes.clone();
        let new = NewObject { creation, key, blob, e_tag, checksum, parts: Some(count), attributes };

        let mut index = self.index.lock().await;
        if !index.uploads.contains_key(id) {
            return Err(no_such_upload());
        }
        let object = self.commit(&mut index, new, &completion.precondition)?;
        self.forget(&mut index.uploads, id)?;
        Ok(object)
    }

    pub(in super::super) async fn abort(&self, key: &str, id: &str) -> S3Result<()> {
        self.upload(key, id).await?;
        let mut index = self.index.lock().await;
        self.forget(&mut index.uploads, id)
    }

    fn forget(&self, uploads: &mut std::collections::HashMap<String, Upload>, id: &str) -> S3Result<()> {
        let upload = uploads.remove(id).ok_or_else(no_such_upload)?;
        fs::remove_file(record_path(&self.uploads, id)).map_err(S3Error::internal_error)?;
        for blob in upload.blobs() {
            self.discard(blob);
        }
        Ok(())
    }
}

/// S3's tag of a multipart object: the digest of its parts' digests.
fn e_tag_of(parts: &[&Part]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(&part.md5);
    }
    hex(&md5.finalize())
}

fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified multipart upload does not exist. The upload ID may be invalid, or the upload may have been \
         aborted or completed."
    )
}

fn invalid_part() -> S3Error {
    s3_error!(
        InvalidPart,
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified \
         entity tag may not match the part's entity tag."
    )
}
