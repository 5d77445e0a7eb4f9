//! Who is refused where? A table of every endpoint and every kind of stranger, held against the contract and the URL map.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Answer, Harness};
use crate::uppy::{Uppy, begin_session};

/// What an endpoint answers to callers who may not, or to those who may but ask for what is another tenant's.
struct Row {
    endpoint: &'static str,
    /// A user of globex, asking for what is acme's. The names of problems, or the status where there is none.
    other_tenant: &'static str,
    /// A user where an admin is needed: of the same tenant.
    user: &'static str,
    /// A user of acme while acme is suspended.
    suspended: &'static str,
}

const fn row(endpoint: &'static str, other_tenant: &'static str, user: &'static str, suspended: &'static str) -> Row {
    Row { endpoint, other_tenant, user, suspended }
}

const TABLE: [Row; 44] = [
    row("POST /v1/uploads", "201", "201", "tenant-suspended"),
    row("POST /v1/uploads/batch", "201", "201", "tenant-suspended"),
    row("GET /v1/uploads", "200", "200", "tenant-suspended"),
    row("GET /v1/uploads/{id}", "not-found", "200", "tenant-suspended"),
    row("POST /v1/uploads/{id}/parts", "not-found", "not-multipart", "tenant-suspended"),
    row("GET /v1/uploads/{id}/parts", "not-found", "not-multipart", "tenant-suspended"),
    row("GET /v1/uploads/{id}/download", "not-found", "object-missing", "tenant-suspended"),
    row("POST /v1/uploads/{id}/complete", "not-found", "object-missing", "tenant-suspended"),
    row("DELETE /v1/uploads/{id}", "not-found", "204", "tenant-suspended"),
    row("GET /v1/collections", "200", "200", "tenant-suspended"),
    row("POST /v1/credentials", "credentials-not-allowed", "credentials-not-allowed", "tenant-suspended"),
    row("GET /companion/s3/sts", "credentials-not-allowed", "credentials-not-allowed", "tenant-suspended"),
    row("POST /upload", "200", "200", "tenant-suspended"),
    row("GET /companion/s3/params", "200", "200", "tenant-suspended"),
    row("POST /companion/s3/multipart", "200", "200", "tenant-suspended"),
    row("GET /companion/s3/multipart/{uploadId}", "not-found", "200", "tenant-suspended"),
    row("GET /companion/s3/multipart/{uploadId}/batch", "not-found", "200", "tenant-suspended"),
    row("GET /companion/s3/multipart/{uploadId}/{partNumber}", "not-found", "200", "tenant-suspended"),
    row("POST /companion/s3/multipart/{uploadId}/complete", "not-found", "part-missing", "tenant-suspended"),
    row("GET /u/{session}/s3/params", "200", "200", "tenant-suspended"),
    row("POST /u/{session}/s3/multipart", "200", "200", "tenant-suspended"),
    row("GET /u/{session}/s3/multipart/{uploadId}", "not-found", "200", "tenant-suspended"),
    row("GET /u/{session}/s3/multipart/{uploadId}/batch", "not-found", "200", "tenant-suspended"),
    row("GET /u/{session}/s3/multipart/{uploadId}/{partNumber}", "not-found", "200", "tenant-suspended"),
    row("POST /u/{session}/s3/multipart/{uploadId}/complete", "not-found", "part-missing", "tenant-suspended"),
    row("DELETE /companion/s3/multipart/{uploadId}", "not-found", "200", "tenant-suspended"),
    row("DELETE /u/{session}/s3/multipart/{uploadId}", "not-found", "200", "tenant-suspended"),
    row("POST /v1/uppy-sessions", "201", "201", "tenant-suspended"),
    row("DELETE /v1/uppy-sessions/{id}", "not-found", "204", "tenant-suspended"),
    row("POST /s3/sign", "not-found", "not-multipart", "tenant-suspended"),
    row("GET /v1/me", "200", "200", "tenant-suspended"),
    row("GET /v1/audit", "role-missing", "role-missing", "tenant-suspended"),
    row("GET /v1/usage", "role-missing", "role-missing", "tenant-suspended"),
    row("GET /v1/admin/audit", "role-missing", "role-missing", "role-missing"),
    row("GET /v1/admin/limits", "role-missing", "role-missing", "role-missing"),
    row("PATCH /v1/admin/limits", "role-missing", "role-missing", "role-missing"),
    row("DELETE /v1/admin/limits", "role-missing", "role-missing", "role-missing"),
    row("GET /v1/admin/tenants", "role-missing", "role-missing", "role-missing"),
    row("POST /v1/admin/tenants", "role-missing", "role-missing", "role-missing"),
    row("GET /v1/admin/tenants/{id}", "role-missing", "role-missing", "role-missing"),
    row("PATCH /v1/admin/tenants/{id}", "role-missing", "role-missing", "role-missing"),
    row("POST /v1/admin/tenants/{id}/suspend", "role-missing", "role-missing", "role-missing"),
    row("POST /v1/admin/tenants/{id}/activate", "role-missing", "role-missing", "role-missing"),
    row("GET /v1/admin/tenants/{id}/usage", "role-missing", "role-missing", "role-missing"),
];

