//! Within which bounds is each setting taken?

use std::net::SocketAddr;
use std::str::FromStr as _;
use std::time::Duration;

use secrecy::SecretString;
use url::Url;

use super::Config;
use super::parse_auth::{auth, web_url};
use super::reader::Reader;
use super::sections::{Aws, Database, Ledger, Log, LogFormat, Server, StaticKey, Tenants, Upload};
use crate::model::{ContentTypePattern, FileSize, Invalid, Limits};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// Reads every section, all of them, even when an earlier one has faults.
pub(super) fn read(r: &mut Reader) -> Option<Config> {
    let (server, database, ledger, auth) = (server(r), database(r), ledger(r), auth(r));
    let (tenants, aws, upload, limits, log) = (tenants(r), aws(r), upload(r), limits(r), log(r));
    Some(Config {
        server: server?,
        database: database?,
        ledger: ledger?,
        auth: auth?,
        tenants: tenants?,
        aws: aws?,
        upload: upload?,
        limits: limits?,
        log: log?,
    })
}

fn server(r: &mut Reader) -> Option<Server> {
    let public_address = r.required_parsed("server.public_address", SocketAddr::from_str);
    let internal_address = r.required_parsed("server.internal_address", SocketAddr::from_str);
    let public_url = r.parsed("server.public_url", web_url);
    let allowed_origins = r.required_list("server.allowed_origins");
    for origin in allowed_origins.iter().flatten() {
        let exact = Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
        if !exact {
            r.fault(
                "server.allowed_origins",
                format_args!("{origin:?} must be an origin such as https://partner.example"),
            );
        }
    }
    let workers = r.number("server.workers", 0, 1024);
    let request_timeout = r.duration("server.request_timeout", SECOND, 5 * MINUTE);
    let shutdown_grace = r.duration("server.shutdown_grace", Duration::ZERO, 10 * MINUTE);
    Some(Server {
        public_address: public_address?,
        internal_address: internal_address?,
        public_url: public_url
            .map_or_else(|| public_address.map(|a| format!("http://{a}")), |url| Some(trimmed(&url)))?,
        allowed_origins: allowed_origins?,
        workers: usize::try_from(workers?).ok().filter(|workers| *workers > 0),
        request_timeout: request_timeout?,
        shutdown_grace: shutdown_grace?,
    })
}

fn database(r: &mut Reader) -> Option<Database> {
    let url = r.required_parsed("database.url", |text| match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "postgres" | "postgresql") => Ok(SecretString::from(text)),
        // The text is not repeated: it may hold a password.
        _ => Err(Invalid::rule("must be a postgres:// URL")),
    });
    let max_connections = r.number("database.max_connections", 1, 1000);
    let connect_timeout = r.duration("database.connect_timeout", SECOND / 10, MINUTE);
    let statement_timeout = r.duration("database.statement_timeout", SECOND / 10, MINUTE);
    Some(Database {
        url: url?,
        max_connections: u32::try_from(max_connections?).ok()?,
        connect_timeout: connect_timeout?,
        statement_timeout: statement_timeout?,
    })
}

fn ledger(r: &mut Reader) -> Option<Ledger> {
    let queue = r.number("ledger.queue", 1, 1_000_000);
    let batch = r.number("ledger.batch", 1, 4096);
    let deadline = r.duration("ledger.deadline", SECOND / 10, MINUTE);
    Some(Ledger { queue: usize::try_from(queue?).ok()?, batch: usize::try_from(batch?).ok()?, deadline: deadline? })
}

fn tenants(r: &mut Reader) -> Option<Tenants> {
    let cache = r.number("tenants.cache", 1, 10_000_000);
    let cache_ttl = r.duration("tenants.cache_ttl", SECOND, 24 * HOUR);
    let unknown_ttl = r.duration("tenants.unknown_ttl", SECOND / 10, HOUR);
    let poll = r.duration("tenants.poll", SECOND / 10, MINUTE);
    Some(Tenants { cache: cache?, cache_ttl: cache_ttl?, unknown_ttl: unknown_ttl?, poll: poll? })
}

