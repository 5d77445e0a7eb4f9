//! Within which bounds is each setting taken?

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr as _;
use std::time::Duration;

use ipnet::IpNet;
use url::Url;

use super::Config;
use super::parse_auth::auth;
use super::parse_database::database;
use super::parse_upload::{audit, events, rate, reconcile, upload, uppy};
use super::reader::Reader;
use super::sections::{Aws, Ledger, Server, StaticKey, Tenants, Tls};
use super::sections_watch::{Log, LogFormat, Metrics, Trace};
use super::values::{HOUR, MINUTE, SECOND, not_empty, size, trimmed, web_url};
use crate::model::{ContentTypePattern, Invalid, Limits};

/// Reads every section, all of them, even when an earlier one has faults.
pub(super) fn read(r: &mut Reader) -> Option<Config> {
    let (server, database, ledger, auth) = (server(r), database(r), ledger(r), auth(r));
    let (tenants, aws, upload, limits, log, trace) = (tenants(r), aws(r), upload(r), limits(r), log(r), trace(r));
    let (reconcile, events, uppy, rate) = (reconcile(r), events(r), uppy(r), rate(r));
    let (metrics, audit) = (metrics(r), audit(r));
    Some(Config {
        server: server?,
        database: database?,
        ledger: ledger?,
        auth: auth?,
        tenants: tenants?,
        aws: aws?,
        upload: upload?,
        reconcile: reconcile?,
        events: events?,
        uppy: uppy?,
        rate: rate?,
        audit: audit?,
        limits: limits?,
        metrics: metrics?,
        log: log?,
        trace: trace?,
    })
}

/// The origins in which the port may be any: only pages of this machine have them.
const ANY_PORT_OF_THIS_MACHINE: [&str; 3] = ["http://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"];

fn server(r: &mut Reader) -> Option<Server> {
    let public_address = r.required_parsed("server.public_address", SocketAddr::from_str);
    let internal_address = r.required_parsed("server.internal_address", SocketAddr::from_str);
    let public_url = r.parsed("server.public_url", web_url);
    let allowed_origins = r.required_list("server.allowed_origins");
    for origin in allowed_origins.iter().flatten() {
        // `*` is also a character of a host name.
        let exact =
            !origin.contains('*') && Url::parse(origin).is_ok_and(|url| url.origin().ascii_serialization() == *origin);
        if !exact && !ANY_PORT_OF_THIS_MACHINE.contains(&origin.as_str()) {
            r.fault(
                "server.allowed_origins",
                format_args!("{origin:?} must be an origin such as https://partner.example"),
            );
        }
    }
    let trusted_proxies = trusted_proxies(r);
    let tls = tls(r);
    if tls.is_some() && public_url.as_ref().is_some_and(|url| url.scheme() != "https") {
        r.fault("server.public_url", "must be https when server.tls_certificate is given");
    }
    let workers = r.number("server.workers", 0, 1024);
    let keep_alive = r.duration("server.keep_alive", SECOND, 10 * MINUTE);
    let request_timeout = r.duration("server.request_timeout", SECOND, 5 * MINUTE);
    let drain = r.duration("server.drain", Duration::ZERO, 10 * MINUTE);
    let shutdown_grace = r.duration("server.shutdown_grace", Duration::ZERO, 10 * MINUTE);
    Some(Server {
        public_address: public_address?,
        internal_address: internal_address?,
        public_url: public_url.map(|url| trimmed(&url)),
        tls,
        allowed_origins: allowed_origins?,
        trusted_proxies: trusted_proxies?,
        workers: usize::try_from(workers?).ok().filter(|workers| *workers > 0),
        keep_alive: keep_alive?,
        request_timeout: request_timeout?,
        drain: drain?,
        shutdown_grace: shutdown_grace?,
    })
}

/// Each an address or a network of them.
fn trusted_proxies(r: &mut Reader) -> Option<Vec<IpNet>> {
    let texts = r.required_list("server.trusted_proxies")?;
    let networks = texts.iter().map(|text| {
        let network = text.parse().or_else(|_no_network| text.parse::<IpAddr>().map(IpNet::from)).ok();
        if network.is_none() {
            let rule = "must be an address or a network of them, such as 10.0.0.0/8";
            r.fault("server.trusted_proxies", format_args!("{text:?} {rule}"));
        }
        network
    });
    // Each is looked at, so that each fault is told.
    networks.collect::<Vec<_>>().into_iter().collect()
}

