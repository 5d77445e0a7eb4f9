//! Who may sign in, and which sign-ins are still good?

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::time::Duration;
use uuid::Uuid;

use super::claims::{Issue, Session, User};
use super::error::Error;
use super::keys::SigningKeys;
use crate::model::Clock;

/// What a sign-in gives.
#[derive(Clone)]
pub struct Tokens {
    /// Says who the user is, with `custom:customerName`.
    pub id_token: String,
    /// Says what the user may do.
    pub access_token: String,
    /// Brings new tokens of the same sign-in.
    pub refresh_token: String,
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens")
    }
}

/// A user pool with one client.
#[derive(Debug)]
pub(super) struct Pool {
    pub(super) region: String,
    pub(super) id: String,
    pub(super) client_id: String,
    /// The `iss` of every token.
    pub(super) issuer: String,
    pub(super) clock: Clock,
    pub(super) token_lifetime: Duration,
    pub(super) users: Mutex<Vec<User>>,
    /// The keys that sign, then the ones that only verify.
    pub(super) keys: Mutex<(SigningKeys, Vec<SigningKeys>)>,
    /// By refresh token.
    pub(super) sessions: Mutex<HashMap<String, Session>>,
}

impl Pool {
    /// The user of this address or this subject.
    pub(super) fn user(&self, name: &str) -> Option<User> {
        // Pools that sign in by address do not mind its case.
        let is_named = |user: &&User| user.email.eq_ignore_ascii_case(name) || user.sub.to_string() == name;
        lock(&self.users).iter().find(is_named).cloned()
    }

    /// The user of this name, if the password is right. Takes as long for a name that nobody has.
    pub(super) fn authenticate(&self, name: &str, password: &SecretString) -> Option<User> {
        let user = self.user(name);
        let expected = user.as_ref().map_or("", |user| user.password.expose_secret());
        // The lengths of passwords are secret too; those of hashes are equal.
        let [given, expected] = [password.expose_secret(), expected].map(|text| digest(&SHA256, text.as_bytes()));
        let is_right = verify_slices_are_equal(given.as_ref(), expected.as_ref()).is_ok();
        user.filter(|_| is_right)
    }

    /// A new sign-in and its tokens.
    pub(super) fn sign_in(&self, user: &User) -> Tokens {
        let session = self.new_session(user);
        let refresh_token = URL_SAFE_NO_PAD.encode(rand::random::<[u8; 32]>());
        let (id_token, access_token) = self.issue(user, &session);
        lock(&self.sessions).insert(refresh_token.clone(), session);
        Tokens { id_token, access_token, refresh_token }
    }

    /// New tokens of an earlier sign-in.
    pub(super) fn refresh(&self, refresh_token: &str) -> Option<(String, String)> {
        let session = lock(&self.sessions).get(refresh_token).cloned()?;
        let user = self.user(&session.sub.to_string())?;
        Some(self.issue(&user, &session))
    }

    /// The user of an access token that is genuine, of today and not revoked.
    pub(super) fn bearer(&self, access_token: &str) -> Option<User> {
        let claims = {
            let keys = lock(&self.keys);
            let mut all = [&keys.0].into_iter().chain(&keys.1);
            all.find_map(|keys| keys.access().verify(access_token))?
        };
        let is_current = claims.get("exp")?.as_i64()? > self.clock.now().unix_timestamp();
        let origin_jti: Uuid = claims.get("origin_jti")?.as_str()?.parse().ok()?;
        let is_known = lock(&self.sessions).values().any(|session| session.origin_jti == origin_jti);
        let user = self.user(claims.get("sub")?.as_str()?)?;
        (is_current && is_known).then_some(user)
    }

    /// Ends one sign-in.
    pub(super) fn revoke(&self, refresh_token: &str) {
        lock(&self.sessions).remove(refresh_token);
    }

    /// Ends every sign-in of a user.
    pub(super) fn sign_out(&self, user: &User) {
        lock(&self.sessions).retain(|_, session| session.sub != user.sub);
    }

    /// The claims that an ID token of a sign-in at this moment would have.
    pub(super) fn id_claims(&self, user: &User) -> Value {
        user.id_claims(&self.new_session(user), &self.issue_now())
    }

    /// The public keys: those that sign first.
    pub(super) fn jwks(&self) -> Value {
        let keys = lock(&self.keys);
        let all = [&keys.0].into_iter().chain(&keys.1);
        json!({ "keys": all.flat_map(|keys| [keys.id().jwk(), keys.access().jwk()]).collect::<Vec<_>>() })
    }

    /// Signs with new keys from now on. The old ones still verify.
    pub(super) fn rotate_keys(&self) -> Result<(), Error> {
        // Generated before the lock is taken: it takes a while, and nobody should have to wait for it.
        let successor = self.signing_keys().successor()?;
        let mut keys = lock(&self.keys);
        let retired = std::mem::replace(&mut keys.0, successor);
        keys.1.insert(0, retired);
        Ok(())
    }

    /// The keys that sign.
    pub(super) fn signing_keys(&self) -> SigningKeys {
        lock(&self.keys).0.clone()
    }

    fn new_session(&self, user: &User) -> Session {
        Session {
            sub: user.sub,
            auth_time: self.clock.now().unix_timestamp(),
            origin_jti: Uuid::new_v4(),
            event_id: Uuid::new_v4(),
        }
    }

    fn issue_now(&self) -> Issue<'_> {
        let now = self.clock.now();
        Issue {
            issuer: &self.issuer,
            pool_id: &self.id,
            client_id: &self.client_id,
            issued_at: now.unix_timestamp(),
            expires_at: (now + self.token_lifetime).unix_timestamp(),
        }
    }

    fn issue(&self, user: &User, session: &Session) -> (String, String) {
        let (keys, issue) = (self.signing_keys(), self.issue_now());
        let header = |kid| json!({"kid": kid, "alg": "RS256"});
        let id = keys.id().sign(&header(keys.id().kid()), &user.id_claims(session, &issue));
        let access = keys.access().sign(&header(keys.access().kid()), &user.access_claims(session, &issue));
        (id, access)
    }
}

/// Nothing that is done under these locks can panic half-way, so a poisoned one is as good as any.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
