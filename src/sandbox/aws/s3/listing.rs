//! What does a listing of the bucket show, page by page?

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use s3s::dto::{
    CommonPrefix, ETag, EncodingType, ListObjectsV2Input, ListObjectsV2Output, Object as Entry, ObjectStorageClass,
};
use s3s::{S3Error, S3Result, s3_error};

use super::Bucket;
use crate::sandbox::aws::store::Object;

/// S3's largest page.
const PAGE: i32 = 1000;

/// What `encoding-type=url` leaves as it is.
const KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.').remove(b'*');

impl Bucket {
    pub(super) async fn list(&self, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
        let prefix = input.prefix.clone().unwrap_or_default();
        let delimiter = input.delimiter.clone().filter(|delimiter| !delimiter.is_empty());
        let max_keys = input.max_keys.unwrap_or(PAGE).clamp(0, PAGE);
        let limit = usize::try_from(max_keys).map_err(S3Error::internal_error)?;
        let encode = Encode::of(input.encoding_type.as_ref());

        let after = match &input.continuation_token {
            Some(token) => decode_token(token)?,
            None => input.start_after.clone().unwrap_or_default(),
        };
        let (mut contents, mut prefixes) = (Vec::new(), Vec::<String>::new());
        let (mut last, mut truncated) = (None, false);
        for object in self.store.list(&prefix, &after).await {
            let common = delimiter.as_deref().and_then(|delimiter| common_prefix(&object.key, &prefix, delimiter));
            // A group that this page or the one before has shown is shown once.
            if common.is_some_and(|common| after.starts_with(common) || prefixes.iter().any(|seen| seen == common)) {
                last = Some(object.key.clone());
                continue;
            }
            if contents.len() + prefixes.len() == limit {
                truncated = limit > 0;
                break;
            }
            match common {
                Some(common) => prefixes.push(common.to_owned()),
                None => contents.push(entry(&object, encode)?),
            }
            last = Some(object.key.clone());
        }
        let common_prefixes =
            prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(encode.apply(prefix)) }).collect();
        Ok(ListObjectsV2Output {
            name: Some(input.bucket),
            key_count: Some(i32::try_from(contents.len() + prefixes.len()).map_err(S3Error::internal_error)?),
            max_keys: Some(max_keys),
            is_truncated: Some(truncated),
            next_continuation_token: last.filter(|_| truncated).map(|key| URL_SAFE_NO_PAD.encode(key)),
            contents: Some(contents),
            common_prefixes: Some(common_prefixes),
            continuation_token: input.continuation_token,
            delimiter: input.delimiter.map(|delimiter| encode.apply(&delimiter)),
            prefix: Some(encode.apply(&prefix)),
            start_after: input.start_after.map(|after| encode.apply(&after)),
            encoding_type: input.encoding_type,
            ..Default::default()
        })
    }
}

/// Whether keys are percent-encoded, because XML cannot carry every character.
#[derive(Clone, Copy)]
enum Encode {
    No,
    Url,
}

impl Encode {
    fn of(requested: Option<&EncodingType>) -> Self {
        if requested.is_some_and(|kind| kind.as_str() == EncodingType::URL) { Self::Url } else { Self::No }
    }

    fn apply(self, text: &str) -> String {
        match self {
            Self::No => text.to_owned(),
            Self::Url => utf8_percent_encode(text, KEY).to_string(),
        }
    }
}

fn entry(object: &Object, encode: Encode) -> S3Result<Entry> {
    Ok(Entry {
        key: Some(encode.apply(&object.key)),
        e_tag: Some(ETag::Strong(object.e_tag.clone())),
        last_modified: Some(object.modified.into()),
        size: Some(i64::try_from(object.size).map_err(S3Error::internal_error)?),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        ..Default::default()
    })
}

/// The key up to and with the first delimiter after the prefix.
fn common_prefix<'a>(key: &'a str, prefix: &str, delimiter: &str) -> Option<&'a str> {
    let rest = key.strip_prefix(prefix)?;
    let end = prefix.len() + rest.find(delimiter)? + delimiter.len();
    key.get(..end)
}

fn decode_token(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD
        .decode(token)
        .map_err(|error| s3_error!(error, InvalidArgument, "The continuation token provided is incorrect"))?;
    String::from_utf8(bytes)
        .map_err(|error| s3_error!(error, InvalidArgument, "The continuation token provided is incorrect"))
}