/// Both files, or TLS is somebody else's.
fn tls(r: &mut Reader) -> Option<Tls> {
    let reload = r.duration("server.tls_reload", SECOND, 24 * HOUR);
    let certificate = r.parsed("server.tls_certificate", not_empty);
    let key = r.parsed("server.tls_key", not_empty);
    for (one, other, name) in [(&certificate, &key, "server.tls_key"), (&key, &certificate, "server.tls_certificate")] {
        if one.is_some() && other.is_none() {
            r.fault(name, "is required: server.tls_certificate and server.tls_key go together");
        }
    }
    Some(Tls { certificate: certificate?.into(), key: key?.into(), reload: reload? })
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
    let shared = r.parsed("aws.endpoint_url", endpoint_url);
    let s3_endpoint_url = r.parsed("aws.s3_endpoint_url", endpoint_url).or_else(|| shared.clone());
    let sts_endpoint_url = r.parsed("aws.sts_endpoint_url", endpoint_url).or_else(|| shared.clone());
    let sqs_endpoint_url = r.parsed("aws.sqs_endpoint_url", endpoint_url).or_else(|| shared.clone());
    let iam_endpoint_url = r.parsed("aws.iam_endpoint_url", endpoint_url).or_else(|| shared.clone());
    let cognito_endpoint_url = r.parsed("aws.cognito_endpoint_url", endpoint_url).or_else(|| shared.clone());
    let secretsmanager_endpoint_url = r.parsed("aws.secretsmanager_endpoint_url", endpoint_url).or(shared);
    let s3_public_endpoint_url = r.parsed("aws.s3_public_endpoint_url", endpoint_url);
    let id = r.parsed("aws.access_key_id", not_empty);
    let secret = r.parsed("aws.secret_access_key", not_empty);
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
        sqs_endpoint_url,
        iam_endpoint_url,
        cognito_endpoint_url,
        secretsmanager_endpoint_url,
        s3_public_endpoint_url,
        force_path_style: force_path_style?,
        key,
        timeout: timeout?,
    })
}

fn limits(r: &mut Reader) -> Option<Limits> {
    let max_upload_bytes = r.required_parsed("limits.max_upload_bytes", size);
    let patterns = r.required_list("limits.allowed_content_types");
    let patterns: Result<_, Invalid> = patterns?.iter().map(|text| ContentTypePattern::parse(text)).collect();
    let patterns = patterns.map_err(|error| r.fault("limits.allowed_content_types", error)).ok();
    let monthly_bytes = r.parsed("limits.monthly_bytes", |text| {
        let bytes = bytesize::ByteSize::from_str(text).ok().and_then(|size| i64::try_from(size.as_u64()).ok());
        bytes.filter(|bytes| *bytes > 0).ok_or("must be a size of at least 1 byte, such as 1 TiB")
    });
    let requests_per_minute = r.optional("limits.requests_per_minute");
    if requests_per_minute.is_some_and(|requests: i32| requests < 1) {
        r.fault("limits.requests_per_minute", "must be at least 1");
    }
    Some(Limits {
        max_upload_bytes: max_upload_bytes?,
        allowed_content_types: patterns?,
        monthly_bytes,
        requests_per_minute,
    })
}

fn metrics(r: &mut Reader) -> Option<Metrics> {
    let tenants = r.number("metrics.tenants", 0, 1000);
    Some(Metrics { tenants: usize::try_from(tenants?).ok()? })
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

fn trace(r: &mut Reader) -> Option<Trace> {
    // Errors name it, so it must hold no secret.
    let otlp_endpoint = r.parsed("trace.otlp_endpoint", |text| {
        let url = web_url(text)?;
        let bare =
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        if bare { Ok(url) } else { Err(Invalid::rule("must be a URL without a user, a query and a fragment")) }
    });
    let sample_ratio: Option<f64> = r.required("trace.sample_ratio");
    if sample_ratio.is_some_and(|ratio| !(0.0..=1.0).contains(&ratio)) {
        r.fault("trace.sample_ratio", "must be 0 to 1");
    }
    let service_name = r.required_parsed("trace.service_name", |text| match text.len() {
        1..=128 if text.bytes().all(|b| b.is_ascii_graphic()) => Ok(text.to_owned()),
        _ => Err("must be 1 to 128 visible ASCII characters"),
    });
    Some(Trace { otlp_endpoint, sample_ratio: sample_ratio?, service_name: service_name? })
}

/// An endpoint is a scheme, a host and a port: signatures and the SDK would not agree on more.
fn endpoint_url(text: &str) -> Result<Url, Invalid> {
    let url = web_url(text)?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if bare { Ok(url) } else { Err(Invalid::rule("must be a scheme, a host and perhaps a port, and nothing more")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_most_a_thousand_tenants_have_series_of_their_own() {
        let read = |number: &str| {
            let source = config::Config::builder().set_default("metrics.tenants", number).unwrap().build().unwrap();
            let mut reader = Reader::new(source);
            let read = metrics(&mut reader).map(|metrics| metrics.tenants);
            reader.finish(read).map_err(|faults| faults.0.into_iter().map(|fault| fault.setting).collect::<Vec<_>>())
        };
        for (right, tenants) in [("0", 0), ("50", 50), ("1000", 1000)] {
            assert_eq!(read(right), Ok(tenants));
        }
        for wrong in ["1001", "-1", "many", ""] {
            assert_eq!(read(wrong), Err(vec!["metrics.tenants".to_owned()]), "{wrong}");
        }
    }
}
