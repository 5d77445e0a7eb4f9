//! Which problems are there, and which of them may an operation answer?
//!
//! A handler names those of its own, as in `extensions(("x-problems" = json!(["object-missing"])))`. What every operation
//! of a kind may be refused with is said here once.

use utoipa::openapi::path::{Operation, ParameterIn};

/// A kind of refusal.
pub(super) struct Kind {
    pub(super) status: &'static str,
    /// What follows `/problems/` in its `type`.
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    /// What it means, in the words of a `detail`.
    pub(super) detail: &'static str,
}

const fn kind(status: &'static str, name: &'static str, title: &'static str, detail: &'static str) -> Kind {
    Kind { status, name, title, detail }
}

/// Every problem of the public listener. `tests/api/openapi.rs` holds it against the sources of `http/problem`.
pub(super) const CATALOGUE: &[Kind] = &[
    kind("400", "bad-request", "Bad Request", "The request is not what HTTP or CORS make of one."),
    kind("400", "malformed-json", "Malformed JSON", "The body is not JSON (RFC 8259)."),
    kind("400", "unreadable-body", "Unreadable body", "The body ended early, or is not what its headers say."),
    kind("401", "invalid-session", "Invalid session", "The session in the path is unknown, over or revoked."),
    kind("401", "invalid-token", "Invalid token", "Send a valid Cognito token of a configured user pool."),
    kind(
        "403",
        "credentials-not-allowed",
        "Credentials not allowed",
        "The tenant's people may not have temporary credentials.",
    ),
    kind(
        "403",
        "identity-provider-mismatch",
        "Wrong identity provider",
        "The tenant's people sign in elsewhere. Sign in where `GET /v1/login` says, and send the ID token.",
    ),
    kind(
        "403",
        "quota-exceeded",
        "Quota exceeded",
        "The tenant's bytes of this calendar month (UTC) are used up or reserved.",
    ),
    kind(
        "403",
        "role-missing",
        "Role missing",
        "Only a platform admin, or a tenant admin of its own tenant, may do this.",
    ),
    kind("403", "tenant-claim-missing", "No tenant in the token", "The token is good but names no tenant."),
    kind("403", "tenant-suspended", "Tenant suspended", "The tenant is suspended."),
    kind("403", "tenant-unknown", "Unknown tenant", "No tenant has the claim value that the token carries."),
    kind("404", "not-found", "Not found", "There is no such thing, or it is another's."),
    kind("404", "sign-in-not-configured", "Sign-in not configured", "The gateway does not know where people sign in."),
    kind("405", "method-not-allowed", "Method not allowed", "The path takes other methods; `Allow` says which."),
    kind("409", "already-ended", "Upload already ended", "The upload has ended otherwise and stays so."),
    kind("409", "not-multipart", "Not a multipart upload", "The upload travels in one request and has no parts."),
    kind("409", "object-missing", "Object missing", "S3 does not hold the object yet. Send the bytes first."),
    kind("409", "part-missing", "Part missing", "S3 does not hold a part yet. Send it to its URL first."),
    kind("409", "taken", "Already taken", "Another tenant has this value; `errors` says which."),
    kind(
        "413",
        "body-too-large",
        "Body too large",
        "The body has more than 64 KiB, or 1 MiB where it may list hundreds of things.",
    ),
    kind(
        "415",
        "not-json",
        "Unsupported media type",
        "The body must be JSON, sent with Content-Type: application/json.",
    ),
    kind("422", "grant-broken", "Grant broken", "What S3 holds is not what was granted; the upload has failed."),
    kind("422", "invalid-request", "Invalid request", "The request breaks the rules named in `errors`."),
    kind(
        "422",
        "search-too-wide",
        "Search too wide",
        "Too many events would have to be looked through. Say `from` and `to`, closer together.",
    ),
    kind(
        "429",
        "rate-limited",
        "Too many requests",
        "The tenant or the subject calls too often. Come back after `Retry-After`.",
    ),
    kind("500", "internal", "Internal error", "Something went wrong here. The request id leads to it in the logs."),
    kind(
        "503",
        "unavailable",
        "Temporarily unavailable",
        "A dependency does not answer. Come back after `Retry-After`.",
    ),
];

/// Where a handler names the problems that are its own.
const OWN: &str = "x-problems";

/// The problems that this operation may answer. Takes away what the handler said of them, which is for us alone.
pub(super) fn of(operation: &mut Operation, path: &str, is_limited: bool) -> Vec<&'static Kind> {
    let mut names: Vec<String> = Vec::new();
    if let Some(extensions) = &mut operation.extensions {
        let own = extensions.remove(OWN).and_then(|own| serde_json::from_value::<Vec<String>>(own).ok());
        names.extend(own.unwrap_or_default());
        operation.extensions.take_if(|extensions| extensions.is_empty());
    }
    let mut may = |when: bool, problems: &[&str]| {
        if when {
            names.extend(problems.iter().map(|name| (*name).to_owned()));
        }
    };
    let has_session = path.starts_with("/u/");
    let is_known = operation.security.is_some() && !has_session;
    let has_body = operation.request_body.is_some();
    let given = |location| operation.parameters.iter().flatten().any(|given| given.parameter_in == location);
    may(true, &["method-not-allowed", "internal", "unavailable"]);
    may(is_known, &["invalid-token"]);
    may(has_session, &["invalid-session", "tenant-suspended"]);
    may(is_known && path.starts_with("/v1/admin/"), &["role-missing"]);
    const OF_TENANTS: [&str; 4] =
        ["identity-provider-mismatch", "tenant-claim-missing", "tenant-suspended", "tenant-unknown"];
    may(is_known && !path.starts_with("/v1/admin/"), &OF_TENANTS);
    may(is_limited, &["rate-limited"]);
    may(has_body, &["malformed-json", "unreadable-body", "body-too-large", "not-json"]);
    may(has_body || given(ParameterIn::Query) || given(ParameterIn::Header), &["invalid-request"]);
    may(path.contains('{'), &["not-found"]);
    CATALOGUE.iter().filter(|kind| names.iter().any(|name| name == kind.name)).collect()
}

#[cfg(test)]
mod tests {
    use super::CATALOGUE;

    #[test]
    fn the_catalogue_is_in_order_and_names_nothing_twice() {
        let keys: Vec<_> = CATALOGUE.iter().map(|kind| (kind.status, kind.name)).collect();
        let mut sorted = keys.clone();
        sorted.sort_unstable();
        sorted.dedup_by_key(|(_, name)| *name);
        assert_eq!(keys, sorted);
    }
}