/// What a tenant admin may, and a user may not.
const TENANT_ADMINS: [&str; 2] = ["GET /v1/audit", "GET /v1/usage"];

/// Endpoints that anybody may ask: the contract, and where to sign in.
const OPEN: [&str; 3] = ["GET /openapi.json", "GET /docs", "GET /v1/login"];

/// What belongs to a page and is no endpoint.
const PARTS: [&str; 4] = ["GET /docs/style.css", "GET /portal", "GET /portal/", "GET /portal/{file:.+}"];

/// `METHOD /path` of every operation in the document.
pub(crate) fn endpoints(document: &Value) -> BTreeSet<String> {
    const METHODS: [&str; 7] = ["get", "put", "post", "delete", "options", "head", "patch"];
    let paths = document["paths"].as_object().expect("paths");
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().expect("an item").keys().filter(|name| METHODS.contains(&name.as_str()));
        methods.map(move |method| format!("{} {path}", method.to_ascii_uppercase()))
    });
    operations.collect()
}

/// `METHOD /path` of every route of the public listener, read from the URL map's source.
fn routes() -> BTreeSet<String> {
    let source = include_str!("../../src/http/mod.rs");
    let public = source.split("pub fn public(").nth(1).and_then(|rest| rest.split("\npub fn ").next()).expect("a map");
    let (public, companion) = public.split_once("\nfn companion(").expect("Uppy's part of the map");
    let mut routes = read(public);
    for base in public.split("companion(\"").skip(1).filter_map(|rest| rest.split('"').next()) {
        routes.extend(read(companion).iter().map(|route| route.replacen(' ', &format!(" {base}/s3"), 1)));
    }
    routes
}

/// `METHOD /path` of every route of a piece of the map.
fn read(public: &str) -> BTreeSet<String> {
    let (mut scope, mut path, mut routes) = ("", String::new(), BTreeSet::new());
    // Each piece begins right after `web::`, and what stands before it says whether it is within a scope.
    let mut before = "";
    for piece in public.split("web::") {
        let text = piece.split('"').nth(1).unwrap_or_default();
        if piece.starts_with("scope(") {
            scope = text;
        } else if piece.starts_with("resource(") {
            let stands_alone = before.trim_end().ends_with('=');
            path = if stands_alone { text.to_owned() } else { format!("{scope}{text}") };
        } else if let Some((method, _)) = piece.split_once("().to(").filter(|(method, _)| *method != "route") {
            routes.insert(format!("{} {path}", method.to_ascii_uppercase()));
        }
        before = piece;
    }
    assert_eq!(routes.len(), public.matches(".route(").count(), "every route is read: {routes:?}");
    routes
}

#[tokio::test]
async fn contract_url_map_and_table_name_the_same_endpoints() {
    let gateway = Harness::start().await;
    let served = gateway.send(gateway.request(Method::GET, "/openapi.json")).await.body;
    let documented = endpoints(&served);
    let in_table: BTreeSet<String> = TABLE.iter().map(|row| row.endpoint.to_owned()).collect();
    let closed: BTreeSet<String> = documented.difference(&OPEN.map(str::to_owned).into()).cloned().collect();
    assert_eq!(closed, in_table, "each endpoint of the document needs its row in the table");
    let whole: BTreeSet<String> = routes().difference(&PARTS.map(str::to_owned).into()).cloned().collect();
    assert_eq!(whole, documented, "each route is documented");
}

/// What the path of an endpoint wants to be asked with.
fn query(endpoint: &str, ids: &Ids) -> String {
    let key = &ids.multipart_key;
    match endpoint.rsplit('/').next() {
        Some("params") => "?filename=a".to_owned(),
        Some("batch") => format!("?partNumbers=1&key={key}"),
        _ if endpoint.contains("{uploadId}") => format!("?key={key}"),
        _ => String::new(),
    }
}

