//! Is a token taken only when the pool signed it, for one of our clients, and does it then say what it says?
//!
//! The one who judges the judge here reads the token anew, with other code: nothing of the verifier's is used.
#![no_main]

use std::sync::LazyLock;

use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};
use time::Duration;
use upload_gateway::adapters::oidc::{VerifiedToken, VerifyError};
use upload_gateway::model::{Origin, Slug};
use upload_gateway_fuzz::pool::{ISSUER, KID, UserPool};
use upload_gateway_fuzz::{NOW, tenant};

static POOL: LazyLock<UserPool> = LazyLock::new(|| {
    let pool = UserPool::open();
    let good =
        json!({"iss": ISSUER, "aud": "app", "token_use": "id", "sub": "alice", "exp": NOW.unix_timestamp() + 60});
    let header = json!({"alg": "RS256", "kid": KID});
    let token = pool.sign(header.to_string().as_bytes(), good.to_string().as_bytes());
    assert!(matches!(pool.judge(&token, NOW), Some(Ok(_))), "nothing would ever be taken");
    pool
});

// A header and, from the second line on, a payload, which the pool then signs; or, of one line, a token as it is.
fuzz_target!(|text: &str| {
    match text.split_once('\n') {
        Some((header, payload)) => {
            let token = POOL.sign(header.as_bytes(), payload.as_bytes());
            if let Some(good) = judge(&token) {
                is_what_it_says(&good, &token);
                is_good_while_it_lives(&good, &token);
                is_bad_when_changed(&token, header, payload);
            }
        }
        None => {
            if let Some(good) = judge(text) {
                is_what_it_says(&good, text);
            }
        }
    }
});

fn judge(token: &str) -> Option<VerifiedToken> {
    match POOL.judge(token, NOW) {
        Some(Ok(good)) => Some(good.as_ref().clone()),
        Some(Err(error)) => {
            assert_eq!(error == VerifyError::TooLong, token.len() > 16 << 10);
            None
        }
        None => {
            let header = token.split('.').next().map(json_of);
            assert!(header.is_some_and(|header| header["kid"] != KID && header["alg"] == "RS256"));
            None
        }
    }
}

fn json_of(part: &str) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
    serde_json::from_slice(&bytes).expect("JSON")
}

fn is_what_it_says(good: &VerifiedToken, token: &str) {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("{token}") };
    let signature = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, POOL.public_key());
    key.verify(format!("{header}.{payload}").as_bytes(), &signature).expect("signed by the pool");

    let (header, claims) = (json_of(header), json_of(payload));
    assert_eq!((header["alg"].as_str(), header["kid"].as_str()), (Some("RS256"), Some(KID)));
    for name in ["crit", "b64", "jku", "jwk", "x5u", "x5c", "x5t", "zip", "enc"] {
        assert!(header.get(name).is_none(), "{header}");
    }
    assert_eq!(claims["iss"], ISSUER);
    let audience = if claims["token_use"] == "id" { &claims["aud"] } else { &claims["client_id"] };
    assert!(audience == "app" || audience == "other-app", "{claims}");
    assert!(claims["token_use"] == "id" || claims["token_use"] == "access", "{claims}");
    let leeway = i64::try_from(POOL.auth.leeway.as_secs()).expect("seconds");
    let (now, expires) = (NOW.unix_timestamp(), claims["exp"].as_i64().expect("a time"));
    assert!(expires.saturating_add(leeway) > now && good.expires_at.unix_timestamp() == expires);
    for begins in ["nbf", "iat"].into_iter().filter_map(|name| claims.get(name)) {
        assert!(begins.as_i64().expect("a time").saturating_sub(leeway) <= now);
    }
    assert_eq!(claims["sub"], good.subject.as_str());
    assert!(!good.subject.as_str().contains(['/', '*', '?', '$', '\0']) && !good.subject.as_str().starts_with('.'));
    let named =
        claims.get("custom:customerName").map(|name| name.as_str().expect("a text")).filter(|name| !name.is_empty());
    assert_eq!(good.tenant_claim.as_deref(), named);

    let groups: Vec<&str> = claims.get("cognito:groups").map_or_else(Vec::new, |groups| {
        groups.as_array().expect("a list").iter().map(|group| group.as_str().expect("a text")).collect()
    });
    assert_eq!(good.is_tenant_admin, groups.contains(&"tenant-admins"));
    assert_eq!(good.is_platform_admin, groups.contains(&"platform-admins"));
    comes_from_where_it_says(good, &claims, &groups);
}

