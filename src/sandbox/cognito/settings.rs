//! How does the pool say that it and its client are set up?

/// What the client may ask for on the hosted pages, and gets when it asks for nothing.
pub(super) const SCOPES: [&str; 3] = ["openid", "email", "profile"];

/// What is told of the pool and its client: at first what they really do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Anybody may register.
    pub lets_anybody_register: bool,
    /// `ExplicitAuthFlows`
    pub auth_flows: Vec<String>,
    /// `WriteAttributes`
    pub write_attributes: Vec<String>,
    /// `ReadAttributes`
    pub read_attributes: Vec<String>,
    /// `AllowedOAuthFlows`
    pub oauth_flows: Vec<String>,
    /// `AllowedOAuthScopes`
    pub oauth_scopes: Vec<String>,
    /// `CallbackURLs`, which are the `LogoutURLs` too. In truth any page on this machine may have people sent back.
    pub callback_urls: Vec<String>,
    /// The client has a secret.
    pub has_secret: bool,
    /// `PreventUserExistenceErrors`
    pub hides_who_exists: bool,
    /// `EnableTokenRevocation`
    pub revokes_tokens: bool,
    /// Further clients, by their ids, of which is told alone: nobody signs in by them.
    pub others: Vec<(String, Settings)>,
}

impl Settings {
    pub(super) fn new(self_sign_up: bool) -> Self {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        Self {
            lets_anybody_register: self_sign_up,
            auth_flows: texts(&["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]),
            // Nothing else can be set by those who register, and nothing at all later.
            write_attributes: texts(&["email"]),
            read_attributes: texts(&["custom:customerName", "email", "email_verified"]),
            oauth_flows: texts(&["code"]),
            oauth_scopes: texts(&SCOPES),
            callback_urls: Vec::new(),
            has_secret: false,
            hides_who_exists: true,
            revokes_tokens: true,
            others: Vec::new(),
        }
    }
}
