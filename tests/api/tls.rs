//! Do callers speak TLS with the gateway itself, also while its certificate is replaced?

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use reqwest::tls::{TlsInfo, Version};
use reqwest::{Client, ClientBuilder, StatusCode};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use upload_gateway::app::{self, Application};
use upload_gateway::model::Clock;

use crate::harness::Harness;
use crate::own_process::OwnProcess;
use crate::{log, socket};

/// Who signs the certificates, and where the gateway finds them.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: reqwest::Certificate,
    directory: tempfile::TempDir,
}

/// A certificate and its key, in PEM, and the certificate as it comes over the wire.
struct Issued {
    certificate: String,
    key: String,
    der: Vec<u8>,
}

impl Authority {
    fn new() -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = reqwest::Certificate::from_der(parameters.self_signed(&key).unwrap().der()).unwrap();
        Self { issuer: Issuer::new(parameters, key), certificate, directory: tempfile::tempdir().unwrap() }
    }

    /// A certificate for this machine that ends in so many days.
    fn issue(&self, days: i64) -> Issued {
        let mut parameters = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        parameters.not_after = Clock::system().now() + time::Duration::days(days);
        let key = KeyPair::generate().unwrap();
        let der = parameters.signed_by(&key, &self.issuer).unwrap().der().to_vec();
        let pem = |label, der: &[u8]| {
            format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
        };
        Issued { certificate: pem("CERTIFICATE", &der), key: pem("PRIVATE KEY", key.serialized_der()), der }
    }

    fn files(&self) -> [PathBuf; 2] {
        ["tls.crt", "tls.key"].map(|name| self.directory.path().join(name))
    }

    fn write(&self, certificate: &str, key: &str) {
        let [at, key_at] = self.files();
        std::fs::write(at, certificate).unwrap();
        std::fs::write(&key_at, key).unwrap();
        std::fs::set_permissions(key_at, Permissions::from_mode(0o640)).unwrap();
    }

    /// Settings of `[server]` that name the files, which hold what was issued.
    fn settings(&self, issued: &Issued, reload: &str) -> String {
        self.write(&issued.certificate, &issued.key);
        let [certificate, key] = self.files();
        format!("tls_certificate = {certificate:?}\ntls_key = {key:?}\ntls_reload = \"{reload}\"\n")
    }

    fn client(&self) -> ClientBuilder {
        Client::builder().tls_certs_only([self.certificate.clone()]).tls_info(true)
    }

    /// The certificate that a new connection is answered with.
    async fn served(&self, authority: &str) -> Vec<u8> {
        asked(&self.client().build().unwrap(), authority).await.1
    }
}

/// The status of `GET /v1/me` without a token, and the certificate of the connection that it came over.
async fn asked(client: &Client, authority: &str) -> (StatusCode, Vec<u8>) {
    let answer = client.get(format!("https://{authority}/v1/me")).send().await.expect("an answer over TLS");
    let certificate = answer.extensions().get::<TlsInfo>().and_then(TlsInfo::peer_certificate).map(<[u8]>::to_vec);
    (answer.status(), certificate.expect("a certificate"))
}

fn authority_of(gateway: &Harness) -> String {
    gateway.public_url.trim_start_matches("http://").to_owned()
}