fn aws(r: &mut Reader) -> Option<Aws> {
    let region = r.required_parsed("aws.region", |text| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !text.is_empty() && text.bytes().all(plain) {
            Ok(text.to_owned())
        } else {
            Err("must be a Region such as eu-central-1")
        }
    });
    let shared = r.parsed("aws.endpoint_url", web_url);
    let s3_endpoint_url = r.parsed("aws.s3_endpoint_url", web_url).or_else(|| shared.clone());
    let sts_endpoint_url = r.parsed("aws.sts_endpoint_url", web_url).or(shared);
    let s3_public_endpoint_url = r.parsed("aws.s3_public_endpoint_url", web_url);
    let id: Option<String> = r.optional("aws.access_key_id");
    let secret: Option<String> = r.optional("aws.secret_access_key");
    let key = match (id, secret) {
        (Some(id), Some(secret)) => Some(StaticKey { access_key_id: id.into(), secret_access_key: secret.into() }),
        (None, None) => None,
        (Some(_), None) => {
            r.fault("aws.secret_access_key", "is required when aws.access_key_id is given");
            None
        }
        (None, Some(_)) => {
            r.fault("aws.access_key_id", "is required when aws.secret_access_key is given");
            None
        }
    };
    let force_path_style = r.required("aws.force_path_style");
    let timeout = r.duration("aws.timeout", SECOND / 10, MINUTE);
    Some(Aws {
        region: region?,
        s3_endpoint_url,
        sts_endpoint_url,
        s3_public_endpoint_url,
        force_path_style: force_path_style?,
        key,
        timeout: timeout?,
    })
}

fn upload(r: &mut Reader) -> Option<Upload> {
    let bucket = r.required_parsed("upload.bucket", |text| {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b);
        let fits = (3..=63).contains(&text.len()) && text.bytes().all(plain);
        if fits {
            Ok(text.to_owned())
        } else {
            Err("must be a bucket name: 3 to 63 lower-case letters, digits, '-' and '.'")
        }
    });
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
    let external_id: Option<String> = r.optional("upload.external_id");
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
        kms_key_arn,
    })
}

fn limits(r: &mut Reader) -> Option<Limits> {
    let max_upload_bytes = r.required_parsed("limits.max_upload_bytes", size);
    let patterns = r.required_list("limits.allowed_content_types");
    let patterns: Result<Vec<_>, Invalid> = patterns?.iter().map(|text| ContentTypePattern::parse(text)).collect();
    let patterns = patterns.map_err(|error| r.fault("limits.allowed_content_types", error)).ok();
    let monthly_bytes = r.parsed("limits.monthly_bytes", |text| {
        bytesize::ByteSize::from_str(text)
            .ok()
            .and_then(|size| i64::try_from(size.as_u64()).ok())
            .ok_or("must be a size such as 1 TiB")
    });
    let requests: Option<u32> = r.optional("limits.requests_per_minute");
    Some(Limits {
        max_upload_bytes: max_upload_bytes?,
        allowed_content_types: patterns?,
        monthly_bytes,
        requests_per_minute: requests.and_then(|n| i32::try_from(n).ok()),
    })
}

fn log(r: &mut Reader) -> Option<Log> {
    let format = r.required_parsed("log.format", |text| match text {
        "json" => Ok(LogFormat::Json),
        "text" => Ok(LogFormat::Text),
        _ => Err("must be json or text"),
    });
    let filter =
        r.required_parsed("log.filter", |text| tracing_subscriber::EnvFilter::try_new(text).map(|_| text.to_owned()));
    Some(Log { format: format?, filter: filter? })
}

fn size(text: &str) -> Result<FileSize, Invalid> {
    let bytes = bytesize::ByteSize::from_str(text).map_err(Invalid::from)?;
    FileSize::parse(i64::try_from(bytes.as_u64()).unwrap_or(i64::MAX))
}

fn trimmed(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
