//! How are objects written and read?

use std::io::SeekFrom;

use futures_util::stream;
use hyper::HeaderMap;
use hyper::body::Bytes;
use hyper::header::{ETAG, HOST, HeaderValue, LOCATION};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    ChecksumMode, ETag, GetObjectInput, GetObjectOutput, HeadObjectInput, HeadObjectOutput, PutObjectInput,
    PutObjectOutput, ServerSideEncryption, StreamingBlob,
};
use s3s::{S3Error, S3Request, S3Response, S3Result, s3_error};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::{Bucket, algorithm};
use crate::sandbox::aws::access::FormToken;
use crate::sandbox::aws::checksum::{Algorithm, declared};
use crate::sandbox::aws::sqs::Creation;
use crate::sandbox::aws::store::{Attributes, Declared, Object, Precondition};

/// How much of a file is read at a time.
const CHUNK: usize = 64 * 1024;

/// S3's own, for an object whose uploader named none.
const DEFAULT_CONTENT_TYPE: &str = "binary/octet-stream";

impl Bucket {
    pub(super) async fn put(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        if input.sse_customer_key.is_some() || input.write_offset_bytes.is_some() {
            return Err(s3_error!(NotImplemented));
        }
        let declared = Declared {
            length: input.content_length,
            md5: input.content_md5.clone(),
            checksum: declared!(input)?,
            trailer: Algorithm::of_trailer(&request.headers).zip(request.trailing_headers),
            algorithm: algorithm(input.checksum_algorithm.as_ref())?,
        };
        let attributes = Attributes {
            content_type: Some(input.content_type.unwrap_or_else(|| DEFAULT_CONTENT_TYPE.to_owned())),
            content_encoding: without_chunking(input.content_encoding),
            content_disposition: input.content_disposition,
            content_language: input.content_language,
            cache_control: input.cache_control,
            server_side_encryption: input.server_side_encryption.map(|sse| sse.as_str().to_owned()),
            kms_key_id: input.ssekms_key_id,
            metadata: input.metadata.unwrap_or_default(),
        };
        let body = input.body.ok_or_else(|| s3_error!(IncompleteBody))?;
        let precondition = Precondition { if_match: input.if_match, if_none_match: input.if_none_match };
        // Only a POST form has a token where this marks one; see `access.rs`.
        let is_form = request.extensions.get::<FormToken>().is_some();
        let creation = if is_form { Creation::Post } else { Creation::Put };
        let object = self.store.put((creation, input.key), body, declared, attributes, &precondition).await?;
        let checksum = object.checksum.to_fields();
        let output = PutObjectOutput {
            e_tag: Some(ETag::Strong(object.e_tag.clone())),
            checksum_crc32: checksum.checksum_crc32,
            checksum_crc32c: checksum.checksum_crc32c,
            checksum_crc64nvme: checksum.checksum_crc64nvme,
            checksum_sha1: checksum.checksum_sha1,
            checksum_sha256: checksum.checksum_sha256,
            checksum_type: checksum.checksum_type,
            server_side_encryption: encryption(&object.attributes),
            ssekms_key_id: object.attributes.kms_key_id.clone(),
            ..Default::default()
        };
        let mut response = S3Response::new(output);
        if is_form {
            let host = request.headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or("127.0.0.1");
            response.headers = form_headers(host, &input.bucket, &object)?;
        }
        Ok(response)
    }

    pub(super) async fn get(&self, request: S3Request<GetObjectInput>) -> S3Result<GetObjectOutput> {
        let object = self.find(&request.input.key, &request).await?;
        let input = request.input;
        check_version(input.version_id.as_deref())?;
        Precondition { if_match: input.if_match, if_none_match: None }.check(Some(&object))?;

        let range = input.range.map(|range| range.check(object.size)).transpose()?;
        let content_range = range.as_ref().map(|range| {
            let last = range.end.saturating_sub(1);
            format!("bytes {}-{last}/{}", range.start, object.size)
        });
        let range = range.unwrap_or(0..object.size);
        let length = range.end.saturating_sub(range.start);
        let mut file = self.store.read(&object).await.map_err(S3Error::internal_error)?;
        file.seek(SeekFrom::Start(range.start)).await.map_err(S3Error::internal_error)?;

        let head = describe(&object, input.checksum_mode.as_ref(), content_range.is_none())?;
        // Only a signed request comes here, and to those S3 grants the `response-…` parameters.
        Ok(GetObjectOutput {
            body: Some(StreamingBlob::wrap(contents(file, length))),
            content_length: Some(i64::try_from(length).map_err(S3Error::internal_error)?),
            content_range,
            accept_ranges: head.accept_ranges,
            cache_control: input.response_cache_control.or(head.cache_control),
            checksum_crc32: head.checksum_crc32,
            checksum_crc32c: head.checksum_crc32c,
            checksum_crc64nvme: head.checksum_crc64nvme,
            checksum_sha1: head.checksum_sha1,
            checksum_sha256: head.checksum_sha256,
            checksum_type: head.checksum_type,
            content_disposition: input.response_content_disposition.or(head.content_disposition),
            content_encoding: input.response_content_encoding.or(head.content_encoding),
            content_language: input.response_content_language.or(head.content_language),
            content_type: input.response_content_type.or(head.content_type),
            e_tag: head.e_tag,
            last_modified: head.last_modified,
            metadata: head.metadata,
            server_side_encryption: head.server_side_encryption,
            ssekms_key_id: head.ssekms_key_id,
            ..Default::default()
        })
    }

