//! What would a user pool sign? A stand-in with a key that everybody knows, and a verifier that has read its keys.
//!
//! The key is that of RFC 7520 §3.4, out of the vectors of Project Wycheproof.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use time::OffsetDateTime;
use tokio::runtime::{Builder, Runtime};
use upload_gateway::adapters::oidc::{KeyStore, TokenVerifier, VerifiedToken, VerifyError};
use upload_gateway::config::Auth;
use upload_gateway::metrics::Metrics;

/// The `iss` of its tokens. What stands last is the pool's id, which groups of identity providers begin with.
pub const ISSUER: &str = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_AbC123";

/// The id of its only key.
pub const KID: &str = "bilbo";

/// What a verifier says of a token; nothing when it would have to read the keys again, because it does not know this one.
pub type Verdict = Option<Result<Arc<VerifiedToken>, VerifyError>>;

/// The pool, and who judges its tokens.
pub struct UserPool {
    key: RsaKeyPair,
    /// The settings that tokens are judged by.
    pub auth: Auth,
    verifier: TokenVerifier,
    /// Is entered and never run again, so that nothing happens beside what is measured.
    runtime: Runtime,
}

impl UserPool {
    /// Opens it, and lets the verifier read its keys as it always does: over HTTP.
    ///
    /// # Panics
    /// When that cannot be.
    #[must_use]
    pub fn open() -> Self {
        let jwk = private_key();
        let public = json!({"keys": [{"kid": KID, "kty": "RSA", "alg": "RS256", "n": jwk["n"], "e": jwk["e"]}]});
        let mut auth = crate::config(ISSUER, &serve(public.to_string()), false).auth;
        // So small that it is filled and emptied all the time.
        auth.token_cache = 8;
        let keys = KeyStore::new(&auth, &Metrics::new().expect("metrics")).expect("a client");
        let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
        let keys = Arc::new(keys);
        runtime.block_on(keys.key(ISSUER, KID)).expect("the pool's key");
        let verifier = TokenVerifier::new(auth.clone(), keys);
        Self { key: RsaKeyPair::from_der(&pkcs1(&jwk)).expect("a key"), auth, verifier, runtime }
    }

    /// Signs whatever the two parts are.
    ///
    /// # Panics
    /// When the machine has no randomness.
    #[must_use]
    pub fn sign(&self, header: &[u8], payload: &[u8]) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let mut signature = vec![0; self.key.public_modulus_len()];
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).expect("a signature");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The public half of its key, as a signature is checked with it.
    #[must_use]
    pub fn public_key(&self) -> &[u8] {
        use aws_lc_rs::signature::KeyPair as _;
        self.key.public_key().as_ref()
    }

    /// What the verifier makes of the token at that moment.
    pub fn judge(&self, token: &str, now: OffsetDateTime) -> Verdict {
        let _entered = self.runtime.enter();
        match pin!(self.verifier.verify(token, now)).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(judged) => Some(judged),
            Poll::Pending => None,
        }
    }
}

fn private_key() -> Value {
    let vectors = include_str!("../../vectors/wycheproof/json_web_signature_test.json");
    let vectors: Value = serde_json::from_str(vectors).expect("vectors");
    let groups = vectors["testGroups"].as_array().expect("groups");
    let keys = groups.iter().map(|group| &group["private"]);
    let mut known = keys.filter(|key| key["kid"] == "bilbo.baggins@hobbiton.example" && key["alg"] == "RS256");
    known.next().expect("the key of RFC 7520").clone()
}

/// RFC 8017, appendix A.1.2.
fn pkcs1(jwk: &Value) -> Vec<u8> {
    let members = ["n", "e", "d", "p", "q", "dp", "dq", "qi"].map(|name| {
        let number = URL_SAFE_NO_PAD.decode(jwk[name].as_str().expect("a number")).expect("base64url");
        // The first bit is the sign.
        let padding: &[u8] = if number.first().is_some_and(|byte| *byte >= 0x80) { &[0] } else { &[] };
        der(2, &[padding, &number].concat())
    });
    der(0x30, &[der(2, &[0]), members.concat()].concat())
}

fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(content.len()).expect("a short key").to_be_bytes();
    // Lengths are written as shortly as can be (X.690 §10.1).
    let length = match (high, low) {
        (0, 0..0x80) => vec![low],
        (0, _) => vec![0x81, low],
        (_, _) => vec![0x82, high, low],
    };
    [&[tag], length.as_slice(), content].concat()
}

/// Where that document is to be had, once.
fn serve(document: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        let (mut stream, _peer) = listener.accept().expect("a reader");
        let request = BufReader::new(stream.try_clone().expect("a socket")).lines();
        for line in request.map_while(Result::ok) {
            if line.is_empty() {
                break;
            }
        }
        let length = document.len();
        write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{document}")
            .expect("an answer");
    });
    format!("http://{address}/keys")
}
