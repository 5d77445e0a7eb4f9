//! What does a client ask for when it sends somebody here to sign in, and may it?

use std::net::{Ipv4Addr, Ipv6Addr};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use url::{Host, Url};

use super::browser::Visit;
use crate::sandbox::cognito::fields::{Fields, Repeated};
use crate::sandbox::cognito::pool::Pool;
use crate::sandbox::cognito::settings::SCOPES;
use crate::sandbox::cognito::users::IdentityProvider;

/// An authorization request that may be answered.
pub(super) struct Ask {
    pub(super) redirect_uri: Url,
    /// As the client wrote it, which is how it must write it again to get its tokens.
    pub(super) written_redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) wish: Wish,
}

/// The part of a request that its client may get wrong and be told so.
pub(super) struct Wish {
    /// With spaces between.
    pub(super) scope: String,
    pub(super) nonce: Option<String>,
    pub(super) code_challenge: Option<String>,
    pub(super) wanted: Wanted,
    pub(super) login_hint: Option<String>,
}

/// Who is to vouch for the person.
pub(super) enum Wanted {
    /// Whoever the person chooses.
    Anybody,
    /// The pool itself, by a password.
    Pool,
    /// That provider.
    Provider(IdentityProvider),
}

/// Why a request is not answered.
pub(super) enum Fault {
    /// It cannot be told whom to answer: whoever sits at the browser is told this, and is sent nowhere.
    Nowhere(&'static str),
    /// The client is told, at this address.
    Told(Url),
}

impl Ask {
    /// Reads the query of `/oauth2/authorize`, and of the pages that carry it on.
    pub(super) fn parse(pool: &Pool, query: &str) -> Result<Self, Fault> {
        let fields = Fields::read(query.as_bytes()).ok_or(Fault::Nowhere("The request is too long."))?;
        let one = |name| fields.one(name).map_err(|Repeated| Fault::Nowhere("The request says a thing twice."));
        if one("client_id")? != Some(pool.client_id.as_str()) {
            return Err(Fault::Nowhere("Client does not exist."));
        }
        let written_redirect_uri = one("redirect_uri")?.unwrap_or_default().to_owned();
        let redirect_uri = allowed_address(&written_redirect_uri)
            .ok_or(Fault::Nowhere("The redirect_uri is not one of this client's: here, http on this machine."))?;
        let state = one("state")?.map(ToOwned::to_owned);
        match Wish::read(pool, &fields) {
            Ok(wish) => Ok(Self { redirect_uri, written_redirect_uri, state, wish }),
            Err(Wrong(error, description)) => {
                let pairs = [("error_description", description), ("error", error)];
                Err(Fault::Told(with_query(&redirect_uri, pairs.into_iter().chain(state.as_deref().map(with_state)))))
            }
        }
    }

    /// Where the browser goes with a code.
    pub(super) fn answered_with(&self, code: &str) -> Url {
        with_query(&self.redirect_uri, [("code", code)].into_iter().chain(self.state.as_deref().map(with_state)))
    }

