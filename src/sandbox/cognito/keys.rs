//! With which keys does the stand-in sign, and how do others learn the public halves?

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaEncoding, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::error::Error;

/// The two keys of a pool: like Cognito's, ID tokens and access tokens are signed with different ones.
#[derive(Clone, Debug)]
pub struct SigningKeys(Arc<Pair>);

#[derive(Debug)]
struct Pair {
    id: SigningKey,
    access: SigningKey,
    /// Where they are kept, if they are.
    file: Option<PathBuf>,
}

impl SigningKeys {
    /// Two new keys that are kept nowhere.
    ///
    /// # Errors
    /// When the library cannot make a key.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(Arc::new(Pair { id: SigningKey::generate()?, access: SigningKey::generate()?, file: None })))
    }

    /// The keys in the file, or two new ones that are then in it (PKCS#8 in PEM, mode 0600).
    ///
    /// # Errors
    /// When the file can be neither read nor written, or holds something else.
    pub fn load_or_generate(path: &Path) -> Result<Self, Error> {
        let file = Some(path.to_owned());
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let keys = Pair { id: SigningKey::generate()?, access: SigningKey::generate()?, file };
                keys.save()?;
                return Ok(Self(Arc::new(keys)));
            }
            Err(source) => return Err(Error::KeyFile { path: path.to_owned(), source }),
        };
        let mut keys = private_keys(&text).map(|der| KeyPair::from_pkcs8(&der?).ok());
        match (keys.next().flatten(), keys.next().flatten(), keys.next()) {
            (Some(id), Some(access), None) => {
                Ok(Self(Arc::new(Pair { id: SigningKey::new(id)?, access: SigningKey::new(access)?, file })))
            }
            _ => Err(Error::KeyFormat(path.to_owned())),
        }
    }

    /// Two new keys, kept where these are kept.
    pub(super) fn successor(&self) -> Result<Self, Error> {
        let file = self.0.file.clone();
        let keys = Pair { id: SigningKey::generate()?, access: SigningKey::generate()?, file };
        keys.save()?;
        Ok(Self(Arc::new(keys)))
    }

    /// The key of ID tokens.
    pub(super) fn id(&self) -> &SigningKey {
        &self.0.id
    }

    /// The key of access tokens.
    pub(super) fn access(&self) -> &SigningKey {
        &self.0.access
    }
}

impl Pair {
    fn save(&self) -> Result<(), Error> {
        let Some(path) = &self.file else { return Ok(()) };
        let text = self.id.private_pem()? + &self.access.private_pem()?;
        // Written beside and renamed, so that the file is never half of one.
        let fresh = path.with_extension("new");
        let write = || {
            match fs::remove_file(&fresh) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
            let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&fresh, path)
        };
        write().map_err(|source| Error::KeyFile { path: path.clone(), source })
    }
}

/// One RSA-2048 key.
pub(super) struct SigningKey {
    pair: KeyPair,
    kid: String,
    /// The public half as SubjectPublicKeyInfo.
    spki: Vec<u8>,
}

impl SigningKey {
    fn generate() -> Result<Self, Error> {
        Self::new(KeyPair::generate(KeySize::Rsa2048).map_err(|_unspecified| Error::Generate)?)
    }

    fn new(pair: KeyPair) -> Result<Self, Error> {
        let spki = pair.public_key().as_der().map_err(|_unspecified| Error::Generate)?.as_ref().to_vec();
        // Cognito's look the same: 32 bytes in Base64 with `+`, `/` and `=`. A hash stays the same over a restart.
        let kid = STANDARD.encode(digest(&SHA256, &spki));
        Ok(Self { pair, kid, spki })
    }

    /// The name of the key in a token's header.
    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// The public half, as Cognito's JWKS shows it.
    pub(super) fn jwk(&self) -> Value {
        let public = self.pair.public_key();
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        json!({
            "alg": "RS256",
            "e": encode(public.exponent().big_endian_without_leading_zero()),
            "kid": self.kid,
            "kty": "RSA",
            "n": encode(public.modulus().big_endian_without_leading_zero()),
            "use": "sig",
        })
    }

