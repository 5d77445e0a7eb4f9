//! How does a test ask as Uppy does?

use reqwest::multipart::{Form, Part};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use upload_gateway::sandbox::neighbours::BUCKET;
use url::form_urlencoded;

use crate::harness::{Answer, Harness};
use crate::store;

/// Uppy in a page of somebody's.
pub(crate) struct Uppy<'a> {
    gateway: &'a Harness,
    /// What stands before `/s3` in every path.
    pub(crate) base: String,
    token: Option<String>,
}

impl<'a> Uppy<'a> {
    /// Uppy 5, whose page gives it a token to send.
    pub(crate) fn five(gateway: &'a Harness, email: &str) -> Self {
        Self { gateway, base: "/companion".to_owned(), token: Some(gateway.token(email)) }
    }

    /// Uppy 6, whose page begins a session for it.
    pub(crate) async fn six(gateway: &'a Harness, email: &str) -> Self {
        let session = begin_session(gateway, &gateway.token(email)).await;
        let endpoint = session["companionEndpoint"].as_str().expect("a URL");
        let base = endpoint.strip_prefix(&gateway.public_url).expect("ours").to_owned();
        Self { gateway, base, token: None }
    }

    /// Both, for what must be the same.
    pub(crate) async fn both(gateway: &'a Harness, email: &str) -> [Self; 2] {
        [Self::five(gateway, email), Self::six(gateway, email).await]
    }

    /// The secret in its path.
    pub(crate) fn secret(&self) -> &str {
        self.base.strip_prefix("/u/").expect("a session")
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.gateway.request(method, &format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.gateway.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.gateway.send(self.request(Method::POST, path).json(&body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.gateway.send(self.request(Method::DELETE, path)).await
    }

    /// Asks for a form for the file, as both do it: `URLSearchParams` with `metadata[…]`.
    pub(crate) async fn params(&self, query: &[(&str, &str)]) -> Answer {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
        self.get(&format!("/s3/params?{query}")).await
    }

    /// Begins a multipart upload.
    pub(crate) async fn begin(&self) -> Value {
        let file =
            json!({"filename": "film.mp4", "type": "video/mp4", "metadata": {"name": "film.mp4", "type": "video/mp4"}});
        let begun = self.post("/s3/multipart", file).await;
        assert_eq!(begun.status, StatusCode::OK, "{}", begun.body);
        begun.body
    }

    /// Sends a part and gives back the tag that S3 gave it, in its quotes.
    pub(crate) async fn send_part(&self, begun: &Value, number: usize, bytes: &[u8]) -> String {
        let signed = self.get(&named(begun, &format!("/{number}"))).await;
        assert_eq!(signed.status, StatusCode::OK, "{}", signed.body);
        let put = reqwest::Client::new().put(signed.body["url"].as_str().expect("a URL")).body(bytes.to_vec());
        let sent = self.gateway.send(put).await;
        assert_eq!(sent.status, StatusCode::OK, "{}", sent.body);
        sent.headers["etag"].to_str().expect("a text").to_owned()
    }

    pub(crate) async fn complete(&self, begun: &Value, etags: &[&str]) -> Answer {
        let part = |(number, etag): (usize, &&str)| json!({"PartNumber": number, "ETag": etag});
        let parts: Vec<Value> = (1..).zip(etags).map(part).collect();
        self.post(&named(begun, "/complete"), json!({"parts": parts})).await
    }
}

/// The path of a multipart upload, with its key in the query.
pub(crate) fn named(begun: &Value, rest: &str) -> String {
    let text = |name: &str| begun[name].as_str().expect("a text");
    let key = form_urlencoded::byte_serialize(text("key").as_bytes()).collect::<String>();
    format!("/s3/multipart/{}{rest}?key={key}", text("uploadId"))
}

pub(crate) async fn begin_session(gateway: &Harness, token: &str) -> Value {
    let begun = gateway.send(gateway.request(Method::POST, "/v1/uppy-sessions").bearer_auth(token)).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
    begun.body
}

/// Posts the form as Uppy does: every field, and the file last.
pub(crate) async fn post_form(gateway: &Harness, form: &Value, bytes: &[u8]) -> Answer {
    let mut fields = Form::new();
    for (name, value) in form["fields"].as_object().expect("fields") {
        fields = fields.text(name.clone(), value.as_str().expect("a text").to_owned());
    }
    let file = Part::bytes(bytes.to_vec()).file_name("blob").mime_str("image/png").expect("a type");
    let request =
        reqwest::Client::new().post(form["url"].as_str().expect("a URL")).multipart(fields.part("file", file));
    gateway.send(request).await
}

/// The object's type and bytes.
pub(crate) async fn object(gateway: &Harness, key: &str) -> (Option<String>, Vec<u8>) {
    let object = Box::pin(store::admin(gateway).get_object().bucket(BUCKET).key(key).send()).await.expect("an object");
    let content_type = object.content_type().map(str::to_owned);
    (content_type, object.body.collect().await.expect("its bytes").into_bytes().to_vec())
}
