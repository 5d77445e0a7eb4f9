//! Where does a person sign in? By the domain of the e-mail address, at the tenant's identity provider or at the user pool itself.

use url::form_urlencoded;

use super::Error;
use super::tenants::Directory;
use crate::config::Auth;
use crate::model::{EmailDomain, Tenant};

/// The way to the hosted UI of a user pool.
pub struct Login {
    entrance: Option<Entrance>,
    directory: Directory,
}

/// Where somebody is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    /// The URL that the page completes with its `state`, its `nonce` and its PKCE challenge.
    pub authorize_url: String,
    /// Cognito's name of what vouches for the person.
    pub identity_provider: String,
}

/// What Cognito calls the user pool itself among the identity providers.
/// <https://docs.aws.amazon.com/cognito/latest/developerguide/authorization-endpoint.html>
const USER_POOL: &str = "COGNITO";

struct Entrance {
    hosted_ui: String,
    federated_client_id: String,
    native_client_id: String,
    redirect_uri: String,
}

impl Login {
    /// To the first user pool that has a hosted UI, and back to the portal at this URL, which ends without a slash.
    #[must_use]
    pub fn new(auth: &Auth, public_url: &str, directory: Directory) -> Self {
        Self { entrance: Entrance::new(auth, public_url), directory }
    }

    /// The way for somebody of that domain. An unknown one is answered in the same shape, so that nobody learns from it whose
    /// people sign in at the user pool itself.
    ///
    /// # Errors
    /// When no user pool has a hosted UI, or tenants cannot be read.
    pub async fn way(&self, domain: &EmailDomain) -> Result<Way, Error> {
        let entrance = self.entrance.as_ref().ok_or(Error::SignInNotConfigured)?;
        Ok(entrance.way(self.directory.find_by_email_domain(domain).await?.as_deref()))
    }
}

impl Entrance {
    fn new(auth: &Auth, public_url: &str) -> Option<Self> {
        let (pool, hosted_ui) = auth.pools.iter().find_map(|pool| Some((pool, pool.hosted_ui.clone()?)))?;
        Some(Self {
            hosted_ui,
            federated_client_id: pool.hosted_ui_client_id.clone(),
            native_client_id: pool.native_client_id.clone(),
            redirect_uri: format!("{public_url}/portal/"),
        })
    }

    fn way(&self, tenant: Option<&Tenant>) -> Way {
        let (provider, client_id) = match tenant.and_then(|tenant| tenant.identity_provider.as_ref()) {
            Some(provider) => (provider.as_str(), &self.federated_client_id),
            None => (USER_POOL, &self.native_client_id),
        };
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("response_type", "code")
            .append_pair("client_id", client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", "openid email profile")
            .append_pair("identity_provider", provider)
            .finish();
        Way {
            authorize_url: format!("{}/oauth2/authorize?{query}", self.hosted_ui),
            identity_provider: provider.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::model::{ProviderName, tests_tenant};

    /// Three pools, of which the first has no hosted UI.
    fn auth() -> Auth {
        let pools =
            [("a", ""), ("b", "hosted_ui = \"https://b.example/\""), ("c", "hosted_ui = \"https://c.example\"")];
        let pools = pools.map(|(name, hosted_ui)| {
            let ids = "client_ids = [\"web\", \"own\"]\nnative_client_id = \"own\"";
            format!("[[auth.pools]]\nissuer = \"https://{name}.example\"\n{ids}\n{hosted_ui}\n")
        });
        let text = format!(
            "{}[database]\nurl = \"postgres://x\"\n[aws]\nregion = \"eu-central-1\"\n[upload]\nbucket = \"uploads\"\n\
             role_arn = \"arn:aws:iam::123456789012:role/upload-gateway\"\n",
            pools.concat()
        );
        Config::from_toml(&text).unwrap().auth
    }

    #[test]
    fn the_first_pool_with_a_hosted_ui_is_the_way() {
        let entrance = Entrance::new(&auth(), "https://uploads.example").unwrap();
        let way = entrance.way(None);
        let expected = "https://b.example/oauth2/authorize?response_type=code&client_id=own\
                        &redirect_uri=https%3A%2F%2Fuploads.example%2Fportal%2F&scope=openid+email+profile\
                        &identity_provider=COGNITO";
        assert_eq!((way.authorize_url.as_str(), way.identity_provider.as_str()), (expected, "COGNITO"));
        assert_eq!(entrance.way(Some(&tests_tenant("acme"))), way, "a tenant without a provider");
    }

    #[test]
    fn a_provider_has_the_federated_client_and_cannot_add_parameters() {
        let entrance = Entrance::new(&auth(), "https://uploads.example").unwrap();
        let name = "A & B=ü#?+%26 x";
        let identity_provider = Some(ProviderName::parse(name).unwrap());
        let way = entrance.way(Some(&Tenant { identity_provider, ..tests_tenant("acme") }));
        let url = url::Url::parse(&way.authorize_url).unwrap();
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs[1], ("client_id".to_owned(), "web".to_owned()));
        assert_eq!(pairs[4], ("identity_provider".to_owned(), name.to_owned()));
        assert_eq!((pairs.len(), url.fragment(), way.identity_provider.as_str()), (5, None, name));
    }

    #[test]
    fn without_a_hosted_ui_there_is_no_way() {
        let mut auth = auth();
        auth.pools.truncate(1);
        assert!(Entrance::new(&auth, "https://uploads.example").is_none());
    }
}
