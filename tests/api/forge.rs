//! How is a token made that no user pool would issue?

use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaEncoding};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use upload_gateway::sandbox::cognito::Cognito;

use crate::harness::Harness;

/// Changes one thing at a time in a good ID token of Alice's.
pub(crate) struct Forger<'a> {
    pub(crate) cognito: &'a Cognito,
    pub(crate) claims: Value,
    /// When that token was issued, in seconds since 1970: now.
    pub(crate) now: i64,
}

/// A token that must be refused: what is wrong with it, the token, and the label under which its refusal counts.
pub(crate) type Case = (String, String, &'static str);

impl<'a> Forger<'a> {
    pub(crate) fn new(gateway: &'a Harness) -> Self {
        let cognito = &gateway.neighbours().cognito;
        let claims = cognito.id_claims("alice@acme.example").expect("a known person");
        let now = claims["iat"].as_i64().expect("a time");
        Self { cognito, claims, now }
    }

    pub(crate) fn header(&self) -> Value {
        json!({"alg": "RS256", "kid": self.cognito.kid()})
    }

    /// Alice's claims with some of another value. `null` takes a claim away.
    pub(crate) fn with_claims(&self, changes: Value) -> String {
        self.cognito.sign(self.header(), changed(&self.claims, &changes))
    }

    /// The usual header with some members of another value. `null` takes a member away.
    pub(crate) fn with_header(&self, changes: Value) -> String {
        self.cognito.sign(changed(&self.header(), &changes), self.claims.clone())
    }

    /// Well signed, whatever the texts are.
    pub(crate) fn of_texts(&self, header: &str, payload: &str) -> String {
        self.of_parts(&encode(header), &encode(payload))
    }

    /// Well signed, whatever the encoded parts are.
    pub(crate) fn of_parts(&self, header: &str, payload: &str) -> String {
        let signed = format!("{header}.{payload}");
        let signature = self.cognito.sign_text(&signed, &RSA_PKCS1_SHA256);
        format!("{signed}.{}", encode(signature))
    }

    /// Well signed by the pool's key, with another of RSA's algorithms.
    pub(crate) fn signed_as(&self, name: &str, algorithm: &'static dyn RsaEncoding) -> String {
        let signed = self.unsigned(&json!({"alg": name}));
        let signature = self.cognito.sign_text(&signed, algorithm);
        format!("{signed}.{}", encode(signature))
    }

    /// The first two parts, for somebody else to sign.
    pub(crate) fn unsigned(&self, changes: &Value) -> String {
        format!("{}.{}", encode(changed(&self.header(), changes).to_string()), encode(self.claims.to_string()))
    }
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn changed(object: &Value, changes: &Value) -> Value {
    let mut object = object.clone();
    let members = object.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        members.remove(name);
        if !value.is_null() {
            members.insert(name.clone(), value.clone());
        }
    }
    object
}
