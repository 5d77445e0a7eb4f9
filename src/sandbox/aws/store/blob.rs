//! Where do bytes go before they are known to be right? Into a file of their own, which vanishes unless it is kept.

use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::StreamExt as _;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::StreamingBlob;
use s3s::{S3Error, S3ErrorCode, S3Result, StdError, TrailingHeaders, s3_error};
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufWriter};
use uuid::Uuid;

use crate::sandbox::aws::checksum::{Algorithm, Checksum, Hasher};

/// Bytes on disk that nothing refers to yet. Dropping them removes the file.
pub(in super::super) struct Blob {
    scratch: Scratch,
    pub(super) name: String,
    pub(super) size: u64,
    pub(super) md5: [u8; 16],
    pub(super) checksum: Checksum,
}

/// What an uploader says about the bytes, before or after them.
pub(in super::super) struct Declared {
    pub(in super::super) length: Option<i64>,
    /// `Content-MD5`
    pub(in super::super) md5: Option<String>,
    /// An `x-amz-checksum-*` header.
    pub(in super::super) checksum: Option<Checksum>,
    /// An `x-amz-checksum-*` trailer that follows the body.
    pub(in super::super) trailer: Option<(Algorithm, TrailingHeaders)>,
    /// `x-amz-sdk-checksum-algorithm`
    pub(in super::super) algorithm: Option<Algorithm>,
}

impl Blob {
    /// Reads a request's body to its end and refuses it unless it is what was declared.
    pub(super) async fn receive(directory: &Path, mut body: StreamingBlob, declared: Declared) -> S3Result<Self> {
        let stated = declared.checksum.as_ref().map(|checksum| checksum.algorithm);
        let trailing = declared.trailer.as_ref().map(|(algorithm, _)| *algorithm);
        if declared.algorithm.is_some() && stated.or(trailing) != declared.algorithm {
            return Err(s3_error!(
                InvalidRequest,
                "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer \
                 headers were found."
            ));
        }
        // Without a wish of the uploader's, S3 keeps a CRC-64/NVME.
        let algorithm = stated.or(trailing).unwrap_or(Algorithm::Crc64Nvme);
        let mut spool = Spool::create(directory, algorithm).await.map_err(S3Error::internal_error)?;
        while let Some(chunk) = body.next().await {
            spool.write(&chunk.map_err(broken_body)?).await.map_err(S3Error::internal_error)?;
        }
        let blob = spool.finish().await.map_err(S3Error::internal_error)?;
        blob.verify(declared)?;
        Ok(blob)
    }

    /// Joins blobs into one.
    pub(super) async fn concatenate(directory: &Path, names: &[String], algorithm: Algorithm) -> io::Result<Self> {
        let mut spool = Spool::create(directory, algorithm).await?;
        let mut buffer = vec![0; 64 * 1024];
        for name in names {
            let mut part = File::open(directory.join(name)).await?;
            loop {
                let read = part.read(&mut buffer).await?;
                match buffer.get(..read) {
                    Some(bytes) if read > 0 => spool.write(bytes).await?,
                    Some(_) | None => break,
                }
            }
        }
        spool.finish().await
    }

    /// From now on the file stays, under the name that this answers.
    pub(super) fn keep(mut self) -> String {
        self.scratch.0 = None;
        self.name
    }

    fn verify(&self, declared: Declared) -> S3Result<()> {
        if declared.length.is_some_and(|length| u64::try_from(length) != Ok(self.size)) {
            return Err(s3_error!(IncompleteBody));
        }
        if let Some(md5) = declared.md5 {
            let md5 = STANDARD
                .decode(md5)
                .map_err(|error| s3_error!(error, InvalidDigest, "The Content-MD5 you specified was invalid."))?;
            if md5 != self.md5 {
                return Err(s3_error!(BadDigest, "The Content-MD5 you specified did not match what we received."));
            }
        }
        let trailer = declared.trailer.map(|(algorithm, trailers)| {
            let value = trailers.take().and_then(|headers| headers.get(algorithm.header()).cloned());
            let value = value.and_then(|value| value.to_str().ok().map(str::to_owned));
            Checksum { algorithm, value: value.unwrap_or_default(), composite: false }
        });
        if [declared.checksum, trailer].into_iter().flatten().any(|checksum| checksum != self.checksum) {
            let name = self.checksum.algorithm.name();
            return Err(s3_error!(BadDigest, "The {name} you specified did not match the calculated checksum."));
        }
        Ok(())
    }
}

/// A body that ended early, or that is not what its signature says.
fn broken_body(error: StdError) -> S3Error {
    // s3s keeps these two error types to itself, so that their text is all there is to tell them by.
    let reason = error.to_string();
    if reason.contains("Sha256Mismatch") {
        let mut mismatch = S3Error::with_message(
            S3ErrorCode::Custom("XAmzContentSHA256Mismatch".into()),
            "The provided 'x-amz-content-sha256' header does not match what was computed.",
        );
        mismatch.set_status_code(hyper::StatusCode::BAD_REQUEST);
        return mismatch;
    }
    let code = if reason.contains("SignatureMismatch") {
        S3ErrorCode::SignatureDoesNotMatch
    } else {
        S3ErrorCode::IncompleteBody
    };
    S3Error::with_source(code, error)
}

/// A file being written and summed up.
struct Spool {
    scratch: Scratch,
    file: BufWriter<File>,
    name: String,
    size: u64,
    md5: Md5,
    algorithm: Algorithm,
    hasher: Hasher,
}

impl Spool {
    async fn create(directory: &Path, algorithm: Algorithm) -> io::Result<Self> {
        let name = Uuid::new_v4().to_string();
        let path = directory.join(&name);
        let file = BufWriter::new(File::create_new(&path).await?);
        let scratch = Scratch(Some(path));
        Ok(Self { scratch, file, name, size: 0, md5: Md5::new(), algorithm, hasher: Hasher::new(algorithm) })
    }

    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes).await?;
        self.size += bytes.len() as u64;
        self.md5.update(bytes);
        self.hasher.update(bytes);
        Ok(())
    }

    async fn finish(mut self) -> io::Result<Blob> {
        self.file.flush().await?;
        let checksum = Checksum::full(self.algorithm, &self.hasher.finish());
        Ok(Blob { scratch: self.scratch, name: self.name, size: self.size, md5: self.md5.finalize(), checksum })
    }
}

/// A file that is removed unless its path is taken out.
struct Scratch(Option<PathBuf>);

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            // What cannot be removed now is swept up at the next start.
            let _: io::Result<()> = std::fs::remove_file(path);
        }
    }
}
