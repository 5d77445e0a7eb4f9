//! Is a tenant that breaks a rule, or takes what is another's, refused with the place?

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::harness::Harness;

const TENANTS: &str = "/v1/admin/tenants";

fn many(text: impl Fn(usize) -> String) -> Value {
    (0..101).map(|n| Value::from(text(n))).collect()
}

/// Members with values that break their rules, and where that is remarked.
fn broken() -> Vec<(Value, &'static str)> {
    vec![
        (json!({"slug": ""}), "/slug"),
        (json!({"slug": "a"}), "/slug"),
        (json!({"slug": "Acme"}), "/slug"),
        (json!({"slug": "a_b"}), "/slug"),
        (json!({"slug": "a/b"}), "/slug"),
        (json!({"slug": "a*"}), "/slug"),
        (json!({"slug": "-ab"}), "/slug"),
        (json!({"slug": "a".repeat(64)}), "/slug"),
        (json!({"slug": 5}), "/slug"),
        (json!({"name": ""}), "/name"),
        (json!({"name": " x"}), "/name"),
        (json!({"name": "a\u{0}b"}), "/name"),
        (json!({"name": "n".repeat(201)}), "/name"),
        (json!({"name": ["x"]}), "/name"),
        (json!({"claimValues": "x"}), "/claimValues"),
        (json!({"claimValues": ["ok", ""]}), "/claimValues/1"),
        (json!({"claimValues": ["c".repeat(257)]}), "/claimValues/0"),
        (json!({"claimValues": ["ok", null]}), "/claimValues/1"),
        (json!({"claimValues": many(|n| format!("c{n}"))}), "/claimValues"),
        (json!({"emailDomains": ["nodot"]}), "/emailDomains/0"),
        (json!({"emailDomains": ["ok.example", "a@b.example"]}), "/emailDomains/1"),
        (json!({"emailDomains": many(|n| format!("d{n}.example"))}), "/emailDomains"),
        (json!({"identityProvider": ""}), "/identityProvider"),
        (json!({"identityProvider": "p".repeat(33)}), "/identityProvider"),
        (json!({"identityProvider": "a\nb"}), "/identityProvider"),
        (json!({"nativeUsers": "yes"}), "/nativeUsers"),
        (json!({"isolation": "none"}), "/isolation"),
        (json!({"isolation": "User"}), "/isolation"),
        (json!({"credentialVending": "yes"}), "/credentialVending"),
        (json!({"limits": 5}), "/limits"),
        (json!({"limits": {"maxUploadBytes": 0}}), "/limits/maxUploadBytes"),
        (json!({"limits": {"maxUploadBytes": i64::MAX}}), "/limits/maxUploadBytes"),
        (json!({"limits": {"maxUploadBytes": 1.5}}), "/limits/maxUploadBytes"),
        (json!({"limits": {"allowedContentTypes": ["image/png", "image"]}}), "/limits/allowedContentTypes/1"),
        (json!({"limits": {"allowedContentTypes": many(|n| format!("a/{n}"))}}), "/limits/allowedContentTypes"),
        (json!({"limits": {"monthlyBytes": 0}}), "/limits/monthlyBytes"),
        (json!({"limits": {"monthlyBytes": -1}}), "/limits/monthlyBytes"),
        (json!({"limits": {"requestsPerMinute": 0}}), "/limits/requestsPerMinute"),
        (json!({"limits": {"requestsPerMinute": 3_000_000_000_i64}}), "/limits/requestsPerMinute"),
    ]
}

#[tokio::test]
async fn each_member_beyond_its_bound_is_named() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let acme = gateway.get(&gateway.token("alice@acme.example"), "/v1/me").await.body["tenant"]["id"].clone();
    let at = format!("{TENANTS}/{}", acme.as_str().unwrap());
    let before = gateway.get(&admin, &at).await.body;
    for (member, pointer) in broken() {
        let changed = gateway.patch(&admin, &at, member.clone()).await;
        assert_eq!((changed.status, changed.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer]), "{member}");
        let mut whole = json!({"slug": "new", "name": "New"});
        for (name, value) in member.as_object().unwrap() {
            whole[name] = value.clone();
        }
        let created = gateway.post(&admin, TENANTS, whole).await;
        assert_eq!((created.status, created.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec![pointer]), "{member}");
    }
    let renamed = gateway.patch(&admin, &at, json!({"slug": "acme-two", "name": "New"})).await;
    assert_eq!((renamed.status, renamed.pointers()), (StatusCode::UNPROCESSABLE_ENTITY, vec!["/slug"]));
    assert_eq!(gateway.get(&admin, &at).await.body, before);
    assert_eq!(gateway.database.count("tenants").await, 2);
    assert_eq!(gateway.database.count("audit_events").await, 0);
}