/// A body that the endpoint takes, so that a refusal is for the caller alone.
fn body(endpoint: &str, ids: &Ids) -> Option<Value> {
    match endpoint.replace("/u/{session}/", "/companion/").as_str() {
        "POST /s3/sign" => Some(json!({"method": "GET", "key": ids.key, "uploadId": "u"})),
        "POST /companion/s3/multipart" => Some(json!({"filename": "a"})),
        "POST /companion/s3/multipart/{uploadId}/complete" => {
            Some(json!({"parts": [{"PartNumber": 1, "ETag": "\"x\""}]}))
        }
        "POST /v1/uploads" => Some(json!({"fileName": "a", "contentType": "a/b", "size": 5})),
        "POST /v1/uploads/batch" => Some(json!({"uploads": [{"fileName": "a", "contentType": "a/b", "size": 5}]})),
        "POST /v1/uploads/{id}/parts" => Some(json!({"partNumbers": [1]})),
        "POST /v1/admin/tenants" => Some(json!({"slug": "intruder", "name": "Intruder"})),
        "POST /upload" => Some(json!({"filename": "a", "contentType": "a/b"})),
        "PATCH /v1/admin/tenants/{id}" => Some(json!({"name": "Intruder"})),
        _ => None,
    }
}

pub(crate) async fn ask(gateway: &Harness, endpoint: &str, ids: &Ids, token: Option<&str>) -> Answer {
    let (method, path) = endpoint.split_once(' ').expect("a method");
    let id = match path.split('/').nth_back(1) {
        Some("tenants") => &ids.tenant,
        Some("uppy-sessions") => &ids.session,
        _ if path.contains("/tenants/") => &ids.tenant,
        _ => &ids.upload,
    };
    let nobodys = "A".repeat(43);
    let secret = token.and_then(|token| ids.secrets.get(token)).unwrap_or(&nobodys);
    let parameters =
        [("{id}", id), ("{uploadId}", &ids.multipart), ("{partNumber}", &"1".to_owned()), ("{session}", secret)];
    let place = parameters.into_iter().fold(path.to_owned(), |place, (name, value)| place.replace(name, value));
    let mut request = gateway.request(method.parse().expect("a method"), &(place + &query(endpoint, ids)));
    // A session stands for the token.
    if let Some(token) = token.filter(|_| !path.contains("{session}")) {
        request = request.bearer_auth(token);
    }
    if let Some(body) = body(endpoint, ids) {
        request = request.json(&body);
    }
    gateway.send(request).await
}

/// Things of acme's, and the secrets of everybody's sessions by the tokens that began them.
pub(crate) struct Ids {
    tenant: String,
    upload: String,
    multipart: String,
    multipart_key: String,
    session: String,
    key: String,
    secrets: BTreeMap<String, String>,
}

impl Ids {
    /// Begins a session, so that whoever has this token may use it wherever a session is wanted.
    pub(crate) async fn begin_session(&mut self, gateway: &Harness, token: &str) {
        let session = begin_session(gateway, token).await;
        let endpoint = session["companionEndpoint"].as_str().expect("a URL");
        self.secrets.insert(token.to_owned(), endpoint.rsplit('/').next().expect("a secret").to_owned());
    }
}

pub(crate) async fn things_of_acme(gateway: &Harness) -> Ids {
    let (alice, text) =
        (gateway.token("alice@acme.example"), |value: &Value| value.as_str().expect("an id").to_owned());
    let begun = Uppy::five(gateway, "alice@acme.example").begin().await;
    let (multipart, multipart_key) = (text(&begun["uploadId"]), text(&begun["key"]));
    let (session, me) = (begin_session(gateway, &alice).await, gateway.get(&alice, "/v1/me").await.body);
    let (session, tenant) = (text(&session["id"]), text(&me["tenant"]["id"]));
    let granted = gateway.grant(&alice, 5).await;
    let (upload, key) = (text(&granted["id"]), text(&granted["key"]));
    Ids { tenant, upload, multipart, multipart_key, session, key, secrets: BTreeMap::new() }
}

/// The problem's name, or the status when there is no problem.
fn outcome(answer: &Answer) -> String {
    if answer.problem().is_empty() { answer.status.as_str().to_owned() } else { answer.problem().to_owned() }
}

