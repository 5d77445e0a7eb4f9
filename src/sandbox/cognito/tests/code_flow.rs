//! Does a page get tokens for a code, and nobody else, and nobody twice?

use super::visitor::{CALLBACK, Visitor, parameter};
use super::*;

#[tokio::test]
async fn a_password_brings_a_code_and_the_code_tokens() {
    let cognito = stand_in().await;
    let visitor = Visitor::new(&cognito);
    let address = visitor.sign_in(&[]).await;
    assert!(address.as_str().starts_with(CALLBACK), "{address}");
    assert_eq!(parameter(&address, "state").as_deref(), Some("the state"));
    let tokens = visitor.redeem(&address).await;
    assert_eq!((text(&tokens, "/token_type"), tokens["expires_in"].as_u64()), ("Bearer", Some(300)));
    let keys = jwks(&cognito).await;
    let id = verified(text(&tokens, "/id_token"), &keys).unwrap();
    assert_eq!((text(&id, "/email"), text(&id, "/nonce"), text(&id, "/aud")), (EMAIL, "the nonce", "sandbox-client"));
    assert_eq!(id.get("identities"), None);
    let access = verified(text(&tokens, "/access_token"), &keys).unwrap();
    assert_eq!((text(&access, "/scope"), access.get("nonce")), ("openid email profile", None));
}
