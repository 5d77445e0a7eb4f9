//! Who is in the pool, and how does somebody new get in?

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use uuid::{Builder, Uuid};

use super::claims::User;

/// A SAML identity provider, and the company that it speaks for.
#[derive(Clone, Debug)]
pub struct IdentityProvider {
    /// Its name in the pool, such as `AcmeSSO`.
    pub name: String,
    /// The e-mail domain of its people, which is also the identifier (`idp_identifier`) that it is found by.
    pub domain: String,
    /// What it asserts as `custom:customerName`.
    pub customer_name: String,
}

/// Those who were there at the start, then those who came later.
#[derive(Debug)]
pub(super) struct Users {
    all: Vec<User>,
    /// How many were there at the start.
    founders: usize,
}

/// More than this many, and whoever came first of those who came later is forgotten.
const MOST: usize = 10_000;

impl Users {
    pub(super) fn new(founders: Vec<User>) -> Self {
        Self { founders: founders.len(), all: founders }
    }

    /// Adds somebody as if they had been there from the start.
    pub(super) fn found(&mut self, user: User) {
        self.all.insert(self.founders, user);
        self.founders += 1;
    }

    /// The user of this address or this subject.
    pub(super) fn find(&self, name: &str) -> Option<&User> {
        // Pools that sign in by address do not mind its case.
        let is_named = |user: &&User| user.email.eq_ignore_ascii_case(name) || user.sub.to_string() == name;
        self.all.iter().find(is_named)
    }

    /// The user of this name who is the pool's own, if the password is right. Takes as long for a name that nobody has.
    pub(super) fn authenticate(&self, name: &str, password: &SecretString) -> Option<&User> {
        let user = self.find(name).filter(|user| user.provider.is_none());
        let expected = user.map_or("", |user| user.password.expose_secret());
        // The lengths of passwords are secret too; those of hashes are equal.
        let [given, expected] = [password.expose_secret(), expected].map(|text| digest(&SHA256, text.as_bytes()));
        let is_right = verify_slices_are_equal(given.as_ref(), expected.as_ref()).is_ok();
        user.filter(|_| is_right)
    }

    /// Those of a provider's company who were there at the start.
    pub(super) fn people_of(&self, provider: &IdentityProvider) -> impl Iterator<Item = &User> {
        self.all.iter().take(self.founders).filter(|user| user.provider.is_none() && provider.speaks_for(&user.email))
    }

    /// The profile of whom a provider asserts; a new one for somebody it never asserted before. Like Cognito, writes what is
    /// asserted into the profile each time, and leaves what was written before when nothing is.
    ///
    /// A profile of the pool's own is linked only when it was there at the start and is of the provider's own company: else a
    /// provider could name somebody else's person, or somebody could lie in wait under an address that they do not have.
    pub(super) fn federate(&mut self, provider: &IdentityProvider, email: &str, customer_name: Option<&str>) -> User {
        let founders = self.founders;
        let is_known = |(at, user): (usize, &User)| {
            user.email.eq_ignore_ascii_case(email)
                && match &user.provider {
                    Some(name) => *name == provider.name,
                    None => at < founders && provider.speaks_for(email),
                }
        };
        let customer_name = customer_name.map(ToOwned::to_owned);
        if let Some(user) = self.all.iter().enumerate().position(is_known).and_then(|at| self.all.get_mut(at)) {
            user.customer_name = customer_name.or(user.customer_name.take());
            return user.clone();
        }
        let named = digest(&SHA256, format!("{}\0{}", provider.name, email.to_ascii_lowercase()).as_bytes());
        let sub = Builder::from_random_bytes(named.as_ref().first_chunk().copied().unwrap_or_default()).into_uuid();
        // A password that nobody knows: only the provider lets this user in.
        let password = STANDARD.encode(rand::random::<[u8; 32]>()).into();
        let provider = Some(provider.name.clone());
        self.add(User { email: email.to_owned(), password, sub, customer_name, groups: Vec::new(), provider })
    }

    /// Somebody who registers: without a customer, because that is not theirs to say. Nothing when the address is taken.
    pub(super) fn sign_up(&mut self, email: &str, password: &SecretString) -> Option<User> {
        if self.find(email).is_some() {
            return None;
        }
        let (email, password) = (email.to_owned(), password.clone());
        let (sub, groups) = (Uuid::new_v4(), Vec::new());
        Some(self.add(User { email, password, sub, customer_name: None, groups, provider: None }))
    }

    fn add(&mut self, user: User) -> User {
        if self.all.len() >= MOST && self.founders < self.all.len() {
            self.all.remove(self.founders);
        }
        self.all.push(user.clone());
        user
    }
}

impl IdentityProvider {
    fn speaks_for(&self, email: &str) -> bool {
        email.rsplit_once('@').is_some_and(|(_, domain)| domain.eq_ignore_ascii_case(&self.domain))
    }
}

/// Whether a text looks like an e-mail address: short enough, one `@` with something on both sides, nothing invisible.
pub(super) fn is_email(text: &str) -> bool {
    let is_odd = |character: char| character.is_whitespace() || character.is_control();
    text.len() <= 320
        && !text.contains(is_odd)
        && matches!(text.split_once('@'), Some((name, domain)) if !name.is_empty() && !domain.is_empty() && !domain.contains('@'))
}

/// Whether a password fulfils the policy that Cognito has when nothing else is said.
pub(super) fn is_strong(password: &SecretString) -> bool {
    let password = password.expose_secret();
    let has = |is: fn(&char) -> bool| password.chars().any(|character| is(&character));
    (8..=256).contains(&password.chars().count())
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit)
        && has(char::is_ascii_punctuation)
}
