//! Is somebody found out who may change everything in the database, and makes the chains anew?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64_STANDARD;
use rcgen::PublicKeyData as _;
use serde_json::{Value, json};
use sqlx::Row as _;
use upload_gateway::model::audit_seal::{self, Digest, Entry};
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::audit_proof::{audit_with, tamper};
use crate::database::Database;
use crate::harness::Harness;
use crate::store;

const EVERYTHING: &str =
    r#"{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["s3:*", "sts:*"], "Resource": "*"}}"#;
/// No tenant's slug begins so, and the stand-in has no second bucket.
const PREFIX: &str = "_anchors/";

fn settings(key: &std::path::Path) -> String {
    format!("[audit]\nanchor_bucket = \"{BUCKET}\"\nanchor_prefix = \"{PREFIX}\"\nanchor_key = \"{}\"\n", key.display())
}

fn pem(label: &str, der: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", BASE64_STANDARD.encode(der))
}

async fn anchors(gateway: &Harness) -> Vec<String> {
    store::keys(gateway).await.into_iter().filter(|key| key.starts_with(PREFIX)).collect()
}

fn report(output: &std::process::Output) -> (Option<i32>, Value) {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let report = serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {said}"));
    (output.status.code(), report)
}

/// Changes whose the first event of chain 1 was, and makes digests, seals and head anew, as whoever owns the database may.
async fn make_anew(database: &Database) {
    let events = "select id, at, tenant_id, subject, action, upload_id, request_id, detail, trace_id, address, number, seal is not null as ends
                  from audit_events where chain = 1 order by number, place";
    let rows = sqlx::query(events).fetch_all(&database.pool).await.expect("events");
    let (mut statements, mut seal, mut digests) = (Vec::new(), audit_seal::first(1), Vec::<Digest>::new());
    for (index, row) in rows.iter().enumerate() {
        let (id, subject): (uuid::Uuid, String) = (row.get("id"), row.get("subject"));
        let subject = if index == 0 { "mallory".to_owned() } else { subject };
        let (trace, address): (Option<String>, Option<String>) = (row.get("trace_id"), row.get("address"));
        let entry = Entry {
            id,
            at: row.get("at"),
            tenant: row.get("tenant_id"),
            subject: &subject,
            action: row.get("action"),
            upload: row.get("upload_id"),
            request: row.get("request_id"),
            trace: trace.as_deref(),
            address: address.as_deref(),
            detail: &row.get::<Value, _>("detail").to_string(),
        };
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        digests.push(entry.digest());
        let mut sealed = "null".to_owned();
        if row.get("ends") {
            seal = audit_seal::next(&seal, row.get("number"), &digests);
            digests.clear();
            sealed = format!("'\\x{}'", hex(&seal));
        }
        let digest = hex(&entry.digest());
        statements.push(format!(
            "update audit_events set subject = '{subject}', digest = '\\x{digest}', seal = {sealed} where id = '{id}'"
        ));
        statements.push(format!("update audit_chains set seal = {sealed} where chain = 1 and {sealed} is not null"));
    }
    tamper(database, &statements.join("; ")).await;
}