    /// Whether somebody who is signed in need not sign in again: only if whoever is wanted has vouched for them.
    pub(super) fn is_content_with(&self, visit: &Visit) -> bool {
        match &self.wish.wanted {
            Wanted::Anybody => true,
            Wanted::Pool => visit.provider.is_none(),
            Wanted::Provider(provider) => visit.provider.as_ref() == Some(&provider.name),
        }
    }
}

/// An error's name in RFC 6749, and what to say about it.
struct Wrong(&'static str, &'static str);

impl From<Repeated> for Wrong {
    fn from(_: Repeated) -> Self {
        Self("invalid_request", "The request says a thing twice.")
    }
}

impl Wish {
    fn read(pool: &Pool, fields: &Fields) -> Result<Self, Wrong> {
        match fields.one("response_type")? {
            Some("code") => {}
            Some("token") => return Err(Wrong("unauthorized_client", "This client may not have tokens this way.")),
            Some(_) => return Err(Wrong("unsupported_response_type", "The response_type must be code.")),
            None => return Err(Wrong("invalid_request", "There is no response_type.")),
        }
        let code_challenge = match (fields.one("code_challenge")?, fields.one("code_challenge_method")?) {
            (None, None) => None,
            (Some(challenge), Some("S256")) if is_sha256(challenge) => Some(challenge.to_owned()),
            _ => return Err(Wrong("invalid_request", "The code_challenge must be a SHA-256, and its method S256.")),
        };
        let text = |name| Ok::<_, Wrong>(fields.one(name)?.map(ToOwned::to_owned));
        Ok(Self {
            scope: scope(fields.one("scope")?)?,
            nonce: text("nonce")?,
            code_challenge,
            wanted: wanted(pool, fields)?,
            login_hint: text("login_hint")?,
        })
    }
}

/// The scopes, each once. `openid` must be among them, as the others say nothing without it.
fn scope(asked: Option<&str>) -> Result<String, Wrong> {
    let mut scopes: Vec<&str> = Vec::new();
    for scope in asked.map_or_else(|| SCOPES.to_vec(), |asked| asked.split_whitespace().collect()) {
        if !SCOPES.contains(&scope) {
            return Err(Wrong("invalid_scope", "A scope is not one of this client's."));
        }
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.contains(&"openid") {
        Ok(scopes.join(" "))
    } else {
        Err(Wrong("invalid_scope", "The scope must hold openid."))
    }
}

fn wanted(pool: &Pool, fields: &Fields) -> Result<Wanted, Wrong> {
    let by = |is: &dyn Fn(&IdentityProvider) -> bool| {
        let found = pool.identity_providers.iter().find(|provider| is(provider)).cloned();
        found.map(Wanted::Provider).ok_or(Wrong("invalid_request", "There is no such identity provider."))
    };
    match (fields.one("identity_provider")?, fields.one("idp_identifier")?) {
        (None, None) => Ok(Wanted::Anybody),
        (Some("COGNITO"), _) => Ok(Wanted::Pool),
        (Some(name), _) => by(&|provider| provider.name == name),
        (None, Some(identifier)) => by(&|provider| provider.domain.eq_ignore_ascii_case(identifier)),
    }
}

fn is_sha256(text: &str) -> bool {
    URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32)
}

/// An address that this client may be reached at: any on this machine over http, which is where developers' pages are.
pub(super) fn allowed_address(written: &str) -> Option<Url> {
    let url = Url::parse(written).ok()?;
    let is_here = match url.host()? {
        Host::Domain(name) => name == "localhost",
        Host::Ipv4(address) => address == Ipv4Addr::LOCALHOST,
        Host::Ipv6(address) => address == Ipv6Addr::LOCALHOST,
    };
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    (url.scheme() == "http" && is_here && is_plain).then_some(url)
}

fn with_state(state: &str) -> (&'static str, &str) {
    ("state", state)
}

fn with_query<'a>(address: &Url, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Url {
    let mut address = address.clone();
    address.query_pairs_mut().extend_pairs(pairs);
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_on_this_machine_are_allowed() {
        for written in [
            "http://127.0.0.1:8080/portal/",
            "http://localhost/",
            "http://localhost:5173/callback?from=here",
            "http://[::1]:8080/",
        ] {
            assert_eq!(allowed_address(written).map(String::from).as_deref(), Some(written));
        }
        for written in [
            "",
            "/portal/",
            "//example.com/",
            "https://localhost/",
            "http://example.com/",
            "http://localhost.example.com/",
            "http://127.0.0.1.example.com/",
            "http://127.0.0.1@example.com/",
            "http://example.com@127.0.0.1/",
            "http://example.com\\@127.0.0.1/",
            "http://127.0.0.2/",
            "http://0.0.0.0/",
            "http://localhost/#fragment",
            "javascript:alert(1)//127.0.0.1",
            "data:text/html,127.0.0.1",
        ] {
            assert_eq!(allowed_address(written), None, "{written}");
        }
        // As a browser reads it, which is how it is sent back.
        assert_eq!(
            allowed_address("http://127.0.0.1\\@example.com/").map(String::from).as_deref(),
            Some("http://127.0.0.1/@example.com/")
        );
    }
}
