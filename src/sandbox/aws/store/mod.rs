//! Which objects does the bucket hold? An index in memory over files that are never changed once written.
//!
//! An object is a record (`objects/HASH.json`, named after its key so that any key of S3's fits a file name) that names
//! a blob (`blobs/UUID`). Its replacement is a new blob and a new record; the lock on the index makes the check of a
//! condition and the change one step, which is what lets `If-None-Match: *` have exactly one winner. Nothing waits
//! within that step: a client that goes away takes its request with it wherever that waits, and a record that is gone
//! from the disk but not from the index would be an object that nobody can delete.

mod blob;
mod uploads;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use s3s::dto::{ETag, ETagCondition, StreamingBlob};
use s3s::{S3Error, S3Result, s3_error};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use tokio::fs;
use tokio::sync::Mutex;

use self::blob::Blob;
pub(super) use self::blob::Declared;
pub(super) use self::uploads::{Completion, Upload};
use super::checksum::Checksum;
use super::sqs::{Creation, Notifications};
use crate::model::Clock;

/// The bucket's objects and its unfinished multipart uploads.
pub(super) struct Store {
    blobs: PathBuf,
    objects: PathBuf,
    uploads: PathBuf,
    clock: Clock,
    notifications: Arc<Notifications>,
    index: Mutex<Index>,
}

#[derive(Default)]
struct Index {
    objects: BTreeMap<String, Arc<Object>>,
    uploads: HashMap<String, Upload>,
}

/// What is known of an object besides its bytes.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Object {
    pub(super) key: String,
    blob: String,
    pub(super) size: u64,
    pub(super) e_tag: String,
    pub(super) modified: OffsetDateTime,
    pub(super) checksum: Checksum,
    pub(super) parts: Option<i32>,
    pub(super) attributes: Attributes,
}

/// What the uploader says of an object, given back with it.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Attributes {
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) cache_control: Option<String>,
    pub(super) server_side_encryption: Option<String>,
    pub(super) kms_key_id: Option<String>,
    pub(super) metadata: HashMap<String, String>,
}

/// What has to be true of the object that is there already.
#[derive(Clone, Debug, Default)]
pub(super) struct Precondition {
    pub(super) if_match: Option<ETagCondition>,
    pub(super) if_none_match: Option<ETagCondition>,
}

impl Precondition {
    pub(super) fn check(&self, existing: Option<&Arc<Object>>) -> S3Result<()> {
        let e_tag = existing.map(|object| ETag::Strong(object.e_tag.clone()));
        let meets = |condition: &ETagCondition| match (condition, &e_tag) {
            (_, None) => false,
            (ETagCondition::Any, Some(_)) => true,
            (ETagCondition::ETag(wanted), Some(e_tag)) => wanted.strong_cmp(e_tag),
        };
        if self.if_none_match.as_ref().is_some_and(meets) || self.if_match.as_ref().is_some_and(|wanted| !meets(wanted))
        {
            return Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"));
        }
        Ok(())
    }
}

impl Store {
    /// Opens the bucket that lives in `directory`, and makes it if there is none.
    pub(super) async fn open(directory: &Path, clock: Clock, notifications: Arc<Notifications>) -> io::Result<Self> {
        let [blobs, objects, uploads] = ["blobs", "objects", "uploads"].map(|name| directory.join(name));
        for directory in [&blobs, &objects, &uploads] {
            fs::create_dir_all(directory).await?;
        }
        let mut index = Index::default();
        for object in read_records::<Object>(&objects).await? {
            index.objects.insert(object.key.clone(), Arc::new(object));
        }
        for upload in read_records::<Upload>(&uploads).await? {
            index.uploads.insert(upload.id.clone(), upload);
        }
        sweep(&blobs, &index).await?;
        Ok(Self { blobs, objects, uploads, clock, notifications, index: Mutex::new(index) })
    }

    pub(super) async fn get(&self, key: &str) -> Option<Arc<Object>> {
        self.index.lock().await.objects.get(key).cloned()
    }

    /// The file that holds the object's bytes. It stays readable, once open, when the object is replaced.
    pub(super) async fn read(&self, object: &Object) -> io::Result<fs::File> {
        fs::File::open(self.blobs.join(&object.blob)).await
    }

    /// Stores an object, or leaves everything as it was.
    pub(super) async fn put(
        &self,
        (creation, key): (Creation, String),
        body: StreamingBlob,
        declared: Declared,
        attributes: Attributes,
        precondition: &Precondition,
    ) -> S3Result<Arc<Object>> {
        precondition.check(self.get(&key).await.as_ref())?;
        let blob = Blob::receive(&self.blobs, body, declared).await?;
        let (e_tag, checksum) = (hex(&blob.md5), blob.checksum.clone());
        let new = NewObject { creation, key, blob, e_tag, checksum, parts: None, attributes };
        self.commit(&mut *self.index.lock().await, new, precondition)
    }

