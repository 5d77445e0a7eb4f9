//! What does the pool give to whom: tokens for a sign-in, a code or a refresh token, and keys to check them with?

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use secrecy::SecretString;
use serde_json::{Value, json};
use tokio::time::Duration;
use uuid::Uuid;

use super::claims::{API_SCOPE, Issue, Session, User};
use super::codes::{self, Codes};
use super::error::Error;
use super::keys::SigningKeys;
use super::settings::Settings;
use super::sign_ins::{Refused, SignIns};
use super::users::{IdentityProvider, Users};
use crate::model::Clock;
use crate::sandbox::aws::Iam;

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
    pub(super) users: Mutex<Users>,
    pub(super) identity_providers: Vec<IdentityProvider>,
    /// Anybody may register.
    pub(super) self_sign_up: bool,
    /// What is told of the pool and its client.
    pub(super) settings: Mutex<Settings>,
    /// Who may be told.
    pub(super) iam: Option<Iam>,
    /// The keys that sign, then the ones that only verify.
    pub(super) keys: Mutex<(SigningKeys, Vec<SigningKeys>)>,
    pub(super) sign_ins: Mutex<SignIns>,
    pub(super) codes: Mutex<Codes>,
}

impl Pool {
    /// The time, in seconds since 1970.
    pub(super) fn now(&self) -> i64 {
        self.clock.now().unix_timestamp()
    }

    /// The user of this address or this subject.
    pub(super) fn user(&self, name: &str) -> Option<User> {
        lock(&self.users).find(name).cloned()
    }

    /// The user of this name, if the password is right.
    pub(super) fn authenticate(&self, name: &str, password: &SecretString) -> Option<User> {
        lock(&self.users).authenticate(name, password).cloned()
    }

    /// A new sign-in over the API, and its tokens.
    pub(super) fn sign_in(&self, user: &User) -> Tokens {
        self.begin(user, self.new_session(user), None)
    }

    /// The tokens of a code. A code that is shown again ends the sign-in that it began.
    pub(super) fn redeem(&self, code: &str, redirect_uri: &str, verifier: Option<&str>) -> Option<Tokens> {
        let redeemed = lock(&self.codes).redeem(code, redirect_uri, verifier, self.now());
        match redeemed {
            Ok(grant) => {
                let user = self.user(&grant.session.sub.to_string())?;
                Some(self.begin(&user, grant.session, grant.nonce.as_deref()))
            }
            Err(codes::Refused::Replayed(session)) => {
                lock(&self.sign_ins).end(session.origin_jti);
                None
            }
            Err(codes::Refused::Invalid) => None,
        }
    }

    fn begin(&self, user: &User, session: Session, nonce: Option<&str>) -> Tokens {
        let (id_token, access_token) = self.issue(user, &session, nonce);
        let refresh_token = lock(&self.sign_ins).begin(session);
        Tokens { id_token, access_token, refresh_token }
    }

    /// New tokens of an earlier sign-in, whose refresh token stays as it is.
    pub(super) fn refresh(&self, refresh_token: &str) -> Option<(String, String)> {
        let session = lock(&self.sign_ins).refresh(refresh_token, self.now()).ok()?;
        let user = self.user(&session.sub.to_string())?;
        Some(self.issue(&user, &session, None))
    }

    /// New tokens of an earlier sign-in, and a new refresh token instead of this one.
    pub(super) fn rotate(&self, refresh_token: &str) -> Result<Tokens, Refused> {
        let (session, refresh_token) = lock(&self.sign_ins).rotate(refresh_token, self.now())?;
        let user = self.user(&session.sub.to_string()).ok_or(Refused::Unknown)?;
        // OpenID Connect Core, 12.2: a refreshed ID token should not have a nonce.
        let (id_token, access_token) = self.issue(&user, &session, None);
        Ok(Tokens { id_token, access_token, refresh_token })
    }

    /// The user and the sign-in of an access token that is genuine, of today and not revoked.
    pub(super) fn bearer(&self, access_token: &str) -> Option<(User, Session)> {
        let claims = {
            let keys = lock(&self.keys);
            let mut all = [&keys.0].into_iter().chain(&keys.1);
            all.find_map(|keys| keys.access().verify(access_token))?
        };
        let is_current = claims.get("exp")?.as_i64()? > self.now();
        let origin_jti: Uuid = claims.get("origin_jti")?.as_str()?.parse().ok()?;
        let session = lock(&self.sign_ins).find(origin_jti, self.now())?;
        let user = self.user(&session.sub.to_string())?;
        is_current.then_some((user, session))
    }

    /// Ends one sign-in.
    pub(super) fn revoke(&self, refresh_token: &str) {
        lock(&self.sign_ins).revoke(refresh_token, self.now());
    }

    /// Ends every sign-in of a user.
    pub(super) fn sign_out(&self, user: &User) {
        lock(&self.sign_ins).end_all(user.sub);
    }

    /// The claims that an ID token of a sign-in at this moment would have.
    pub(super) fn id_claims(&self, user: &User) -> Value {
        user.id_claims(&self.new_session(user), &self.issue_now(None))
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
            auth_time: self.now(),
            origin_jti: Uuid::new_v4(),
            event_id: Uuid::new_v4(),
            provider: user.provider.clone(),
            scope: API_SCOPE.to_owned(),
        }
    }

    fn issue_now<'a>(&'a self, nonce: Option<&'a str>) -> Issue<'a> {
        let now = self.clock.now();
        Issue {
            issuer: &self.issuer,
            pool_id: &self.id,
            client_id: &self.client_id,
            issued_at: now.unix_timestamp(),
            expires_at: (now + self.token_lifetime).unix_timestamp(),
            nonce,
        }
    }

    fn issue(&self, user: &User, session: &Session, nonce: Option<&str>) -> (String, String) {
        let (keys, issue) = (self.signing_keys(), self.issue_now(nonce));
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
