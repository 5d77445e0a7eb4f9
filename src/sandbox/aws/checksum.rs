//! Are these the bytes that the uploader meant? S3's checksum algorithms and their headers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::HeaderMap;
use s3s::crypto::{Checksum as _, Crc32, Crc32c, Crc64Nvme, Sha1, Sha256};
use s3s::dto;
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

/// The algorithms that the sandbox can compute.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64Nvme,
    Sha1,
    Sha256,
}

const ALGORITHMS: [Algorithm; 5] =
    [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme, Algorithm::Sha1, Algorithm::Sha256];

/// The checksum of an object or a part.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(super) struct Checksum {
    pub(super) algorithm: Algorithm,
    /// In base64, as in the headers; with `-N` behind it when it is a checksum of N parts' checksums.
    pub(super) value: String,
    /// Whether it is a checksum of the parts' checksums rather than of the bytes.
    pub(super) composite: bool,
}

/// Gathers the checksum fields of an s3s input.
macro_rules! declared {
    ($input:expr) => {
        $crate::sandbox::aws::checksum::Checksum::from_fields(&::s3s::dto::Checksum {
            checksum_crc32: $input.checksum_crc32.clone(),
            checksum_crc32c: $input.checksum_crc32c.clone(),
            checksum_crc64nvme: $input.checksum_crc64nvme.clone(),
            checksum_sha1: $input.checksum_sha1.clone(),
            checksum_sha256: $input.checksum_sha256.clone(),
            checksum_type: None,
        })
    };
}
pub(super) use declared;

impl Algorithm {
    /// Reads the name that the SDKs use, for example `SHA256`.
    pub(super) fn parse(name: &str) -> S3Result<Self> {
        ALGORITHMS
            .into_iter()
            .find(|algorithm| algorithm.name() == name)
            .ok_or_else(|| s3_error!(NotImplemented, "The sandbox does not know the checksum algorithm {name}"))
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The request and response header that carries the checksum.
    pub(super) fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    /// The algorithm that the `x-amz-trailer` header announces.
    pub(super) fn of_trailer(headers: &HeaderMap) -> Option<Self> {
        let announced = headers.get("x-amz-trailer")?.to_str().ok()?;
        ALGORITHMS.into_iter().find(|algorithm| announced.trim().eq_ignore_ascii_case(algorithm.header()))
    }
}

impl Checksum {
    pub(super) fn full(algorithm: Algorithm, digest: &[u8]) -> Self {
        Self { algorithm, value: STANDARD.encode(digest), composite: false }
    }

    /// The one checksum that a request declares, if any.
    pub(super) fn from_fields(fields: &dto::Checksum) -> S3Result<Option<Self>> {
        let values = [
            &fields.checksum_crc32,
            &fields.checksum_crc32c,
            &fields.checksum_crc64nvme,
            &fields.checksum_sha1,
            &fields.checksum_sha256,
        ];
        let mut declared = ALGORITHMS.into_iter().zip(values).filter_map(|(algorithm, value)| {
            value.clone().map(|value| Self { algorithm, composite: value.contains('-'), value })
        });
        let first = declared.next();
        if declared.next().is_some() {
            return Err(s3_error!(InvalidRequest, "Expecting a single x-amz-checksum- header."));
        }
        Ok(first)
    }

    pub(super) fn to_fields(&self) -> dto::Checksum {
        let value = |algorithm| (self.algorithm == algorithm).then(|| self.value.clone());
        let kind = if self.composite { dto::ChecksumType::COMPOSITE } else { dto::ChecksumType::FULL_OBJECT };
        dto::Checksum {
            checksum_crc32: value(Algorithm::Crc32),
            checksum_crc32c: value(Algorithm::Crc32c),
            checksum_crc64nvme: value(Algorithm::Crc64Nvme),
            checksum_sha1: value(Algorithm::Sha1),
            checksum_sha256: value(Algorithm::Sha256),
            checksum_type: Some(dto::ChecksumType::from_static(kind)),
        }
    }

    /// The checksum of an object whose parts have these checksums.
    pub(super) fn of_parts<'a>(algorithm: Algorithm, parts: impl Iterator<Item = &'a Self>) -> S3Result<Self> {
        let mut hasher = Hasher::new(algorithm);
        let mut count = 0_usize;
        for part in parts {
            let digest = STANDARD
                .decode(&part.value)
                .map_err(|error| s3_error!(error, InternalError, "a stored checksum is no base64"))?;
            hasher.update(&digest);
            count += 1;
        }
        let value = format!("{}-{count}", STANDARD.encode(hasher.finish()));
        Ok(Self { algorithm, value, composite: true })
    }
}

/// One algorithm at work.
pub(super) enum Hasher {
    Crc32(Crc32),
    Crc32c(Crc32c),
    Crc64Nvme(Crc64Nvme),
    Sha1(Box<Sha1>),
    Sha256(Box<Sha256>),
}

impl Hasher {
    pub(super) fn new(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Crc32 => Self::Crc32(Crc32::default()),
            Algorithm::Crc32c => Self::Crc32c(Crc32c::default()),
            Algorithm::Crc64Nvme => Self::Crc64Nvme(Crc64Nvme::default()),
            Algorithm::Sha1 => Self::Sha1(Box::default()),
            Algorithm::Sha256 => Self::Sha256(Box::default()),
        }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Crc32(hasher) => hasher.update(bytes),
            Self::Crc32c(hasher) => hasher.update(bytes),
            Self::Crc64Nvme(hasher) => hasher.update(bytes),
            Self::Sha1(hasher) => hasher.update(bytes),
            Self::Sha256(hasher) => hasher.update(bytes),
        }
    }

    pub(super) fn finish(self) -> Vec<u8> {
        match self {
            Self::Crc32(hasher) => hasher.finalize().to_vec(),
            Self::Crc32c(hasher) => hasher.finalize().to_vec(),
            Self::Crc64Nvme(hasher) => hasher.finalize().to_vec(),
            Self::Sha1(hasher) => hasher.finalize().to_vec(),
            Self::Sha256(hasher) => hasher.finalize().to_vec(),
        }
    }
}
