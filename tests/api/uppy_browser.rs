//! How does Uppy 6 behave in its `signRequest` mode? As `src/s3-client/S3mini.ts` of `@uppy/aws-s3` 6.3.1 does.

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::{Answer, Harness, PAGE};
use crate::store;

/// What Uppy proposes as a key: a random UUID, a hyphen, and the file's name.
pub(crate) const PROPOSED: &str = "3f2b1c9e-8d4a-4e6b-9c1d-2a7f5e8b0c31-";

pub(crate) const MIB: usize = 1 << 20;

/// A browser with Uppy in it, in which somebody has signed in.
pub(crate) struct Browser<'a> {
    pub(crate) gateway: &'a Harness,
    pub(crate) token: String,
}

/// A multipart upload that the browser has begun.
#[derive(Debug, Clone)]
pub(crate) struct Begun {
    pub(crate) key: String,
    pub(crate) upload_id: String,
}

impl Begun {
    /// The body of a request about it.
    pub(crate) fn about(&self, method: &str) -> Value {
        json!({"method": method, "key": self.key, "uploadId": self.upload_id})
    }

    pub(crate) fn part(&self, number: usize) -> Value {
        json!({"method": "PUT", "key": self.key, "uploadId": self.upload_id, "partNumber": number})
    }
}

impl<'a> Browser<'a> {
    pub(crate) fn of(gateway: &'a Harness, email: &str) -> Self {
        Self { gateway, token: gateway.token(email) }
    }

    /// What the page's callback is answered.
    pub(crate) async fn ask(&self, request: &Value) -> Answer {
        self.gateway.post(&self.token, "/s3/sign", request.clone()).await
    }

    /// The same, where it must be permitted.
    pub(crate) async fn signed(&self, request: &Value) -> Value {
        let answer = self.ask(request).await;
        assert_eq!(answer.status, StatusCode::OK, "{request}: {}", answer.body);
        answer.body
    }

    /// Makes the permitted request of S3. The signer's headers come last, so that its `Content-Type` wins.
    pub(crate) async fn make(&self, method: &str, signed: &Value, content_type: &str, body: Vec<u8>) -> Answer {
        let method: Method = method.parse().expect("a method");
        let mut request = reqwest::Client::new().request(method, signed["url"].as_str().expect("a URL"));
        let headers = signed["headers"].as_object().cloned().unwrap_or_default();
        if !content_type.is_empty() && !headers.contains_key("content-type") {
            request = request.header("content-type", content_type);
        }
        for (name, value) in headers {
            assert!(!["content-length", "host", "date"].contains(&name.as_str()), "a page may not set {name}");
            request = request.header(name, value.as_str().expect("a text"));
        }
        self.gateway.send(request.header("origin", PAGE).body(body)).await
    }

    /// Posts the form that was signed.
    pub(crate) async fn post_form(&self, signed: &Value, bytes: Vec<u8>) -> Answer {
        let mut form = Form::new();
        for (name, value) in signed["fields"].as_object().expect("fields") {
            assert!(!["file", "success_action_redirect"].contains(&name.as_str()), "Uppy refuses {name}");
            form = form.text(name.clone(), value.as_str().expect("a text").to_owned());
        }
        let form = form.part("file", Part::bytes(bytes).file_name("blob"));
        let url = signed["url"].as_str().expect("a URL");
        self.gateway.send(reqwest::Client::new().post(url).header("origin", PAGE).multipart(form)).await
    }

    /// Begins at S3 what was signed.
    pub(crate) async fn begin_signed(&self, signed: &Value) -> Begun {
        let begun = self.make("POST", signed, "application/octet-stream", Vec::new()).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
        let upload_id = element(&begun.body, "UploadId").expect("an id");
        Begun { key: signed["key"].as_str().expect("a key").to_owned(), upload_id }
    }

    pub(crate) async fn begin(&self, name: &str) -> Begun {
        let signed = self.signed(&json!({"method": "POST", "key": format!("{PROPOSED}{name}")})).await;
        self.begin_signed(&signed).await
    }

    /// Sends one part and gives back its entity tag, without quotes as Uppy remembers it.
    pub(crate) async fn send_part(&self, begun: &Begun, number: usize, bytes: &[u8]) -> String {
        let signed = self.signed(&begun.part(number)).await;
        let sent = self.make("PUT", &signed, "", bytes.to_vec()).await;
        assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
        sent.headers["etag"].to_str().expect("a text").trim_matches('"').to_owned()
    }

    /// Sends all of the file in parts of 5 MiB.
    pub(crate) async fn send_parts(&self, begun: &Begun, file: &[u8]) -> Vec<String> {
        let mut tags = Vec::new();
        for (piece, number) in file.chunks(5 * MIB).zip(1..) {
            tags.push(self.send_part(begun, number, piece).await);
        }
        tags
    }

    /// Puts the parts together, as it was permitted to.
    pub(crate) async fn complete_signed(&self, signed: &Value, tags: &[String]) -> Answer {
        let part =
            |(tag, number): (&String, i32)| format!("<Part><PartNumber>{number}</PartNumber><ETag>{tag}</ETag></Part>");
        let parts: String = tags.iter().zip(1..).map(part).collect();
        let xml = format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>");
        self.make("POST", signed, "application/xml", xml.into_bytes()).await
    }

    /// The whole way of a large file.
    pub(crate) async fn upload_in_parts(&self, name: &str, file: &[u8]) -> Begun {
        let begun = self.begin(name).await;
        let tags = self.send_parts(&begun, file).await;
        let done = self.complete_signed(&self.signed(&begun.about("POST")).await, &tags).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.body);
        begun
    }

    /// What the gateway says of the upload under that key.
    pub(crate) async fn upload(&self, key: &str) -> Value {
        self.gateway.get(&self.token, &path(key)).await.body
    }

    pub(crate) async fn becomes(&self, key: &str, wanted: &str) -> Value {
        self.gateway.until(wanted, async || self.upload(key).await["status"] == wanted).await;
        self.upload(key).await
    }
}

/// The path of the upload under that key.
pub(crate) fn path(key: &str) -> String {
    format!("/v1/uploads/{}", key.split('/').nth(3).expect("an id"))
}

/// The text of the first element of that name.
pub(crate) fn element(xml: &Value, name: &str) -> Option<String> {
    let (_, rest) = xml.as_str()?.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text.to_owned())
}

/// The bytes and the media type of an object.
pub(crate) async fn object(gateway: &Harness, key: &str) -> (Vec<u8>, String) {
    let get = store::admin(gateway).get_object().bucket(BUCKET).key(key);
    let found = Box::pin(get.send()).await.expect("an object");
    let content_type = found.content_type().unwrap_or_default().to_owned();
    (found.body.collect().await.expect("its bytes").to_vec(), content_type)
}
