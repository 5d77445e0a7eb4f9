//! Which S3 operations does the sandbox know? Those that the gateway, its doctor and its uploaders use; s3s refuses the others.

mod listing;
mod multipart;
mod objects;
mod settings;

use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput,
    GetBucketEncryptionInput, GetBucketEncryptionOutput, GetBucketLifecycleConfigurationInput,
    GetBucketLifecycleConfigurationOutput, GetBucketNotificationConfigurationInput,
    GetBucketNotificationConfigurationOutput, GetBucketOwnershipControlsInput, GetBucketOwnershipControlsOutput,
    GetBucketPolicyInput, GetBucketPolicyOutput, GetBucketVersioningInput, GetBucketVersioningOutput, GetObjectInput,
    GetObjectOutput, GetPublicAccessBlockInput, GetPublicAccessBlockOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput,
    PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::access::MayList;
use super::checksum::Algorithm;
use super::store::{Object, Store};
use super::{BucketSettings, Shared};

/// The one bucket. `PostObject` comes here as `PutObject`, by s3s's own conversion.
pub(super) struct Bucket {
    pub(super) name: String,
    pub(super) region: String,
    pub(super) store: Arc<Store>,
    pub(super) shared: Arc<Shared>,
}

impl Bucket {
    fn settings(&self, bucket: &str) -> S3Result<BucketSettings> {
        self.check(bucket).map(|()| self.shared.set_up.bucket())
    }

    fn check(&self, bucket: &str) -> S3Result<()> {
        if bucket == self.name {
            return Ok(());
        }
        Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"))
    }

    /// The object, or else what AWS answers: only who may list the bucket learns that a key is not there.
    async fn find<T>(&self, key: &str, request: &S3Request<T>) -> S3Result<Arc<Object>> {
        match (self.store.get(key).await, request.extensions.get::<MayList>()) {
            (Some(object), _) => Ok(object),
            (None, Some(MayList)) => Err(s3_error!(NoSuchKey, "The specified key does not exist.")),
            (None, None) => Err(s3_error!(AccessDenied, "Access Denied")),
        }
    }
}

/// The algorithm of an `x-amz-sdk-checksum-algorithm` or `x-amz-checksum-algorithm` header.
fn algorithm(named: Option<&s3s::dto::ChecksumAlgorithm>) -> S3Result<Option<Algorithm>> {
    named.map(|algorithm| Algorithm::parse(algorithm.as_str())).transpose()
}

#[async_trait::async_trait]
impl S3 for Bucket {
    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.check(&request.input.bucket)?;
        let bucket_region = Some(self.region.clone());
        Ok(S3Response::new(HeadBucketOutput { bucket_region, ..Default::default() }))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        self.check(&request.input.bucket)?;
        self.put(request).await
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        self.check(&request.input.bucket)?;
        self.get(request).await.map(S3Response::new)
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        self.check(&request.input.bucket)?;
        self.head(request).await.map(S3Response::new)
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.check(&request.input.bucket)?;
        self.store.delete(&request.input.key).await?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn list_objects_v2(
        &self,
        request: S3Request<ListObjectsV2Input>,
    ) -> S3Result<S3Response<ListObjectsV2Output>> {
        self.check(&request.input.bucket)?;
        self.list(request.input).await.map(S3Response::new)
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        self.check(&request.input.bucket)?;
        self.create_upload(request.input).await.map(S3Response::new)
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        self.check(&request.input.bucket)?;
        self.put_part(request).await.map(S3Response::new)
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        self.check(&request.input.bucket)?;
        self.list_upload(request.input).await.map(S3Response::new)
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        self.check(&request.input.bucket)?;
        self.complete_upload(request.input).await.map(S3Response::new)
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        self.check(&request.input.bucket)?;
        self.store.abort(&request.input.key, &request.input.upload_id).await?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn get_public_access_block(
        &self,
        request: S3Request<GetPublicAccessBlockInput>,
    ) -> S3Result<S3Response<GetPublicAccessBlockOutput>> {
        let settings = self.settings(&request.input.bucket)?;
        Ok(S3Response::new(settings::public_access(&settings)?))
    }

    async fn get_bucket_ownership_controls(
        &self,
        request: S3Request<GetBucketOwnershipControlsInput>,
    ) -> S3Result<S3Response<GetBucketOwnershipControlsOutput>> {
        let settings = self.settings(&request.input.bucket)?;
        Ok(S3Response::new(settings::ownership(settings)?))
    }

    async fn get_bucket_encryption(
        &self,
        request: S3Request<GetBucketEncryptionInput>,
    ) -> S3Result<S3Response<GetBucketEncryptionOutput>> {
        let settings = self.settings(&request.input.bucket)?;
        Ok(S3Response::new(settings::encryption(settings)))
    }

    async fn get_bucket_versioning(
        &self,
        request: S3Request<GetBucketVersioningInput>,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        let settings = self.settings(&request.input.bucket)?;
        Ok(S3Response::new(settings::versioning(&settings)))
    }

    async fn get_bucket_lifecycle_configuration(
        &self,
        request: S3Request<GetBucketLifecycleConfigurationInput>,
    ) -> S3Result<S3Response<GetBucketLifecycleConfigurationOutput>> {
        let settings = self.settings(&request.input.bucket)?;
        Ok(S3Response::new(settings::lifecycle(settings)?))
    }

    async fn get_bucket_policy(
        &self,
        request: S3Request<GetBucketPolicyInput>,
    ) -> S3Result<S3Response<GetBucketPolicyOutput>> {
        let settings = self.settings(&request.input.bucket)?;
        Ok(S3Response::new(settings::policy(settings)?))
    }

    async fn get_bucket_notification_configuration(
        &self,
        request: S3Request<GetBucketNotificationConfigurationInput>,
    ) -> S3Result<S3Response<GetBucketNotificationConfigurationOutput>> {
        let settings = self.settings(&request.input.bucket)?;
        Ok(S3Response::new(settings::notification(settings)))
    }
}
