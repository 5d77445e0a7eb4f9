//! Is any secret in the log, whatever the operator asks it to tell? One run of nearly all that the gateway does, at the most talkative
//! filter there is, and a search for every secret that it handed out, was given or was set up with.

use std::collections::BTreeSet;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upload_gateway::sandbox::{aws, cognito};
use url::Url;

use crate::harness::{Answer, Harness};
use crate::spawned::{Settings, Spawned};
use crate::uppy::Uppy;
use crate::uppy_browser::{Browser, PROPOSED};

const ALICE: &str = "alice@acme.example";
const PASSWORD: &str = "correct-horse-battery";
const EXTERNAL_ID: &str = "external-id-of-the-trust-policy";

/// Everything that must not be found.
#[derive(Default)]
struct Secrets(BTreeSet<String>);

impl Secrets {
    fn add(&mut self, secret: impl Into<String>) {
        let secret = secret.into();
        assert!(secret.len() >= 8, "too short to search for: {secret}");
        self.0.insert(secret);
    }

    /// Every part of a token: its signature alone would do harm enough.
    fn token(&mut self, token: &str) {
        token.split('.').filter(|part| part.len() >= 8).for_each(|part| self.add(part));
    }

    /// What there is in an answer, wherever it stands.
    fn of(&mut self, answer: &Value) {
        match answer {
            Value::Array(items) => items.iter().for_each(|item| self.of(item)),
            Value::Object(members) => {
                for (name, value) in members {
                    match value {
                        Value::String(text) => self.member(&name.to_ascii_lowercase(), text),
                        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
                            self.of(value)
                        }
                    }
                }
            }
            Value::String(text) => self.member("", text),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn member(&mut self, name: &str, text: &str) {
        let named = [
            "secretaccesskey",
            "sessiontoken",
            "policy",
            "x-amz-signature",
            "x-amz-credential",
            "x-amz-security-token",
        ];
        if named.contains(&name) {
            self.add(text);
        }
        let Ok(url) = Url::parse(text) else { return };
        if let Some((_, secret)) = url.path().split_once("/u/") {
            self.add(secret);
        }
        for (name, value) in url.query_pairs() {
            let name = name.to_ascii_lowercase();
            if named.contains(&name.as_str()) {
                self.add(text);
                self.add(value.as_ref());
                self.add(url::form_urlencoded::byte_serialize(value.as_bytes()).collect::<String>());
            }
        }
    }

    fn found_in<'a>(&'a self, log: &str) -> Vec<&'a str> {
        self.0.iter().map(String::as_str).filter(|secret| log.contains(secret)).collect()
    }
}

/// A good answer, whose secrets are remembered.
fn good(secrets: &mut Secrets, answer: Answer) -> Value {
    assert!(answer.status.is_success(), "{} {}", answer.status, answer.body);
    secrets.of(&answer.body);
    answer.body
}

/// One of each kind of permission.
async fn every_grant(gateway: &Harness, secrets: &mut Secrets) {
    let alice = gateway.token(ALICE);
    secrets.token(&alice);
    let file = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 5});
    let put = good(secrets, gateway.post(&alice, "/v1/uploads", file.clone()).await);
    assert_eq!(gateway.put(&put, "hello", |request| request).await.status, StatusCode::OK);
    let at = format!("/v1/uploads/{}", put["id"].as_str().unwrap());
    good(secrets, gateway.post(&alice, &format!("{at}/complete"), json!({})).await);
    good(secrets, gateway.get(&alice, &format!("{at}/download")).await);
    let form = json!({"fileName": "a.txt", "contentType": "text/plain", "method": "post"});
    good(secrets, gateway.post(&alice, "/v1/uploads", form).await);
    let in_parts = json!({"fileName": "f.mp4", "contentType": "video/mp4", "size": 20 << 20, "method": "multipart"});
    let begun = good(secrets, gateway.post(&alice, "/v1/uploads", in_parts).await);
    let parts = format!("/v1/uploads/{}/parts", begun["id"].as_str().unwrap());
    good(secrets, gateway.post(&alice, &parts, json!({"partNumbers": [1, 2]})).await);
    let both = json!({"uploads": [file, file]});
    good(secrets, gateway.post(&alice, "/v1/uploads/batch", both).await);
    good(secrets, gateway.post(&alice, "/v1/credentials", json!({})).await);
    let signed = json!({"method": "PUT", "key": format!("{PROPOSED}a.txt"), "contentType": "text/plain"});
    good(secrets, Browser::of(gateway, ALICE).ask(&signed).await);
    let uppy = Uppy::six(gateway, ALICE).await;
    secrets.add(uppy.secret());
    good(secrets, uppy.params(&[("filename", "a.png"), ("type", "image/png")]).await);
}