/// Everything that acme and the platform have on record.
async fn record(gateway: &Harness) -> Vec<String> {
    let statement = "select to_jsonb(t)::text from tenants t union all select to_jsonb(e)::text from audit_events e
                     where action not in ('upload.granted', 'upload.aborted', 'url.issued', 'request.refused') and action not like 'uppy_session.%' order by 1";
    sqlx::query_scalar(statement).fetch_all(&gateway.database.pool).await.expect("rows")
}

#[tokio::test]
async fn whoever_may_not_is_refused_everywhere() {
    let gateway = Harness::start().await;
    let mut ids = things_of_acme(&gateway).await;
    let before = record(&gateway).await;
    let cognito = &gateway.neighbours().cognito;
    let header = json!({"alg": "RS256", "typ": "JWT", "kid": cognito.kid()});
    let mut late = cognito.id_claims("admin@platform.example").unwrap();
    late["exp"] = json!(late["exp"].as_i64().unwrap() - 7200);
    late["iat"] = json!(late["iat"].as_i64().unwrap() - 7200);
    let expired = cognito.sign(header, late);
    // The claims of an admin under the signature of somebody else.
    let honest = gateway.token("gina@globex.example");
    let mut claims = cognito.id_claims("alice@acme.example").unwrap();
    claims["cognito:groups"] = json!(["platform-admins", "tenant-admins"]);
    let pieces: Vec<&str> = honest.split('.').collect();
    let forged = format!("{}.{}.{}", pieces[0], URL_SAFE_NO_PAD.encode(claims.to_string()), pieces[2]);
    let (gina, alice) = (gateway.token("gina@globex.example"), gateway.token("alice@acme.example"));
    let ada = gateway.token("ada@acme.example");
    for token in [&gina, &alice, &ada] {
        ids.begin_session(&gateway, token).await;
    }
    for row in TABLE {
        let endpoint = row.endpoint;
        let by_session = endpoint.contains("{session}");
        let problem = if by_session { "invalid-session" } else { "invalid-token" };
        for (who, token) in [("nobody", None), ("a forger", Some(&forged)), ("yesterday's admin", Some(&expired))] {
            let answer = ask(&gateway, endpoint, &ids, token.map(String::as_str)).await;
            assert_eq!((answer.status.as_u16(), answer.problem()), (401, problem), "{who} at {endpoint}");
        }
        let other = ask(&gateway, endpoint, &ids, Some(&gina)).await;
        assert_eq!(outcome(&other), row.other_tenant, "another tenant's user at {endpoint}");
        // A session is an ordinary user's, whoever began it.
        let admin = if by_session { row.other_tenant } else { row.user };
        let admin = if TENANT_ADMINS.contains(&endpoint) { "200" } else { admin };
        for (who, token, expected) in [("a user", &alice, row.user), ("a tenant admin", &ada, admin)] {
            assert_eq!(outcome(&ask(&gateway, endpoint, &ids, Some(token)).await), expected, "{who} at {endpoint}");
        }
    }
    assert_eq!(record(&gateway).await, before, "nothing came of it");
}

#[tokio::test]
async fn the_people_of_a_suspended_tenant_are_refused_until_it_is_active_again() {
    let gateway = Harness::start().await;
    let mut ids = things_of_acme(&gateway).await;
    let (alice, ada) = (gateway.token("alice@acme.example"), gateway.token("ada@acme.example"));
    for token in [&alice, &ada] {
        ids.begin_session(&gateway, token).await;
    }
    let admin = gateway.token("admin@platform.example");
    let suspended = ask(&gateway, "POST /v1/admin/tenants/{id}/suspend", &ids, Some(&admin)).await;
    assert_eq!(suspended.body["status"], "suspended");
    for row in TABLE {
        for (who, token) in [("a user", &alice), ("a tenant admin", &ada)] {
            let answer = ask(&gateway, row.endpoint, &ids, Some(token)).await;
            assert_eq!((&*outcome(&answer), answer.status.as_u16()), (row.suspended, 403), "{who} at {}", row.endpoint);
        }
    }
    let gina = gateway.token("gina@globex.example");
    assert_eq!(gateway.grant(&gina, 5).await["status"], "pending", "other tenants do not notice");
    ask(&gateway, "POST /v1/admin/tenants/{id}/activate", &ids, Some(&admin)).await;
    assert_eq!(gateway.grant(&alice, 5).await["status"], "pending");
}