    /// The public half in PEM.
    pub(super) fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &self.spki)
    }

    fn private_pem(&self) -> Result<String, Error> {
        let der: Pkcs8V1Der<'_> = self.pair.as_der().map_err(|_unspecified| Error::Generate)?;
        Ok(pem("PRIVATE KEY", der.as_ref()))
    }

    /// A compact JWS of any header and claims, signed with RS256 whatever the header says.
    pub(super) fn sign(&self, header: &Value, claims: &Value) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = self.sign_text(&signed, &RSA_PKCS1_SHA256);
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// The bare signature over any text, by any of RSA's algorithms.
    #[expect(clippy::expect_used, reason = "a checked RSA key with a buffer of its own size can always sign")]
    pub(super) fn sign_text(&self, text: &str, algorithm: &'static dyn RsaEncoding) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(algorithm, &SystemRandom::new(), text.as_bytes(), &mut signature).expect("an RSA key signs");
        signature
    }

    /// The claims of a token that this key signed.
    pub(super) fn verify(&self, token: &str) -> Option<Value> {
        let (signed, signature) = token.rsplit_once('.')?;
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, self.pair.public_key().as_ref());
        public.verify(signed.as_bytes(), &signature).ok()?;
        let (_header, claims) = signed.split_once('.')?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.kid).finish()
    }
}

/// RFC 7468's textual encoding.
fn pem(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for (position, character) in STANDARD.encode(der).chars().enumerate() {
        if position > 0 && position % 64 == 0 {
            text.push('\n');
        }
        text.push(character);
    }
    text + &format!("\n-----END {label}-----\n")
}

/// The private keys in a text of PEM blocks; `None` for one that is not Base64.
fn private_keys(text: &str) -> impl Iterator<Item = Option<Vec<u8>>> {
    text.split("-----BEGIN PRIVATE KEY-----").skip(1).map(|rest| {
        let (body, _) = rest.split_once("-----END PRIVATE KEY-----")?;
        STANDARD.decode(body.split_whitespace().collect::<String>()).ok()
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use jsonwebtoken::{Algorithm, DecodingKey, Validation};

    use super::*;

    #[test]
    fn the_two_keys_are_different_and_verify_with_another_library() {
        let keys = SigningKeys::generate().unwrap();
        assert_ne!(keys.id().kid(), keys.access().kid());
        let token = keys.id().sign(&json!({"alg": "RS256"}), &json!({"sub": "ü"}));
        let mut validation = Validation::new(Algorithm::RS256);
        validation.required_spec_claims.clear();
        let jwk = keys.id().jwk();
        let public = |name: &str| jwk.get(name).and_then(Value::as_str).unwrap().to_owned();
        let decoder = DecodingKey::from_rsa_components(&public("n"), &public("e")).unwrap();
        let claims = jsonwebtoken::decode::<Value>(&token, &decoder, &validation).unwrap().claims;
        assert_eq!(claims, json!({"sub": "ü"}));
        assert_eq!(keys.id().verify(&token), Some(claims));
        assert_eq!(keys.access().verify(&token), None);
    }

    #[test]
    fn kept_keys_are_the_same_after_a_restart_and_private() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("keys.pem");
        let first = SigningKeys::load_or_generate(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let second = SigningKeys::load_or_generate(&path).unwrap();
        assert_eq!([first.id().kid(), first.access().kid()], [second.id().kid(), second.access().kid()]);
        let third = second.successor().unwrap();
        assert_eq!(SigningKeys::load_or_generate(&path).unwrap().id().kid(), third.id().kid());
        assert_ne!(first.id().kid(), third.id().kid());
    }

    #[test]
    fn a_file_with_something_else_in_it_is_refused() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("keys.pem");
        for text in ["", "no keys", "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----\n"] {
            fs::write(&path, text).unwrap();
            assert!(matches!(SigningKeys::load_or_generate(&path), Err(Error::KeyFormat(_))), "{text}");
        }
    }

    #[test]
    fn no_private_key_is_shown_by_debug() {
        let keys = SigningKeys::generate().unwrap();
        let shown = format!("{keys:?}");
        assert!(shown.contains(keys.id().kid()) && shown.len() < 300, "{shown}");
    }
}
