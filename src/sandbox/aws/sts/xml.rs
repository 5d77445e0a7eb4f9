//! How does STS word its answers and its refusals?

use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use s3s::{Body, HttpResponse};
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::sandbox::aws::identity::{ADMIN, GATEWAY, Principal, Session};

const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const ACCOUNT: &str = "000000000000";
const ROLE_ID: &str = "AROASANDBOXUPLOADGATE";

/// An error answer.
#[derive(Debug)]
pub(in super::super) struct Refused {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    message: String,
}

impl Refused {
    pub(in super::super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, code, message: message.into() }
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    pub(super) fn to_xml(&self) -> String {
        error(self.status, self.code, &escape(&self.message))
    }

    pub(in super::super) fn into_response(self) -> HttpResponse {
        respond(self.status, self.to_xml())
    }
}

/// Puts an error of s3s into STS's shape. What has that shape, or is no error, stays as it is.
pub(in super::super) async fn reshape(response: HttpResponse) -> HttpResponse {
    let status = response.status();
    if status.is_success() {
        return response;
    }
    let (parts, mut body) = response.into_parts();
    let bytes = body.store_all_limited(64 * 1024).await.unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    if text.contains("<ErrorResponse") {
        return HttpResponse::from_parts(parts, Body::from(bytes));
    }
    let code = match element(&text, "Code") {
        Some("InvalidAccessKeyId" | "InvalidToken") => "InvalidClientTokenId",
        Some(code) => code,
        None => "InternalFailure",
    };
    respond(status, error(status, code, element(&text, "Message").unwrap_or_default()))
}

pub(super) fn caller_identity(caller: &Principal) -> String {
    let user = match caller {
        Principal::Gateway => GATEWAY.0.to_owned(),
        Principal::Admin => ADMIN.0.to_owned(),
        Principal::Session(session) => format!("{ROLE_ID}:{}", session.name),
    };
    let result = format!("<Arn>{}</Arn><UserId>{user}</UserId><Account>{ACCOUNT}</Account>", arn(caller));
    answer("GetCallerIdentity", &result)
}

pub(super) fn assumed_role(session: &Session, packed: usize) -> Result<String, Refused> {
    let expiration = session.expiration.replace_nanosecond(0).ok().and_then(|moment| moment.format(&Rfc3339).ok());
    let expiration = expiration.ok_or_else(|| Refused::new(500, "InternalFailure", "the clock is out of range"))?;
    // A stand-in for the size after STS's own compression, which is not documented: per cent of its limit.
    let packed = packed * 100 / 4096;
    Ok(answer(
        "AssumeRole",
        &format!(
            "<AssumedRoleUser><AssumedRoleId>{ROLE_ID}:{name}</AssumedRoleId><Arn>{arn}</Arn></AssumedRoleUser>\
             <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret}</SecretAccessKey>\
             <SessionToken>{token}</SessionToken><Expiration>{expiration}</Expiration></Credentials>\
             <PackedPolicySize>{packed}</PackedPolicySize>",
            name = session.name,
            arn = session_arn(&session.name),
            key = session.access_key_id,
            secret = session.secret_access_key,
            token = session.token,
        ),
    ))
}

pub(super) fn arn(caller: &Principal) -> String {
    match caller {
        Principal::Gateway => format!("arn:aws:iam::{ACCOUNT}:user/upload-gateway"),
        Principal::Admin => format!("arn:aws:iam::{ACCOUNT}:user/admin"),
        Principal::Session(session) => session_arn(&session.name),
    }
}

fn session_arn(name: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/upload-gateway/{name}")
}

fn answer(action: &str, result: &str) -> String {
    format!(
        "<{action}Response xmlns=\"{NAMESPACE}\"><{action}Result>{result}</{action}Result><ResponseMetadata>\
         <RequestId>{}</RequestId></ResponseMetadata></{action}Response>",
        Uuid::new_v4()
    )
}

/// `message` is XML already.
fn error(status: StatusCode, code: &str, message: &str) -> String {
    let kind = if status.is_server_error() { "Receiver" } else { "Sender" };
    format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message>\
         </Error><RequestId>{}</RequestId></ErrorResponse>",
        Uuid::new_v4()
    )
}

fn respond(status: StatusCode, xml: String) -> HttpResponse {
    let length = HeaderValue::from(xml.len());
    let mut response = HttpResponse::new(Body::from(xml));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response.headers_mut().insert(CONTENT_LENGTH, length);
    response
}

fn element<'a>(xml: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = xml.split_once(&format!("<{name}>"))?;
    rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