#[tokio::test]
async fn whoever_makes_the_chains_anew_is_found_by_the_anchors_and_by_them_alone() {
    let gateway = Harness::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let (private, public) = (directory.path().join("anchors.pem"), directory.path().join("public.pem"));
    let key = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).expect("a key");
    std::fs::write(&private, pem("PRIVATE KEY", &key.serialize_der())).expect("a file");
    std::fs::write(&public, pem("PUBLIC KEY", &key.subject_public_key_info())).expect("a file");
    gateway.neighbours().aws.set_gateway_policy(EVERYTHING).expect("a policy");
    let alice = gateway.token("alice@acme.example");
    for _ in 0..3 {
        gateway.grant(&alice, 5).await;
    }
    // Each replica keeps one when it starts.
    let replica = gateway.replica(&settings(&private)).await;
    gateway.until("an anchor is kept", async || anchors(&gateway).await.len() == 1).await;
    assert!(replica.metric("audit_anchors_total{result=\"ok\"}").await >= 1.0);
    gateway.grant(&alice, 5).await;

    let (database, with) = (&gateway.database, settings(&private));
    let verify = async |arguments: &[&str], further: &str| {
        let arguments: Vec<&str> = ["verify", "--json"].into_iter().chain(arguments.iter().copied()).collect();
        audit_with(&gateway, &database.url, &arguments, further).await
    };
    let (code, said) = report(&verify(&[], &with).await);
    assert_eq!((code, &said["anchors"], &said["faults"]), (Some(0), &json!(1), &json!([])), "{said}");

    // An auditor has copies of the anchors, and the public key.
    let name = anchors(&gateway).await.remove(0);
    let object = store::admin(&gateway).get_object().bucket(BUCKET).key(&name).send().await.expect("an anchor");
    let text = object.body.collect().await.expect("bytes").to_vec();
    std::fs::write(directory.path().join("one.jws"), &text).expect("a copy");
    let copies =
        ["--anchors", directory.path().to_str().expect("a path"), "--anchor-key", public.to_str().expect("a path")];

    make_anew(database).await;
    let (code, said) = report(&verify(&[], "").await);
    assert_eq!((code, &said["faults"]), (Some(0), &json!([])), "without anchors nobody can tell: {said}");
    for (arguments, further) in [(&[][..], with.as_str()), (&copies[..], "")] {
        let (code, said) = report(&verify(arguments, further).await);
        let fault = said["faults"][0].as_str().unwrap_or_default().to_owned();
        assert!(
            code == Some(1) && fault.starts_with("other than an anchor says, this or one after it: event "),
            "{said}"
        );
    }

    // A forged anchor is worth nothing.
    let mut forged = text.clone();
    let at = forged.iter().position(|byte| *byte == b'.').expect("a dot") + 5;
    forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
    std::fs::write(directory.path().join("two.jws"), &forged).expect("a copy");
    let refused = verify(&copies, "").await;
    assert!(!refused.status.success() && String::from_utf8_lossy(&refused.stderr).contains("is not signed by the key"));

    // Everything is gone, and is said to have been dropped for its age.
    for (age, found_without_anchors) in [("29 days", true), ("40 days", false)] {
        tamper(
            database,
            &format!(
                "truncate audit_events, audit_cuts; insert into audit_cuts
                 select 'audit_events_2026_01', now() - interval '{age}', now(), chain, number, seal from audit_chains where number > 0"
            ),
        )
        .await;
        let (code, said) = report(&verify(&[], "").await);
        assert_eq!(code, Some(i32::from(found_without_anchors)), "{age}: {said}");
        let (code, said) = report(&verify(&[], &with).await);
        let fault = said["faults"][0].as_str().unwrap_or_default().to_owned();
        assert!(code == Some(1) && fault.starts_with("removed: "), "{age}: {said}");
    }
    tamper(database, "truncate audit_cuts").await;

    // Everything is gone, and it begins anew.
    tamper(database, "truncate audit_events; update audit_chains set number = 0, seal = sha256(convert_to('upload-gateway audit chain ' || chain, 'UTF8'))").await;
    let (code, said) = report(&verify(&[], "").await);
    assert_eq!((code, &said["faults"]), (Some(0), &json!([])), "{said}");
    let (code, said) = report(&verify(&[], &with).await);
    assert!(code == Some(1) && said["faults"][0].as_str().unwrap_or_default().starts_with("removed: "), "{said}");
}

#[tokio::test]
async fn a_key_that_is_none_is_said_before_anything_is_served() {
    let gateway = Harness::start().await;
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("anchors.pem");
    std::fs::write(&file, "no key").expect("a file");
    for (further, complaint) in [
        (settings(&file), "holds no Ed25519 key in PEM"),
        (settings(&directory.path().join("absent.pem")), "holds no Ed25519 key in PEM"),
        ("[audit]\nanchor_bucket = \"anchors\"\n".to_owned(), "audit.anchor_key"),
        (
            "[audit]\nanchor_bucket = \"A\"\nanchor_key = \"k\"\nretention = \"29d\"\nanchor_interval = \"1s\"\n"
                .to_owned(),
            "audit.retention",
        ),
    ] {
        let refused = audit_with(&gateway, &gateway.database.url, &["verify"], &further).await;
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success() && said.contains(complaint), "{further}: {said}");
    }
    let alone = audit_with(&gateway, &gateway.database.url, &["verify", "--anchors", "/"], "").await;
    assert!(String::from_utf8_lossy(&alone.stderr).contains("--anchor-key"));
}
