//! How does an object arrive in parts?

use s3s::dto::{
    ChecksumAlgorithm, ChecksumType, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, ETag, ListPartsInput, ListPartsOutput, Part,
    ServerSideEncryption, UploadPartInput, UploadPartOutput,
};
use s3s::{S3Error, S3Request, S3Result, s3_error};

use super::{Bucket, algorithm};
use crate::sandbox::aws::checksum::{Algorithm, declared};
use crate::sandbox::aws::store::{Attributes, Completion, Declared, Precondition};

/// S3's largest page of parts.
const PAGE: i32 = 1000;

impl Bucket {
    pub(super) async fn create_upload(
        &self,
        input: CreateMultipartUploadInput,
    ) -> S3Result<CreateMultipartUploadOutput> {
        if input.sse_customer_key.is_some() {
            return Err(s3_error!(NotImplemented));
        }
        let algorithm = algorithm(input.checksum_algorithm.as_ref())?;
        let composite = composite(algorithm, input.checksum_type.as_ref())?;
        let attributes = Attributes {
            content_type: Some(input.content_type.unwrap_or_else(|| "binary/octet-stream".to_owned())),
            content_encoding: input.content_encoding,
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            server_side_encryption: input.server_side_encryption.as_ref().map(|sse| sse.as_str().to_owned()),
            kms_key_id: input.ssekms_key_id.clone(),
            metadata: input.metadata.unwrap_or_default(),
        };
        let id = self.store.begin(input.key.clone(), attributes, algorithm, composite).await?;
        Ok(CreateMultipartUploadOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(id),
            checksum_algorithm: algorithm.map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name())),
            checksum_type: algorithm.map(|_| checksum_type(composite)),
            server_side_encryption: input.server_side_encryption,
            ssekms_key_id: input.ssekms_key_id,
            ..Default::default()
        })
    }

    pub(super) async fn put_part(&self, request: S3Request<UploadPartInput>) -> S3Result<UploadPartOutput> {
        let input = request.input;
        let declared = Declared {
            length: input.content_length,
            md5: input.content_md5.clone(),
            checksum: declared!(input)?,
            trailer: Algorithm::of_trailer(&request.headers).zip(request.trailing_headers),
            algorithm: algorithm(input.checksum_algorithm.as_ref())?,
        };
        let body = input.body.ok_or_else(|| s3_error!(IncompleteBody))?;
        let place = (input.key.as_str(), input.upload_id.as_str(), input.part_number);
        let part = self.store.put_part(place, body, declared).await?;
        let checksum = part.checksum.to_fields();
        Ok(UploadPartOutput {
            e_tag: Some(ETag::Strong(part.e_tag())),
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            ..Default::default()
        })
    }

    pub(super) async fn list_upload(&self, input: ListPartsInput) -> S3Result<ListPartsOutput> {
        let upload = self.store.upload(&input.key, &input.upload_id).await?;
        let marker = input.part_number_marker.unwrap_or_default();
        let max_parts = input.max_parts.unwrap_or(PAGE).clamp(0, PAGE);
        let limit = usize::try_from(max_parts).map_err(S3Error::internal_error)?;

        let rest: Vec<_> = upload.parts.range(marker.saturating_add(1).max(1)..).collect();
        let mut parts = Vec::new();
        for (number, part) in rest.iter().take(limit) {
            let checksum = part.checksum.to_fields();
            parts.push(Part {
                part_number: Some(**number),
                e_tag: Some(ETag::Strong(part.e_tag())),
                size: Some(i64::try_from(part.size).map_err(S3Error::internal_error)?),
                last_modified: Some(part.modified.into()),
                checksum_crc32: checksum.checksum_crc32,
                checksum_crc32c: checksum.checksum_crc32c,
                checksum_crc64nvme: checksum.checksum_crc64nvme,
                checksum_sha1: checksum.checksum_sha1,
                checksum_sha256: checksum.checksum_sha256,
            });
        }
        Ok(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            max_parts: Some(max_parts),
            part_number_marker: Some(marker),
            next_part_number_marker: parts.last().and_then(|part| part.part_number),
            is_truncated: Some(rest.len() > parts.len()),
            checksum_algorithm: upload.algorithm.map(|algorithm| ChecksumAlgorithm::from_static(algorithm.name())),
            checksum_type: upload.algorithm.map(|_| checksum_type(upload.composite)),
            parts: Some(parts),
            ..Default::default()
        })
    }

    pub(super) async fn complete_upload(
        &self,
        input: CompleteMultipartUploadInput,
    ) -> S3Result<CompleteMultipartUploadOutput> {
        let completion = Completion {
            checksum: declared!(input)?,
            parts: input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default(),
            size: input.mpu_object_size,
            precondition: Precondition { if_match: input.if_match, if_none_match: input.if_none_match },
        };
        let object = self.store.complete(&input.key, &input.upload_id, completion).await?;
        let checksum = object.checksum.to_fields();
        Ok(CompleteMultipartUploadOutput {
            location: Some(format!("/{}/{}", input.bucket, input.key)),
            bucket: Some(input.bucket),
            key: Some(input.key),
            e_tag: Some(ETag::Strong(object.e_tag.clone())),
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            checksum_type: checksum.checksum_type,
            server_side_encryption: object.attributes.server_side_encryption.clone().map(ServerSideEncryption::from),
            ssekms_key_id: object.attributes.kms_key_id.clone(),
            ..Default::default()
        })
    }
}

/// Whether the object's checksum is made of the parts' checksums: S3's table of what each algorithm can do.
fn composite(algorithm: Option<Algorithm>, requested: Option<&ChecksumType>) -> S3Result<bool> {
    let requested = requested.map(|kind| kind.as_str() == ChecksumType::COMPOSITE);
    match (algorithm, requested) {
        (None, None) | (Some(Algorithm::Crc64Nvme), None | Some(false)) => Ok(false),
        (Some(Algorithm::Crc32 | Algorithm::Crc32c), requested) => Ok(requested.unwrap_or(true)),
        (Some(Algorithm::Sha1 | Algorithm::Sha256), None | Some(true)) => Ok(true),
        (None, Some(_))
        | (Some(Algorithm::Crc64Nvme), Some(true))
        | (Some(Algorithm::Sha1 | Algorithm::Sha256), Some(false)) => {
            Err(s3_error!(InvalidRequest, "The checksum type is not one that the checksum algorithm can have."))
        }
    }
}

fn checksum_type(composite: bool) -> ChecksumType {
    ChecksumType::from_static(if composite { ChecksumType::COMPOSITE } else { ChecksumType::FULL_OBJECT })
}