    /// Deletes an object. To S3 it is no error when there is none.
    pub(super) async fn delete(&self, key: &str) -> S3Result<()> {
        let mut index = self.index.lock().await;
        if let Some(object) = index.objects.get(key).cloned() {
            std::fs::remove_file(record_path(&self.objects, key)).map_err(S3Error::internal_error)?;
            index.objects.remove(key);
            self.discard(&object.blob);
        }
        Ok(())
    }

    /// The objects whose keys start with `prefix` and come after `after`, in the order of their keys.
    pub(super) async fn list(&self, prefix: &str, after: &str) -> Vec<Arc<Object>> {
        let index = self.index.lock().await;
        index
            .objects
            .range(prefix.to_owned()..)
            .take_while(|(key, _)| key.starts_with(prefix))
            .filter(|(key, _)| key.as_str() > after)
            .map(|(_, object)| Arc::clone(object))
            .collect()
    }

    fn commit(&self, index: &mut Index, new: NewObject, precondition: &Precondition) -> S3Result<Arc<Object>> {
        precondition.check(index.objects.get(&new.key))?;
        let object = Arc::new(Object {
            size: new.blob.size,
            key: new.key,
            blob: new.blob.name.clone(),
            e_tag: new.e_tag,
            modified: self.clock.now(),
            checksum: new.checksum,
            parts: new.parts,
            attributes: new.attributes,
        });
        write_record(&self.objects, &object.key, &*object).map_err(S3Error::internal_error)?;
        new.blob.keep();
        if let Some(replaced) = index.objects.insert(object.key.clone(), Arc::clone(&object)) {
            self.discard(&replaced.blob);
        }
        self.notifications.created(new.creation, &object.key, object.size, &object.e_tag);
        Ok(object)
    }

    fn discard(&self, blob: &str) {
        // What cannot be removed now is swept up at the next start.
        let _: io::Result<()> = std::fs::remove_file(self.blobs.join(blob));
    }
}

struct NewObject {
    creation: Creation,
    key: String,
    blob: Blob,
    e_tag: String,
    checksum: Checksum,
    parts: Option<i32>,
    attributes: Attributes,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn record_path(directory: &Path, name: &str) -> PathBuf {
    directory.join(format!("{}.json", hex(digest(&SHA256, name.as_bytes()).as_ref())))
}

/// Writes the record beside its place and then moves it there, so that no crash leaves half of one.
fn write_record(directory: &Path, name: &str, record: &impl Serialize) -> io::Result<()> {
    let path = record_path(directory, name);
    let beside = path.with_extension("new");
    std::fs::write(&beside, serde_json::to_vec(record)?)?;
    std::fs::rename(beside, path)
}

async fn read_records<T: DeserializeOwned>(directory: &Path) -> io::Result<Vec<T>> {
    let mut records = Vec::new();
    let mut entries = fs::read_dir(directory).await?;
    while let Some(entry) = entries.next_entry().await? {
        if entry.path().extension() == Some(OsStr::new("json")) {
            records.push(serde_json::from_slice(&fs::read(entry.path()).await?)?);
        }
    }
    Ok(records)
}

/// Removes the blobs that a crash left without a record.
async fn sweep(blobs: &Path, index: &Index) -> io::Result<()> {
    let objects = index.objects.values().map(|object| object.blob.as_str());
    let parts = index.uploads.values().flat_map(Upload::blobs);
    let known: HashSet<&str> = objects.chain(parts).collect();
    let mut entries = fs::read_dir(blobs).await?;
    while let Some(entry) = entries.next_entry().await? {
        if !entry.file_name().to_str().is_some_and(|name| known.contains(name)) {
            fs::remove_file(entry.path()).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::FutureExt as _;
    use s3s::Body;
    use tempfile::TempDir;

    use super::super::sqs::Sqs;
    use super::*;

    #[tokio::test]
    async fn who_goes_away_in_the_middle_leaves_no_half_of_a_deletion() {
        let (directory, clock) = (TempDir::new().unwrap(), Clock::system());
        let notifications = Sqs::new("uploads", "eu-west-1", clock.clone()).notifications;
        let store = Store::open(directory.path(), clock, notifications).await.unwrap();
        let none = Declared { length: None, md5: None, checksum: None, trailer: None, algorithm: None };
        let body = StreamingBlob::from(Body::from("bytes".to_owned()));
        let name = (Creation::Put, "acme/a".to_owned());
        store.put(name, body, none, Attributes::default(), &Precondition::default()).await.unwrap();

        // Polled once and dropped, as a request is whose connection ends.
        let _: Option<S3Result<()>> = pin!(store.delete("acme/a")).now_or_never();
        store.delete("acme/a").await.unwrap();
        assert!(store.get("acme/a").await.is_none());
    }
}
