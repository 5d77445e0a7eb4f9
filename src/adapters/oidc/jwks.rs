//! Which keys does a JWKS document hold that may sign Cognito's tokens? (RFC 7517, RFC 7518 §6.3)

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;

/// RFC 7518 §3.3 asks for 2,048 bits at least; more than 8,192 would only make verification slow.
const MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
/// A key id is treated as a name, nothing else.
const LONGEST_KEY_ID: usize = 256;
const MOST_KEYS: usize = 64;

/// Why a document is no set of signing keys.
#[derive(Debug, thiserror::Error)]
pub(super) enum JwksError {
    #[error("it is not a JWKS document: {0}")]
    NotJwks(#[from] serde_json::Error),
    #[error("it holds more than {MOST_KEYS} keys")]
    TooMany,
    #[error("two of its keys have one key id")]
    DuplicateKeyId,
    #[error("it holds no RSA key that may sign with RS256")]
    Empty,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct RsaKey {
    kid: String,
    kty: String,
    #[serde(rename = "use")]
    usage: Option<String>,
    alg: Option<String>,
    key_ops: Option<Vec<String>>,
    n: String,
    e: String,
}

/// The RS256 keys of the document by their ids, each parsed once. Keys of other kinds are passed over, as RFC 7517 §5 asks.
pub(super) fn parse(document: &[u8]) -> Result<HashMap<String, DecodingKey>, JwksError> {
    let document: Document = serde_json::from_slice(document)?;
    if document.keys.len() > MOST_KEYS {
        return Err(JwksError::TooMany);
    }
    let mut keys = HashMap::new();
    for value in document.keys {
        let Ok(jwk) = serde_json::from_value::<RsaKey>(value) else { continue };
        let Some(key) = decoding_key(&jwk) else { continue };
        if keys.insert(jwk.kid, key).is_some() {
            return Err(JwksError::DuplicateKeyId);
        }
    }
    if keys.is_empty() { Err(JwksError::Empty) } else { Ok(keys) }
}

fn decoding_key(jwk: &RsaKey) -> Option<DecodingKey> {
    let signs = jwk.usage.as_deref().is_none_or(|usage| usage == "sig");
    let rs256 = jwk.alg.as_deref().is_none_or(|alg| alg == "RS256");
    let verifies = jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
    let named = (1..=LONGEST_KEY_ID).contains(&jwk.kid.len());
    if jwk.kty != "RSA" || !signs || !rs256 || !verifies || !named {
        return None;
    }
    let modulus = URL_SAFE_NO_PAD.decode(&jwk.n).ok()?;
    let exponent = URL_SAFE_NO_PAD.decode(&jwk.e).ok()?;
    // An exponent of 1 would make every signature right; even ones are no RSA exponents.
    let sound = exponent.last().is_some_and(|low| low % 2 == 1) && exponent != [1] && exponent.len() <= 8;
    if !sound || !MODULUS_BYTES.contains(&modulus.len()) || modulus.first() == Some(&0) || is_of_roca(&modulus) {
        return None;
    }
    DecodingKey::from_rsa_components(&jwk.n, &jwk.e).ok()
}

/// Was the key made by the chips whose keys can be factored? Of theirs, the remainder by each small prime is a power of 65537's; of
/// any other key, of one in two hundred million. (Nemec et al., The Return of Coppersmith's Attack, CCS 2017, §2.3)
fn is_of_roca(modulus: &[u8]) -> bool {
    const PRIMES: [u32; 38] = [
        3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
        109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
    ];
    PRIMES.into_iter().all(|prime| {
        let remainder = modulus.iter().fold(0, |high, byte| (high * 256 + u32::from(*byte)) % prime);
        let powers = std::iter::successors(Some(1), |power| Some(power * (65_537 % prime) % prime));
        // There are fewer of them than the prime.
        powers.take(prime as usize).any(|power| power == remainder)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(kid: &str) -> serde_json::Value {
        let n = URL_SAFE_NO_PAD.encode([0xd3; 256]);
        json!({"kid": kid, "kty": "RSA", "use": "sig", "alg": "RS256", "n": n, "e": "AQAB"})
    }

    fn with(name: &str, value: serde_json::Value) -> serde_json::Value {
        let mut key = key("a");
        key[name] = value;
        key
    }

    fn parse_keys(keys: &[serde_json::Value]) -> Result<usize, JwksError> {
        parse(json!({"keys": keys}).to_string().as_bytes()).map(|keys| keys.len())
    }

    #[test]
    fn keys_of_other_kinds_are_passed_over() {
        let others = [
            with("kty", json!("EC")),
            with("use", json!("enc")),
            with("alg", json!("RS512")),
            with("key_ops", json!(["sign"])),
            with("kid", json!(7)),
            with("kid", json!("")),
            with("n", json!(URL_SAFE_NO_PAD.encode([0xd3; 128]))),
            with("n", json!("***")),
            with("e", json!("AQ")),
            with("e", json!("Ag")),
            json!("text"),
            json!({"kid": "a", "kty": "RSA"}),
        ];
        for other in others {
            assert!(matches!(parse_keys(std::slice::from_ref(&other)), Err(JwksError::Empty)), "{other}");
            assert_eq!(parse_keys(&[other, key("b")]).unwrap(), 1);
        }
    }

    #[test]
    fn optional_members_may_be_absent() {
        let mut bare = key("a");
        for name in ["use", "alg"] {
            bare.as_object_mut().unwrap().remove(name);
        }
        assert_eq!(parse_keys(&[bare]).unwrap(), 1);
    }

    #[test]
    fn a_document_that_is_none_is_refused() {
        for text in ["", "null", "[]", "{}", "{\"keys\": {}}", "{\"keys\": []}", "<html>"] {
            assert!(parse(text.as_bytes()).is_err(), "{text}");
        }
        assert!(matches!(parse_keys(&[key("a"), key("a")]), Err(JwksError::DuplicateKeyId)));
        let many: Vec<_> = (0..65).map(|i| key(&i.to_string())).collect();
        assert!(matches!(parse_keys(&many), Err(JwksError::TooMany)));
    }
}
