//! What does the stand-in answer to the user-pool API (`POST /` with `X-Amz-Target`)?

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::claims::{API_SCOPE, User};
use super::describe;
use super::pool::{Pool, lock};
use super::sign_ins::Refused;
use super::users;
use crate::sandbox::aws::Unsigned;

/// The media type of the AWS JSON protocol.
const AMZ_JSON: &str = "application/x-amz-json-1.1";

/// The most clients that Cognito lists at a time.
const LARGEST_PAGE: usize = 60;

/// An error in Cognito's shape: the exception's name, and what it says.
#[derive(Debug)]
struct Refusal(&'static str, String);

impl Refusal {
    fn not_authorized(message: &str) -> Self {
        Self("NotAuthorizedException", message.to_owned())
    }

    fn missing(parameter: &str) -> Self {
        Self("InvalidParameterException", format!("Missing required parameter {parameter}"))
    }

    fn invalid_token() -> Self {
        Self::not_authorized("Invalid Access Token")
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InitiateAuth {
    auth_flow: String,
    client_id: String,
    #[serde(default)]
    auth_parameters: AuthParameters,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct AuthParameters {
    username: Option<String>,
    password: Option<SecretString>,
    refresh_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct TokensFromRefreshToken {
    refresh_token: String,
    client_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SignUp {
    client_id: String,
    username: String,
    password: SecretString,
    #[serde(default)]
    user_attributes: Vec<Attribute>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Bearer {
    access_token: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RevokeToken {
    token: String,
    client_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Describe {
    user_pool_id: String,
    client_id: Option<String>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

/// Answers one call.
pub(super) async fn call(pool: web::Data<Pool>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let target = request.headers().get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let operation = target.strip_prefix("AWSCognitoIdentityProviderService.").unwrap_or_default();
    let outcome = match operation {
        "InitiateAuth" => parse(&body).and_then(|call| initiate_auth(&pool, call)),
        "GetTokensFromRefreshToken" => parse(&body).and_then(|call| tokens_from_refresh_token(&pool, &call)),
        "SignUp" => parse(&body).and_then(|call| sign_up(&pool, call)),
        "GetUser" => parse(&body).and_then(|call| get_user(&pool, &call)),
        "GlobalSignOut" => parse(&body).and_then(|call| global_sign_out(&pool, &call)),
        "RevokeToken" => parse(&body).and_then(|call| revoke_token(&pool, &call)),
        "DescribeUserPool" | "DescribeUserPoolClient" | "ListUserPoolClients" => {
            description(&pool, &request, &body, operation)
        }
        _ => Err(Refusal("UnknownOperationException", "The stand-in does not know this operation.".to_owned())),
    };
    let (status, body, exception) = match outcome {
        Ok(answer) => (StatusCode::OK, answer, None),
        Err(Refusal(exception, message)) => {
            (StatusCode::BAD_REQUEST, json!({"__type": exception, "message": message}), Some(exception))
        }
    };
    let mut response = HttpResponse::build(status);
    response.content_type(AMZ_JSON).insert_header(("x-amzn-requestid", Uuid::new_v4().to_string()));
    if let Some(exception) = exception {
        response.insert_header(("x-amzn-errortype", exception));
    }
    response.body(body.to_string())
}

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    // Not what the parser says: it may quote a password.
    serde_json::from_slice(body)
        .map_err(|_error| Refusal("SerializationException", "The body does not fit this operation.".to_owned()))
}

fn initiate_auth(pool: &Pool, call: InitiateAuth) -> Result<Value, Refusal> {
    check_client(pool, &call.client_id)?;
    let parameters = call.auth_parameters;
    let (id_token, access_token, refresh_token) = match call.auth_flow.as_str() {
        "USER_PASSWORD_AUTH" => {
            let username = parameters.username.ok_or_else(|| Refusal::missing("USERNAME"))?;
            let password = parameters.password.ok_or_else(|| Refusal::missing("PASSWORD"))?;
            let user = pool
                .authenticate(&username, &password)
                .ok_or_else(|| Refusal::not_authorized("Incorrect username or password."))?;
            let tokens = pool.sign_in(&user);
            (tokens.id_token, tokens.access_token, Some(tokens.refresh_token))
        }
        "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => {
            let refresh_token = parameters.refresh_token.ok_or_else(|| Refusal::missing("REFRESH_TOKEN"))?;
            let (id_token, access_token) =
                pool.refresh(&refresh_token).ok_or_else(|| Refusal::not_authorized("Invalid Refresh Token"))?;
            // Without a new refresh token. A pool that rotates them would not offer this flow; here both work.
            (id_token, access_token, None)
        }
        "USER_SRP_AUTH" | "CUSTOM_AUTH" | "USER_AUTH" => {
            let message = format!("{} flow not enabled for this client", call.auth_flow);
            return Err(Refusal("InvalidParameterException", message));
        }
        _ => return Err(Refusal("InvalidParameterException", "Unknown AuthFlow.".to_owned())),
    };
    Ok(result(pool, id_token, access_token, refresh_token))
}

fn tokens_from_refresh_token(pool: &Pool, call: &TokensFromRefreshToken) -> Result<Value, Refusal> {
    check_client(pool, &call.client_id)?;
    let tokens = pool.rotate(&call.refresh_token).map_err(|refused| match refused {
        Refused::Unknown => Refusal::not_authorized("Invalid Refresh Token"),
        Refused::Reused => Refusal("RefreshTokenReuseException", "Refresh token has been invalidated".to_owned()),
    })?;
    Ok(result(pool, tokens.id_token, tokens.access_token, Some(tokens.refresh_token)))
}

fn result(pool: &Pool, id_token: String, access_token: String, refresh_token: Option<String>) -> Value {
    let mut result = json!({
        "AccessToken": access_token,
        "ExpiresIn": pool.token_lifetime.as_secs(),
        "IdToken": id_token,
        "TokenType": "Bearer",
    });
    if let (Some(token), Some(result)) = (refresh_token, result.as_object_mut()) {
        result.insert("RefreshToken".to_owned(), json!(token));
    }
    json!({"AuthenticationResult": result, "ChallengeParameters": {}})
}

fn sign_up(pool: &Pool, call: SignUp) -> Result<Value, Refusal> {
    check_client(pool, &call.client_id)?;
    if !pool.self_sign_up {
        return Err(Refusal::not_authorized("SignUp is not permitted for this user pool"));
    }
    if call.user_attributes.iter().any(|attribute| attribute.name != "email") {
        return Err(Refusal::not_authorized("A client attempted to write unauthorized attribute"));
    }
    if !users::is_email(&call.username) {
        return Err(Refusal("InvalidParameterException", "Username should be an email.".to_owned()));
    }
    if !users::is_strong(&call.password) {
        let message = "Password did not conform with password policy";
        return Err(Refusal("InvalidPasswordException", message.to_owned()));
    }
    let user = lock(&pool.users)
        .sign_up(&call.username, &call.password)
        .ok_or_else(|| Refusal("UsernameExistsException", "User already exists".to_owned()))?;
    // Nobody reads mail here, so nobody has to confirm an address.
    Ok(json!({"UserConfirmed": true, "UserSub": user.sub}))
}

fn get_user(pool: &Pool, call: &Bearer) -> Result<Value, Refusal> {
    let user = bearer(pool, call)?;
    let attributes: Vec<Value> = user
        .attributes()
        .into_iter()
        // The API knows strings alone.
        .map(|(name, value)| json!({"Name": name, "Value": value.as_str().map_or(value.to_string(), str::to_owned)}))
        .collect();
    Ok(json!({"Username": user.username(), "UserAttributes": attributes}))
}

fn global_sign_out(pool: &Pool, call: &Bearer) -> Result<Value, Refusal> {
    pool.sign_out(&bearer(pool, call)?);
    Ok(json!({}))
}

fn revoke_token(pool: &Pool, call: &RevokeToken) -> Result<Value, Refusal> {
    check_client(pool, &call.client_id)?;
    pool.revoke(&call.token);
    Ok(json!({}))
}

fn description(pool: &Pool, request: &HttpRequest, body: &[u8], operation: &str) -> Result<Value, Refusal> {
    match describe::may(pool, request, body, operation) {
        Ok(true) => {}
        Ok(false) => return Err(Refusal("AccessDeniedException", format!("Not authorized to perform: {operation}"))),
        Err(Unsigned(code, message)) => return Err(Refusal(code, message.to_owned())),
    }
    let call: Describe = parse(body)?;
    if call.user_pool_id != pool.id {
        let message = format!("User pool {} does not exist.", call.user_pool_id);
        return Err(Refusal("ResourceNotFoundException", message));
    }
    if operation == "DescribeUserPool" {
        return Ok(describe::user_pool(pool));
    }
    if operation == "ListUserPoolClients" {
        let most = call.max_results.unwrap_or(LARGEST_PAGE);
        let from = call.next_token.map_or(Ok(0), |token| token.parse());
        return match from {
            Ok(from) if (1..=LARGEST_PAGE).contains(&most) => Ok(describe::app_clients(pool, from, most)),
            _ => Err(Refusal("InvalidParameterException", "Invalid MaxResults or NextToken.".to_owned())),
        };
    }
    let id = call.client_id.as_deref().ok_or_else(|| Refusal::missing("ClientId"))?;
    describe::app_client(pool, id).ok_or_else(|| unknown_client(id))
}

/// The user of an access token that may speak for them at this API; one of the pages' may not.
fn bearer(pool: &Pool, call: &Bearer) -> Result<User, Refusal> {
    let (user, session) = pool.bearer(&call.access_token).ok_or_else(Refusal::invalid_token)?;
    if session.has_scope(API_SCOPE) {
        Ok(user)
    } else {
        Err(Refusal::not_authorized("Access Token does not have required scopes"))
    }
}

fn check_client(pool: &Pool, client_id: &str) -> Result<(), Refusal> {
    if client_id == pool.client_id { Ok(()) } else { Err(unknown_client(client_id)) }
}

fn unknown_client(client_id: &str) -> Refusal {
    Refusal("ResourceNotFoundException", format!("User pool client {client_id} does not exist."))
}