/// Whoever vouches for its holder is heard, and a tenant without a provider of its own takes nobody whom one vouches for.
fn comes_from_where_it_says(good: &VerifiedToken, claims: &Value, groups: &[&str]) {
    let of_pool = ISSUER.rsplit('/').next().map(|pool| format!("{pool}_")).expect("a pool");
    let mut vouch: Vec<&str> = groups.iter().filter_map(|group| group.strip_prefix(of_pool.as_str())).collect();
    let identities = claims.get("identities").map_or(&[][..], |list| list.as_array().expect("a list"));
    vouch.extend(identities.iter().map(|identity| identity["providerName"].as_str().expect("a name")));
    match &good.origin {
        Origin::Native => assert!(vouch.is_empty(), "{vouch:?}"),
        Origin::Federated(provider) => {
            assert!(!vouch.is_empty() && vouch.iter().all(|name| *name == provider.as_str()), "{vouch:?}");
        }
        Origin::Unclear => assert!(vouch.windows(2).any(|pair| pair[0] != pair[1]) || vouch.is_empty(), "{vouch:?}"),
    }
    let acme = tenant(Slug::parse("acme").expect("a slug"));
    assert_eq!(acme.admits(&good.origin), good.origin == Origin::Native);
}

/// The same to the last second whether it is remembered or not, and nothing from then on.
fn is_good_while_it_lives(good: &VerifiedToken, token: &str) {
    let again = POOL.judge(token, NOW).and_then(Result::ok).expect("it was good");
    assert_eq!(format!("{again:?}"), format!("{good:?}"));
    let leeway = Duration::try_from(POOL.auth.leeway).expect("seconds");
    if let Some(end) = good.expires_at.checked_add(leeway) {
        assert!(matches!(POOL.judge(token, end - Duration::SECOND), Some(Ok(_))));
        assert_eq!(POOL.judge(token, end).map(Result::err), Some(Some(VerifyError::Expired)));
    }
}

fn is_bad_when_changed(token: &str, header: &str, payload: &str) {
    // Also by not knowing the key, whose id a changed letter may be in.
    let refused = |token: &str| !matches!(POOL.judge(token, NOW), Some(Ok(_)));
    let (signed, signature) = token.rsplit_once('.').expect("three parts");
    let (before, payload_part) = signed.split_once('.').expect("three parts");
    for changed in [
        format!("{token}="),
        format!("{token}."),
        format!("{token}A"),
        format!(" {token}"),
        format!("{signed}."),
        format!("{signed}.{}", other(signature)),
        format!("{before}.{}.{signature}", other(payload_part)),
        format!("{}.{payload_part}.{signature}", other(before)),
    ] {
        assert!(refused(&changed), "{changed}");
    }
    // Even by the pool itself: a name that stands twice, and what has to be understood.
    let twice = payload.trim_start().strip_prefix('{').map(|rest| format!("{{\"sub\":\"mallory\",{rest}"));
    let twice = twice.expect("an object");
    assert!(refused(&POOL.sign(header.as_bytes(), twice.as_bytes())), "{twice}");
    let critical = header.trim_start().strip_prefix('{').map(|rest| format!("{{\"crit\":[],{rest}"));
    assert!(refused(&POOL.sign(critical.expect("an object").as_bytes(), payload.as_bytes())));
}

/// One letter in the middle is another one.
fn other(part: &str) -> String {
    let (front, back) = part.split_at(part.len() / 2);
    let new = if back.starts_with('A') { 'B' } else { 'A' };
    format!("{front}{new}{}", &back[1..])
}
