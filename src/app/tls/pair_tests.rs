//! Which files are taken for a certificate and its key, and which are not?

use std::fs;

use aws_lc_rs::encoding::{AsDer as _, EcPrivateKeyRfc5915Der};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256};

use super::*;

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

fn certificate(key: &KeyPair) -> String {
    let parameters = CertificateParams::new(vec!["uploads.example".to_owned()]).unwrap();
    pem("CERTIFICATE", parameters.self_signed(key).unwrap().der())
}

async fn read(certificate: &str, key: &str) -> Result<Pair, TlsError> {
    let directory = tempfile::tempdir().unwrap();
    let files = config::Tls {
        certificate: directory.path().join("tls.crt"),
        key: directory.path().join("tls.key"),
        reload: std::time::Duration::from_secs(60),
    };
    fs::write(&files.certificate, certificate).unwrap();
    fs::write(&files.key, key).unwrap();
    Pair::read(&files).await
}

async fn refusal(certificate: &str, key: &str) -> String {
    read(certificate, key).await.err().map_or_else(|| "taken".to_owned(), |error| error.to_string())
}

#[tokio::test]
async fn a_key_is_taken_in_each_form_that_tools_write() {
    let rsa = KeyPair::generate_for(&PKCS_RSA_SHA256).unwrap();
    let ecdsa = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let ed25519 = KeyPair::generate_for(&PKCS_ED25519).unwrap();
    // PKCS#8 puts 26 bytes before an RSA key of 2,048 bits.
    let pkcs1 = &rsa.serialized_der()[26..];
    let signing = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, ecdsa.serialized_der()).unwrap();
    let sec1: EcPrivateKeyRfc5915Der<'_> = signing.private_key().as_der().unwrap();
    for (pair, label, key) in [
        (&rsa, "PRIVATE KEY", rsa.serialized_der()),
        (&rsa, "RSA PRIVATE KEY", pkcs1),
        (&ecdsa, "PRIVATE KEY", ecdsa.serialized_der()),
        (&ecdsa, "EC PRIVATE KEY", sec1.as_ref()),
        (&ed25519, "PRIVATE KEY", ed25519.serialized_der()),
    ] {
        assert_eq!(refusal(&certificate(pair), &pem(label, key)).await, "taken", "{label}");
    }
}

#[tokio::test]
async fn a_chain_is_kept_in_its_order() {
    let [own, other] = [KeyPair::generate().unwrap(), KeyPair::generate().unwrap()];
    let key = pem("PRIVATE KEY", own.serialized_der());
    let chain = format!("{}{}", certificate(&own), certificate(&other));
    let pair = read(&chain, &key).await.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(pair.certified.cert.len(), 2);
    let wrong_way_round = format!("{}{}", certificate(&other), certificate(&own));
    assert!(refusal(&wrong_way_round, &key).await.starts_with("server.tls_key: "));
}

#[tokio::test]
async fn what_cannot_be_served_with_is_named_and_not_shown() {
    let own = KeyPair::generate().unwrap();
    let (chain, key) = (certificate(&own), pem("PRIVATE KEY", own.serialized_der()));
    let other = pem("PRIVATE KEY", KeyPair::generate().unwrap().serialized_der());
    let large = "\n".repeat(1 << 20);
    for (certificate, private, fault) in [
        ("", key.as_str(), "server.tls_certificate: … has no certificate in PEM"),
        (&key, &key, "server.tls_certificate: … has no certificate in PEM"),
        (&chain[..chain.len() / 2], &key, "server.tls_certificate: … is not whole"),
        (&pem("CERTIFICATE", b"no certificate"), &key, "server.tls_certificate: … has something else"),
        (&format!("{chain}{large}"), &key, "server.tls_certificate: … is larger than 1 MiB"),
        (&chain, "", "server.tls_key: … must hold a private key"),
        (&chain, &chain, "server.tls_key: … must hold a private key"),
        (&chain, &key[..key.len() / 2], "server.tls_key: … must hold a private key"),
        (&chain, &pem("PRIVATE KEY", b"no key"), "server.tls_key: … must hold a private key"),
        (&chain, &pem("ENCRYPTED PRIVATE KEY", own.serialized_der()), "server.tls_key: … must hold a private key"),
        (&chain, &format!("{key}{large}"), "server.tls_key: … is larger than 1 MiB"),
        (&chain, &other, "server.tls_key: … is not the key of the first certificate in "),
    ] {
        let said = refusal(certificate, private).await;
        let (setting, rule) = fault.split_once('…').unwrap();
        assert!(said.starts_with(setting) && said.contains(rule), "{said} is not {fault}");
        assert!(!said.contains(&key[40..60]), "{said}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_named() {
    let files = config::Tls {
        certificate: "/nonexistent/tls.crt".into(),
        key: "/nonexistent/tls.key".into(),
        reload: std::time::Duration::from_secs(60),
    };
    let said = Pair::read(&files).await.err().map(|error| error.to_string());
    assert_eq!(said.as_deref(), Some("server.tls_certificate: /nonexistent/tls.crt cannot be read"));
}