/// A client of 2006: TLS 1.1 at most, with a cipher suite of its time.
fn old_hello() -> Vec<u8> {
    // One extension, signature_algorithms: without it, the version is not looked at.
    let extension = [0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
    let body = [&[3, 2][..], &[7; 32], &[0], &[0, 2, 0xc0, 0x13], &[1, 0], &extension].concat();
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
    let message = [&[1, 0, 0, length(&body)][..], &body].concat();
    [&[22, 3, 1, 0, length(&message)][..], &message].concat()
}

#[tokio::test]
async fn callers_speak_tls_of_this_decade_and_nothing_else() {
    let authority = Authority::new();
    let issued = authority.issue(90);
    let gateway = Harness::with(&format!("[server]\n{}", authority.settings(&issued, "1h"))).await;
    let address = authority_of(&gateway);
    for version in [Version::TLS_1_2, Version::TLS_1_3] {
        let client = authority.client().tls_version_min(version).tls_version_max(version).build().unwrap();
        assert_eq!(asked(&client, &address).await, (StatusCode::UNAUTHORIZED, issued.der.clone()), "{version:?}");
    }
    let stranger = Client::new().get(format!("https://{address}/v1/me")).send().await;
    assert!(stranger.is_err(), "a client that does not know who signed it");

    let mut plain = socket::write(&gateway.public_url, "GET /v1/me HTTP/1.1\r\nhost: gateway\r\n\r\n").await;
    let mut old = socket::write(&gateway.public_url, "").await;
    old.write_all(&old_hello()).await.unwrap();
    for (connection, alert) in [(&mut plain, None), (&mut old, Some(70))] {
        let mut answer = Vec::new();
        let closed = tokio::time::timeout(Duration::from_secs(20), connection.read_to_end(&mut answer)).await;
        closed.expect("the connection is closed").unwrap();
        // An alert of TLS, and for the old client that of its version (RFC 8446, section 6.2).
        assert_eq!(answer.first(), Some(&21), "{answer:?}");
        assert!(alert.is_none_or(|alert| answer.get(6) == Some(&alert)), "{answer:?}");
    }
    assert_eq!(asked(&authority.client().build().unwrap(), &address).await.0, StatusCode::UNAUTHORIZED, "it goes on");
    let end = (Clock::system().now() + time::Duration::days(90)).unix_timestamp();
    let told = gateway.metric("tls_certificate_not_after_seconds").await;
    assert!((told - end as f64).abs() < 600.0, "{told} is not {end}");
}

#[tokio::test]
async fn without_a_certificate_of_its_own_it_tells_of_none() {
    let gateway = Harness::start().await;
    let (_, metrics) = gateway.internal("/metrics").await.unwrap();
    assert!(!metrics.contains("tls_certificate"), "{metrics}");
}

#[tokio::test]
async fn a_new_certificate_is_taken_under_requests_and_a_broken_one_is_not() {
    log::capture();
    let authority = Authority::new();
    let [first, second, third] = [30, 60, 90].map(|days| authority.issue(days));
    let gateway = Harness::with(&format!("[server]\nkeep_alive = \"2m\"\n{}", authority.settings(&first, "1s"))).await;
    let address = authority_of(&gateway);
    let kept = authority.client().build().unwrap();
    assert_eq!(asked(&kept, &address).await.1, first.der);

    let is_over = AtomicBool::new(false);
    let callers = async {
        let mut answered = 0;
        while !is_over.load(Ordering::Relaxed) {
            assert_eq!(asked(&authority.client().build().unwrap(), &address).await.0, StatusCode::UNAUTHORIZED);
            answered += 1;
        }
        answered
    };
    let rotations = async {
        authority.write(&second.certificate, &second.key);
        gateway.until("the second is served", async || authority.served(&address).await == second.der).await;
        assert_eq!(asked(&kept, &address).await.1, first.der, "a connection goes on as it is");

        let refusals = || {
            let lines = log::captured();
            let own = authority.directory.path().to_str().unwrap();
            lines.lines().filter(|line| line.contains("is not served with") && line.contains(own)).count()
        };
        for (certificate, key) in [
            (&third.certificate, &second.key),
            (&third.certificate, &third.key[..third.key.len() / 2].to_owned()),
            (&third.certificate[..third.certificate.len() / 2].to_owned(), &third.key),
        ] {
            authority.write(certificate, key);
            let before = refusals();
            // The first of them may have seen one file of before.
            gateway.until("both files were looked at", async || refusals() >= before + 2).await;
            assert_eq!(authority.served(&address).await, second.der);
        }
        authority.write(&third.certificate, &third.key);
        gateway.until("the third is served", async || authority.served(&address).await == third.der).await;
        is_over.store(true, Ordering::Relaxed);
    };
    let (answered, ()) = tokio::join!(callers, rotations);
    assert!(answered > 3, "{answered} callers came meanwhile");
    let end = (Clock::system().now() + time::Duration::days(90)).unix_timestamp();
    gateway
        .until("the metric follows", async || {
            (gateway.metric("tls_certificate_not_after_seconds").await - end as f64).abs() < 600.0
        })
        .await;
}

#[tokio::test]
async fn a_hangup_has_the_files_looked_at_at_once() {
    let gateway = Harness::start().await;
    let authority = Authority::new();
    let [first, second] = [30, 60].map(|days| authority.issue(days));
    let own = OwnProcess::serve(&gateway, &authority.settings(&first, "1h")).await;
    assert_eq!(authority.served(&own.public).await, first.der);
    authority.write(&second.certificate, &second.key);
    assert_eq!(authority.served(&own.public).await, first.der, "nobody looked yet");
    own.signal("-HUP").await;
    gateway.until("the second is served", async || authority.served(&own.public).await == second.der).await;
}

#[tokio::test]
async fn connections_over_tls_do_not_hold_a_stop() {
    let authority = Authority::new();
    let issued = authority.issue(30);
    let server = "[server]\nkeep_alive = \"10m\"\nshutdown_grace = \"60s\"\n";
    let mut gateway = Harness::with(&format!("{server}{}", authority.settings(&issued, "1h"))).await;
    let kept = authority.client().build().unwrap();
    asked(&kept, &authority_of(&gateway)).await;
    let _silent = socket::write(&gateway.public_url, "").await;
    let began = Instant::now();
    gateway.stop().await;
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[tokio::test]
async fn nothing_is_served_with_files_that_do_not_fit_together() {
    let gateway = Harness::start().await;
    let authority = Authority::new();
    let [one, other] = [30, 60].map(|days| authority.issue(days));
    let settings = format!("[server]\n{}", authority.settings(&one, "1h"));
    authority.write(&one.certificate, &other.key);
    let config = gateway.neighbours().configuration((0, 0), &settings).unwrap();
    let refused = Application::build(config, Clock::system()).await.err().expect("no gateway").to_string();
    assert!(refused.starts_with("server.tls_key: ") && refused.contains("is not the key"), "{refused}");

    let file = authority.directory.path().join("gateway.toml");
    std::fs::write(&file, crate::own_process::configuration(&gateway, &settings)).unwrap();
    let mut check = tokio::process::Command::new(env!("CARGO_BIN_EXE_upload-gateway"));
    let check = check.arg("check-config").arg("--config").arg(&file);
    let judged = check.output().await.unwrap();
    assert_eq!(judged.status.code(), Some(1));
    assert!(String::from_utf8(judged.stderr).unwrap().contains(&refused));
    authority.write(&one.certificate, &one.key);
    assert!(check.output().await.unwrap().status.success());
}

#[tokio::test]
async fn a_key_that_anybody_can_read_is_warned_of() {
    log::capture();
    let gateway = Harness::start().await;
    let authority = Authority::new();
    let settings = format!("[server]\n{}", authority.settings(&authority.issue(30), "1h"));
    let config = gateway.neighbours().configuration((0, 0), &settings).unwrap();
    let [_, key] = authority.files();
    let is_warned_of = || {
        let (lines, path) = (log::captured(), key.to_str().unwrap());
        lines.lines().any(|line| line.contains("can read the certificate's key") && line.contains(path))
    };
    app::check_certificate(&config).await.unwrap();
    assert!(!is_warned_of());
    std::fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    app::check_certificate(&config).await.unwrap();
    assert!(is_warned_of());
}
