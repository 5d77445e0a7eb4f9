//! How does somebody write to the bucket without a grant, and what comes of it?

use aws_sdk_s3::Client;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Row as _;
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::Harness;
use crate::store;

pub(crate) const ALICE: &str = "alice@acme.example";
/// Alice of Acme, whose people may have credentials, with hers.
pub(crate) struct Holder<'a> {
    pub(crate) gateway: &'a Harness,
    pub(crate) token: String,
    /// `acme/{subject}/`
    pub(crate) prefix: String,
    pub(crate) s3: Client,
}

pub(crate) async fn vending(gateway: &Harness, is_on: bool) {
    let tenant = gateway.get(&gateway.token(ALICE), "/v1/me").await.body["tenant"]["id"].clone();
    let path = format!("/v1/admin/tenants/{}", tenant.as_str().expect("an id"));
    let admin = gateway.token("admin@platform.example");
    let answer = gateway.patch(&admin, &path, json!({"credentialVending": is_on})).await;
    assert_eq!((answer.status, &answer.body["credentialVending"]), (StatusCode::OK, &json!(is_on)), "{}", answer.body);
}

impl<'a> Holder<'a> {
    pub(crate) async fn of(gateway: &'a Harness) -> Self {
        vending(gateway, true).await;
        let token = gateway.token(ALICE);
        let subject = gateway.get(&token, "/v1/me").await.body["subject"].as_str().expect("a subject").to_owned();
        let prefix = format!("acme/{subject}/");
        let resource = format!("arn:aws:s3:::{BUCKET}/{prefix}*");
        let statement = json!({"Effect": "Allow", "Action": "s3:PutObject", "Resource": resource});
        let policy = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        let s3 = store::session(gateway, "acme", Some(&policy)).await;
        Self { gateway, token, prefix, s3 }
    }

    /// Writes text below the prefix, and gives back the key.
    pub(crate) async fn write(&self, name: &str, bytes: impl Into<Vec<u8>>) -> String {
        self.write_as(name, bytes, "text/plain").await
    }

    pub(crate) async fn write_as(&self, name: &str, bytes: impl Into<Vec<u8>>, content_type: &str) -> String {
        let key = format!("{}{name}", self.prefix);
        let put = self.s3.put_object().bucket(BUCKET).key(&key).content_type(content_type);
        Box::pin(put.body(bytes.into().into()).send()).await.expect("written");
        key
    }

    /// What the gateway says when it is told.
    pub(crate) async fn tell(&self, key: &str, sequencer: &str) -> (StatusCode, Value) {
        tell(self.gateway, key, sequencer).await
    }

    /// Writes and tells, which must settle something.
    pub(crate) async fn written(&self, name: &str, bytes: impl Into<Vec<u8>>, sequencer: &str) -> String {
        let key = self.write(name, bytes).await;
        assert_eq!(self.tell(&key, sequencer).await, (StatusCode::OK, json!(1)), "{name}");
        key
    }

    /// Her uploads, newest first.
    pub(crate) async fn uploads(&self) -> Vec<Value> {
        let page = self.gateway.get(&self.token, "/v1/uploads").await;
        page.body["items"].as_array().expect("items").clone()
    }

    /// Her only upload.
    pub(crate) async fn upload(&self) -> Value {
        let uploads = self.uploads().await;
        assert_eq!(uploads.len(), 1, "{uploads:?}");
        uploads[0].clone()
    }

    pub(crate) async fn delete(&self, upload: &Value) -> StatusCode {
        let path = format!("/v1/uploads/{}", upload["id"].as_str().expect("an id"));
        self.gateway.send(self.gateway.request(Method::DELETE, &path).bearer_auth(&self.token)).await.status
    }
}

pub(crate) async fn tell(gateway: &Harness, key: &str, sequencer: &str) -> (StatusCode, Value) {
    let encoded = utf8_percent_encode(key, NON_ALPHANUMERIC).to_string();
    let mut object = json!({"key": encoded, "size": 1, "eTag": "x"});
    if !sequencer.is_empty() {
        object["sequencer"] = json!(sequencer);
    }
    let record = json!({"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": BUCKET}, "object": object}});
    let event = json!({"Records": [record]}).to_string();
    let told =
        gateway.send(reqwest::Client::new().post(format!("{}/s3-events", gateway.internal_url)).body(event)).await;
    (told.status, told.body["settled"].clone())
}

/// What the audit says of objects and uploads, oldest first.
pub(crate) async fn audit(gateway: &Harness) -> Vec<(String, Value)> {
    let rows = sqlx::query(
        "select action, detail from audit_events where action like any ('{object.%,upload.%}') order by id",
    )
    .fetch_all(&gateway.database.pool)
    .await
    .expect("events");
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

pub(crate) async fn actions(gateway: &Harness) -> Vec<String> {
    audit(gateway).await.into_iter().map(|(action, _)| action).collect()
}