/// Every way in which the gateway's neighbours and its callers go wrong.
async fn every_fault(gateway: &Harness, secrets: &mut Secrets) {
    let alice = gateway.token(ALICE);
    let gina = gateway.token("gina@globex.example");
    for token in [&format!("{gina}x"), &gina[..gina.len() - 9], "not.a-token.at-all-but-secret"] {
        secrets.token(token);
        assert_eq!(gateway.get(token, "/v1/me").await.status, StatusCode::UNAUTHORIZED);
    }
    let session = gateway.request(Method::GET, "/u/not-a-session-but-secret-all-the-same/s3/params?filename=a");
    secrets.add("not-a-session-but-secret-all-the-same");
    assert_eq!(gateway.send(session).await.status, StatusCode::UNAUTHORIZED);
    let address = "somebody.secret@acme.example";
    secrets.add(address);
    secrets.add("somebody.secret%40acme.example");
    let login = gateway.request(Method::GET, "/v1/login?email=somebody.secret%40acme.example");
    assert!(gateway.send(login).await.status.is_success());
    let body = json!({"fileName": "a.txt", "contentType": "text/plain", "size": 5});
    let neighbours = gateway.neighbours();
    let waiting = gateway.grant(&alice, 5).await;
    secrets.of(&waiting);
    neighbours.aws.set_sts_fault(aws::Fault::Unavailable);
    secrets.token(&gina);
    assert_eq!(gateway.post(&gina, "/v1/uploads", body.clone()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    neighbours.aws.set_sts_fault(aws::Fault::None);
    neighbours.aws.set_s3_fault(aws::Fault::Unavailable);
    let at = format!("/v1/uploads/{}/complete", waiting["id"].as_str().unwrap());
    assert_eq!(gateway.post(&alice, &at, json!({})).await.status, StatusCode::SERVICE_UNAVAILABLE);
    neighbours.aws.set_s3_fault(aws::Fault::None);
    neighbours.cognito.set_fault(cognito::Fault::Garbage);
    neighbours.cognito.rotate_keys().unwrap();
    let stranger = gateway.token(ALICE);
    secrets.token(&stranger);
    let refused = gateway.get(&stranger, "/v1/me").await.status;
    assert!(!refused.is_success(), "{refused}");
    neighbours.cognito.set_fault(cognito::Fault::None);
    sqlx::query("alter table uploads rename to uploads_elsewhere").execute(&gateway.database.pool).await.unwrap();
    assert!(gateway.get(&alice, "/v1/uploads").await.status.is_server_error());
    assert!(gateway.post(&alice, "/v1/uploads", body).await.status.is_server_error());
    sqlx::query("alter table uploads_elsewhere rename to uploads").execute(&gateway.database.pool).await.unwrap();
}

#[tokio::test]
async fn no_secret_is_in_the_log_and_every_line_of_a_request_has_its_names() {
    let mut gateway = Harness::start().await;
    sqlx::query("update tenants set credential_vending = true").execute(&gateway.database.pool).await.unwrap();
    // Where the sockets are, a parameter says; who asks nobody for a password is not asked for one.
    let with_password = format!("postgres://postgres:{PASSWORD}@localhost/");
    let database_url = gateway.database.url.replacen("postgres:///", &with_password, 1);
    assert!(database_url.contains(PASSWORD), "{database_url}");
    let mut secrets = Secrets::default();
    secrets.add(PASSWORD);
    secrets.add(EXTERNAL_ID);
    secrets.add(gateway.neighbours().aws.gateway_credentials().1);
    let jwks = gateway.neighbours().cognito.jwks_url();
    let further = format!(
        "external_id = \"{EXTERNAL_ID}\"\n[auth]\njwks_cool_down = \"100ms\"\n[reconcile]\ninterval = \"100ms\"\n"
    );
    let settings = Settings {
        database_url: &database_url,
        log_filter: "trace",
        further: &further,
        ..Settings::of(&gateway, &jwks)
    };
    let mut program = Spawned::start(&gateway, settings).await;
    gateway.public_url.clone_from(&program.public_url);
    every_grant(&gateway, &mut secrets).await;
    every_fault(&gateway, &mut secrets).await;
    assert!(secrets.0.len() > 40, "{} secrets", secrets.0.len());
    program.stop(&gateway).await;
    let log = program.log();
    assert_eq!(secrets.found_in(&log), [""; 0]);

    let lines = program.lines();
    // What others write below INFO holds requests and answers whole, and what is redacted of it today need not be tomorrow.
    let is_ours = |line: &Value| line["target"].as_str().is_some_and(|target| target.starts_with("upload_gateway"));
    let of_others: BTreeSet<&str> =
        lines.iter().filter(|line| !is_ours(line)).filter_map(|line| line["level"].as_str()).collect();
    assert!(of_others.is_subset(&BTreeSet::from(["INFO", "WARN", "ERROR"])), "{of_others:?}");
    let of_requests: Vec<&Value> = lines.iter().filter(|line| !line["http.status"].is_null()).collect();
    assert!(of_requests.len() > 20 && lines.len() > of_requests.len());
    for line in &of_requests {
        for (name, length) in [("request.id", 36), ("trace.id", 32), ("span.id", 16)] {
            assert_eq!(line[name].as_str().map(str::len), Some(length), "{name} of {line}");
        }
        let is_callers = line["http.route"].as_str().is_some_and(|route| route.starts_with("/v1/uploads"))
            && line["http.status"] != 401;
        if is_callers {
            assert_eq!(line["tenant.id"].as_str().map(str::len), Some(36), "{line}");
            assert!(["acme", "globex"].map(Some).contains(&line["tenant.slug"].as_str()), "{line}");
        }
    }
    let with_upload = of_requests.iter().filter(|line| line["upload.id"].as_str().is_some_and(|id| id.len() == 36));
    assert!(with_upload.count() >= 6);
    assert!(of_requests.iter().any(|line| line["level"] == "ERROR"), "the faults were told");
}
