//! What does IAM answer when the gateway writes a policy into the upload role? `PutRolePolicy` alone, over IAM's query protocol.

use std::collections::BTreeMap;

use hyper::StatusCode;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::http::request::Parts;
use s3s::{Body, HttpResponse};
use url::form_urlencoded;
use uuid::Uuid;

use super::identity::Principal;
use super::policy::Policy;
use super::signer::signer;
use super::sts::Refused;
use super::{ROLE_ARN, Shared};

pub(super) const ACTION: &str = "PutRolePolicy";

/// What all inline policies of a role may have together, white space aside. The role's first one is left out of the account.
const MOST_CHARACTERS: usize = 10_240;

/// From the next request on the policy holds; IAM itself takes seconds to tell all of S3.
pub(super) fn put(shared: &Shared, parts: &Parts, body: &[u8]) -> HttpResponse {
    match try_put(shared, parts, body) {
        Ok(()) => {
            let answer = format!(
                "<PutRolePolicyResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><ResponseMetadata><RequestId>{}</RequestId>\
                 </ResponseMetadata></PutRolePolicyResponse>",
                Uuid::new_v4()
            );
            let mut response = HttpResponse::new(Body::from(answer));
            *response.status_mut() = StatusCode::OK;
            response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
            response
        }
        Err(refused) => refused.into_response(),
    }
}

fn try_put(shared: &Shared, parts: &Parts, body: &[u8]) -> Result<(), Refused> {
    let who = signer(parts, body, "iam", shared).map_err(|unsigned| Refused::new(403, unsigned.0, unsigned.1))?;
    let may = match &who {
        Principal::Admin => true,
        Principal::Gateway => shared.gateway_may("iam:PutRolePolicy", ROLE_ARN),
        Principal::Session(_) => false,
    };
    if !may {
        let message = format!("not authorized to perform: iam:{ACTION} on resource: role upload-gateway");
        return Err(Refused::new(403, "AccessDenied", message));
    }
    let mut form: BTreeMap<String, String> = form_urlencoded::parse(body).into_owned().collect();
    let mut required = |name: &str| {
        let value = form.remove(name).filter(|value| !value.is_empty());
        value.ok_or_else(|| Refused::new(400, "ValidationError", format!("'{name}' is required")))
    };
    let (role, name, document) = (required("RoleName")?, required("PolicyName")?, required("PolicyDocument")?);
    if !ROLE_ARN.ends_with(&format!("/{role}")) {
        return Err(Refused::new(404, "NoSuchEntity", format!("The role with name {role} cannot be found.")));
    }
    if document.chars().filter(|letter| !letter.is_whitespace()).count() > MOST_CHARACTERS {
        let message = format!("Maximum policy size of {MOST_CHARACTERS} bytes exceeded for role {role}");
        return Err(Refused::new(409, "LimitExceeded", message));
    }
    let policy = Policy::parse(&document)
        .map_err(|malformed| Refused::new(400, "MalformedPolicyDocument", malformed.to_string()))?;
    shared.set_up.put_role_policy(name, policy);
    Ok(())
}