    pub(super) async fn head(&self, request: S3Request<HeadObjectInput>) -> S3Result<HeadObjectOutput> {
        let object = self.find(&request.input.key, &request).await?;
        let input = request.input;
        check_version(input.version_id.as_deref())?;
        Precondition { if_match: input.if_match, if_none_match: None }.check(Some(&object))?;
        describe(&object, input.checksum_mode.as_ref(), true)
    }
}

/// What is known of an object. Like S3, it names the checksum only to who asks for it, and only of the whole.
fn describe(object: &Object, mode: Option<&ChecksumMode>, whole: bool) -> S3Result<HeadObjectOutput> {
    let asked = whole && mode.is_some_and(|mode| mode.as_str() == ChecksumMode::ENABLED);
    let checksum = if asked { object.checksum.to_fields() } else { s3s::dto::Checksum::default() };
    let attributes = object.attributes.clone();
    Ok(HeadObjectOutput {
        accept_ranges: Some("bytes".to_owned()),
        cache_control: attributes.cache_control.clone(),
        checksum_crc32: checksum.checksum_crc32,
        checksum_crc32c: checksum.checksum_crc32c,
        checksum_crc64nvme: checksum.checksum_crc64nvme,
        checksum_sha1: checksum.checksum_sha1,
        checksum_sha256: checksum.checksum_sha256,
        checksum_type: checksum.checksum_type,
        content_disposition: attributes.content_disposition.clone(),
        content_encoding: attributes.content_encoding.clone(),
        content_language: attributes.content_language.clone(),
        content_length: Some(i64::try_from(object.size).map_err(S3Error::internal_error)?),
        content_type: attributes.content_type.clone(),
        e_tag: Some(ETag::Strong(object.e_tag.clone())),
        last_modified: Some(object.modified.into()),
        server_side_encryption: encryption(&attributes),
        ssekms_key_id: attributes.kms_key_id,
        metadata: Some(attributes.metadata),
        ..Default::default()
    })
}

/// What S3 tells the sender of a form, and s3s does not: where the object is, the `/` in its key escaped, and its entity tag.
fn form_headers(host: &str, bucket: &str, object: &Object) -> S3Result<HeaderMap> {
    let location = format!("http://{host}/{bucket}/{}", utf8_percent_encode(&object.key, NON_ALPHANUMERIC));
    let e_tag = format!("\"{}\"", object.e_tag);
    let mut headers = HeaderMap::new();
    for (name, value) in [(LOCATION, location), (ETAG, e_tag)] {
        headers.insert(name, HeaderValue::try_from(value).map_err(S3Error::internal_error)?);
    }
    Ok(headers)
}

/// The bucket has no versions: as in S3, the one version of each object is called `null`.
fn check_version(version: Option<&str>) -> S3Result<()> {
    match version {
        None | Some("null") => Ok(()),
        Some(_) => Err(s3_error!(NoSuchVersion)),
    }
}

fn encryption(attributes: &Attributes) -> Option<ServerSideEncryption> {
    attributes.server_side_encryption.clone().map(ServerSideEncryption::from)
}

/// `aws-chunked` is how the body travels, not how the object is encoded.
fn without_chunking(encoding: Option<String>) -> Option<String> {
    let kept: Vec<String> =
        encoding?.split(',').map(|name| name.trim().to_owned()).filter(|name| name != "aws-chunked").collect();
    (!kept.is_empty()).then(|| kept.join(","))
}

/// The next `length` bytes of a file, piece by piece.
fn contents(file: File, length: u64) -> impl stream::Stream<Item = std::io::Result<Bytes>> {
    stream::try_unfold((file, length), |(mut file, left)| async move {
        let size = usize::try_from(left).unwrap_or(CHUNK).min(CHUNK);
        let mut buffer = vec![0; size];
        let read = file.read(&mut buffer).await?;
        buffer.truncate(read);
        Ok((read > 0).then(|| (Bytes::from(buffer), (file, left.saturating_sub(read as u64)))))
    })
}
