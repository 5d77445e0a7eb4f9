//! How does the sandbox stand in for Cognito: real tokens, real keys and real HTTP, on loopback?

mod claims;
mod codes;
mod describe;
mod endpoints;
mod error;
mod fields;
mod keys;
mod oauth;
mod operations;
mod pages;
mod pool;
mod remembered;
mod settings;
mod sign_ins;
#[cfg(test)]
mod tests;
mod users;

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::Ordering;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use aws_lc_rs::signature::RsaEncoding;
use serde_json::Value;
use tokio::time::Duration;

pub use claims::User;
use codes::Codes;
pub use endpoints::Fault;
use endpoints::KeyEndpoint;
pub use error::Error;
pub use keys::SigningKeys;
use pages::Hosted;
pub use pool::Tokens;
use pool::{Pool, lock};
pub use settings::Settings;
use sign_ins::SignIns;
pub use users::IdentityProvider;
use users::Users;

use super::aws::Iam;
use crate::model::Clock;

/// A pool, its client and its users.
#[derive(Clone, Debug)]
pub struct Options {
    /// The port on 127.0.0.1; 0 for any that is free.
    pub port: u16,
    /// The Region that the pool pretends to be in.
    pub region: String,
    /// The pool's id, such as `eu-central-1_Sandbox01`.
    pub pool_id: String,
    /// The id of the only client.
    pub client_id: String,
    /// Who can sign in.
    pub users: Vec<User>,
    /// The identity providers that the pool trusts, which the sandbox plays itself.
    pub identity_providers: Vec<IdentityProvider>,
    /// Anybody may register.
    pub self_sign_up: bool,
    /// What signs the tokens.
    pub keys: SigningKeys,
    /// What the time is.
    pub clock: Clock,
    /// How long ID and access tokens are good.
    pub token_lifetime: Duration,
    /// Who may look how the pool is set up; nobody without.
    pub iam: Option<Iam>,
}

/// A running stand-in. It stops when told to, and when this value is dropped.
#[derive(Debug)]
pub struct Cognito {
    url: String,
    pool: web::Data<Pool>,
    endpoint: web::Data<KeyEndpoint>,
    server: ServerHandle,
}

impl Cognito {
    /// Starts serving, on a thread of its own. Must be called within a Tokio runtime, which it must not outlive.
    ///
    /// # Errors
    /// When the port cannot be bound.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let bind = |source| Error::Bind { port: options.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let url = format!("http://{address}");
        let pool = web::Data::new(Pool {
            region: options.region,
            issuer: format!("{url}/{}", options.pool_id),
            id: options.pool_id,
            client_id: options.client_id,
            clock: options.clock,
            token_lifetime: options.token_lifetime,
            users: Mutex::new(Users::new(options.users)),
            identity_providers: options.identity_providers,
            self_sign_up: options.self_sign_up,
            settings: Mutex::new(Settings::new(options.self_sign_up)),
            iam: options.iam,
            keys: Mutex::new((options.keys, Vec::new())),
            sign_ins: Mutex::new(SignIns::new()),
            codes: Mutex::new(Codes::new()),
        });
        let hosted = web::Data::new(Hosted::new(&url, address.port()));
        let endpoint = web::Data::new(KeyEndpoint::default());
        let shared = (pool.clone(), endpoint.clone(), hosted);
        let server = HttpServer::new(move || {
            let (pool, endpoint, hosted) = shared.clone();
            App::new().app_data(pool).app_data(endpoint).app_data(hosted).configure(endpoints::configure)
        });
        let bind = |source| Error::Bind { port: options.port, source };
        let server = server.workers(1).disable_signals().listen(listener).map_err(bind)?.run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(Self { url, pool, endpoint, server: handle })
    }

    /// Where an SDK finds the user-pool API, and a browser the pages, such as `http://127.0.0.1:9229`.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The `iss` of every token.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.pool.issuer
    }

    /// Where the public keys are.
    #[must_use]
    pub fn jwks_url(&self) -> String {
        format!("{}/.well-known/jwks.json", self.pool.issuer)
    }

    /// The id of the only client, which is the audience of ID tokens.
    #[must_use]
    pub fn client_id(&self) -> &str {
        &self.pool.client_id
    }

    /// The Region that the pool pretends to be in.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.pool.region
    }

    /// How often the public keys were asked for, failures included.
    #[must_use]
    pub fn jwks_fetches(&self) -> u64 {
        self.endpoint.fetches.load(Ordering::Relaxed)
    }

    /// Lets somebody else sign in.
    pub fn add_user(&self, user: User) {
        lock(&self.pool.users).found(user);
    }

    /// Signs a user in without a password.
    ///
    /// # Errors
    /// When nobody has this address.
    pub fn sign_in(&self, email: &str) -> Result<Tokens, Error> {
        Ok(self.pool.sign_in(&self.user(email)?))
    }

    /// The claims that an ID token of this user would have now, to be altered and given to [`Cognito::sign`].
    ///
    /// # Errors
    /// When nobody has this address.
    pub fn id_claims(&self, email: &str) -> Result<Value, Error> {
        Ok(self.pool.id_claims(&self.user(email)?))
    }

    /// A token with any header and any claims, signed by the key of ID tokens with RS256 whatever the header says.
    #[must_use]
    pub fn sign(&self, header: Value, claims: Value) -> String {
        self.pool.signing_keys().id().sign(&header, &claims)
    }

    /// The bare signature of the key of ID tokens over any text, by any of RSA's algorithms: for tokens that are no tokens.
    #[must_use]
    pub fn sign_text(&self, text: &str, algorithm: &'static dyn RsaEncoding) -> Vec<u8> {
        self.pool.signing_keys().id().sign_text(text, algorithm)
    }

    /// The name of the key that signs ID tokens now.
    #[must_use]
    pub fn kid(&self) -> String {
        self.pool.signing_keys().id().kid().to_owned()
    }

    /// The name of the key that signs access tokens now.
    #[must_use]
    pub fn access_kid(&self) -> String {
        self.pool.signing_keys().access().kid().to_owned()
    }

    /// The public key of ID tokens in PEM (SubjectPublicKeyInfo).
    #[must_use]
    pub fn public_key_pem(&self) -> String {
        self.pool.signing_keys().id().public_pem()
    }

    /// Signs with two new keys from now on; the old ones are still served. Computes for some tenths of a second.
    ///
    /// # Errors
    /// When no keys can be made, or kept keys cannot be written.
    pub fn rotate_keys(&self) -> Result<(), Error> {
        self.pool.rotate_keys()
    }

    /// Serves only the keys that sign.
    pub fn drop_old_keys(&self) {
        lock(&self.pool.keys).1.clear();
    }

    /// Breaks the key endpoint, or mends it with [`Fault::None`].
    pub fn set_fault(&self, fault: Fault) {
        *lock(&self.endpoint.fault) = fault;
    }

    /// Changes what the pool tells of itself and of its client, and nothing of what they do.
    pub fn change_settings(&self, change: impl FnOnce(&mut Settings)) {
        change(&mut lock(&self.pool.settings));
    }

    /// Stops serving at once. Requests that are under way are cut off, because one of them may be hanging on purpose.
    pub async fn stop(&self) {
        self.server.stop(false).await;
    }

    fn user(&self, email: &str) -> Result<User, Error> {
        self.pool.user(email).ok_or_else(|| Error::UnknownUser(email.to_owned()))
    }
}

impl Drop for Cognito {
    fn drop(&mut self) {
        // The order is given by the call; the future only waits for it.
        drop(self.server.stop(false));
    }
}