#[tokio::test]
async fn everything_that_is_wrong_is_named_at_once() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let body = json!({"name": "", "claimValues": ["", "ok", " "], "emailDomains": ["x"], "isolation": "x", "identityProvider": "",
                      "limits": {"maxUploadBytes": 0, "allowedContentTypes": ["x"], "monthlyBytes": 0, "requestsPerMinute": 0}});
    let refused = gateway.post(&admin, TENANTS, body).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    insta::assert_json_snapshot!("everything_wrong_with_a_tenant", refused.body["errors"]);
    let nulls = gateway.post(&admin, TENANTS, json!({"slug": null, "name": null})).await;
    assert_eq!(nulls.pointers(), ["/slug", "/name"]);
}

#[tokio::test]
async fn what_is_anothers_is_409_and_nothing_is_kept_of_it() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let own = json!({"slug": "own", "name": "Own", "claimValues": ["own"], "emailDomains": ["own.example"]});
    let created = gateway.post(&admin, TENANTS, own).await;
    let at = format!("{TENANTS}/{}", created.body["id"].as_str().unwrap());
    let before = gateway.get(&admin, &at).await.body;
    let taken = [
        (json!({"claimValues": ["new", "Acme Customer 1"]}), "/claimValues"),
        (json!({"emailDomains": ["new.example", "ACME.example"]}), "/emailDomains"),
    ];
    for (member, pointer) in &taken {
        let changed = gateway.patch(&admin, &at, member.clone()).await;
        assert_eq!((changed.status, changed.problem()), (StatusCode::CONFLICT, "taken"), "{member}");
        assert_eq!(changed.pointers(), [*pointer]);
        let mut whole = json!({"slug": "new", "name": "New"});
        for (name, value) in member.as_object().unwrap() {
            whole[name] = value.clone();
        }
        let created = gateway.post(&admin, TENANTS, whole).await;
        assert_eq!((created.status, created.pointers()), (StatusCode::CONFLICT, vec![*pointer]), "{member}");
    }
    let slug = gateway.post(&admin, TENANTS, json!({"slug": "acme", "name": "New", "claimValues": ["new"]})).await;
    assert_eq!((slug.status, slug.pointers()), (StatusCode::CONFLICT, vec!["/slug"]));
    assert_eq!(gateway.get(&admin, &at).await.body, before);
    assert_eq!(gateway.database.count("tenants").await, 3);
    assert_eq!(gateway.database.count("audit_events").await, 1);
    // A claim value is exact: another case is another value.
    let cased = gateway.patch(&admin, &at, json!({"claimValues": ["acme customer 1"]})).await;
    assert_eq!(cased.status, StatusCode::OK, "{}", cased.body);
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused_with_the_parameter() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let long = format!("?q={}", "q".repeat(201));
    let table: [(&str, &[&str]); 9] = [
        ("?limit=0", &["?limit"]),
        ("?limit=201", &["?limit"]),
        ("?limit=x", &["?limit"]),
        ("?cursor=x", &["?cursor"]),
        ("?status=gone", &["?status"]),
        ("?q=%00", &["?q"]),
        (&long, &["?q"]),
        ("?limit=1&limit=2", &["?limit"]),
        ("?limit=0&cursor=&status=&q=%00", &["?limit", "?status", "?q", "?cursor"]),
    ];
    for (query, pointers) in table {
        let refused = gateway.get(&admin, &format!("{TENANTS}{query}")).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {}", refused.body);
        assert_eq!(refused.pointers(), pointers, "{query}");
    }
}
