//! Can a platform admin create, find and change tenants, and is it all on record?

use std::collections::BTreeSet;
use std::time::Duration;

use insta::assert_json_snapshot;
use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::harness::Harness;

const TENANTS: &str = "/v1/admin/tenants";

async fn create(gateway: &Harness, admin: &str, body: Value) -> Value {
    let created = gateway.post(admin, TENANTS, body).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    created.body
}

fn path(tenant: &Value) -> String {
    format!("{TENANTS}/{}", tenant["id"].as_str().expect("an id"))
}

async fn id_of(gateway: &Harness, slug: &str) -> String {
    let statement = "select id::text from tenants where slug = $1";
    sqlx::query_scalar(statement).bind(slug).fetch_one(&gateway.database.pool).await.expect("a tenant")
}

#[tokio::test]
async fn a_tenant_is_created_read_changed_suspended_and_activated_on_record() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let full = json!({"slug": "initech", "name": "Initech ✂", "claimValues": ["b", "Initech Customer", "b"],
                      "emailDomains": ["Initech.Example"], "identityProvider": "CAS-SSO", "isolation": "tenant",
                      "credentialVending": true,
                      "limits": {"maxUploadBytes": 1000, "allowedContentTypes": ["image/*"], "monthlyBytes": 5000, "requestsPerMinute": 60}});
    let created = gateway.post(&admin, TENANTS, full).await;
    assert_eq!(created.status, StatusCode::CREATED, "{}", created.body);
    assert_eq!(created.headers[LOCATION].to_str().unwrap(), path(&created.body));
    let redacted = |value: insta::internals::Content, _: insta::internals::ContentPath<'_>| {
        assert!(value.as_str().is_some_and(|text| text.len() >= 20), "{value:?}");
        "[…]"
    };
    assert_json_snapshot!("created", created.body, {
        ".id" => insta::dynamic_redaction(redacted), ".createdAt" => insta::dynamic_redaction(redacted), ".updatedAt" => insta::dynamic_redaction(redacted),
    });
    let at = path(&created.body);
    let read = gateway.get(&admin, &at).await;
    let mut without_usage = read.body.clone();
    assert_eq!(
        without_usage.as_object_mut().unwrap().remove("usage"),
        Some(json!({"uploads": 0, "bytes": 0, "reservedBytes": 0}))
    );
    assert_eq!(sorted(without_usage), sorted(created.body));

    let change = json!({"name": "Initech Inc.", "identityProvider": null, "limits": {"monthlyBytes": null, "maxUploadBytes": 2000}});
    let changed = gateway.patch(&admin, &at, change).await;
    assert_json_snapshot!("changed", sorted(changed.body), { ".id" => "[id]", ".createdAt" => "[time]", ".updatedAt" => "[time]" });
    for (verb, status) in
        [("suspend", "suspended"), ("suspend", "suspended"), ("activate", "active"), ("activate", "active")]
    {
        let answer = gateway.post(&admin, &format!("{at}/{verb}"), json!({})).await;
        assert_eq!((answer.status, &answer.body["status"]), (StatusCode::OK, &json!(status)));
    }
    let unchanged = gateway.get(&admin, &at).await.body;
    let same = gateway
        .patch(&admin, &at, json!({"slug": "initech", "name": "Initech Inc.", "claimValues": null, "limits": {}}))
        .await;
    assert_eq!(same.body["updatedAt"], unchanged["updatedAt"], "what changes nothing is no change");

    let statement = "select action, subject, tenant_id::text, detail from audit_events order by id";
    let rows = sqlx::query(statement).fetch_all(&gateway.database.pool).await.unwrap();
    let subject = gateway.get(&admin, "/v1/me").await.body["subject"].as_str().unwrap().to_owned();
    let id = read.body["id"].as_str().unwrap();
    for row in &rows {
        assert_eq!((row.get::<&str, _>(1), row.get::<&str, _>(2)), (subject.as_str(), id));
    }
    let events: Vec<(&str, Value)> = rows.iter().map(|row| (row.get(0), row.get(3))).collect();
    let members = json!({"slug": "initech", "changed": ["name", "identityProvider", "limits"]});
    let slug = json!({"slug": "initech"});
    let expected = [
        ("tenant.created", slug.clone()),
        ("tenant.changed", members),
        ("tenant.suspended", slug.clone()),
        ("tenant.activated", slug),
    ];
    assert_eq!(events, expected);
}

/// With its lists in one order.
fn sorted(mut tenant: Value) -> Value {
    for list in ["claimValues", "emailDomains"] {
        tenant[list].as_array_mut().expect("a list").sort_by_key(|value| value.to_string());
    }
    tenant
}

#[tokio::test]
async fn the_same_names_in_another_order_or_case_are_no_change() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let names =
        json!({"emailDomains": ["b.example", "A.example", "a.example"], "claimValues": ["b", "A", "a", "é", "B", "b"]});
    let mut body = names.clone();
    body["slug"] = json!("order");
    body["name"] = json!("Order");
    let created = create(&gateway, &admin, body).await;
    assert_eq!(created["emailDomains"], json!(["a.example", "b.example"]));
    let at = path(&created);
    let reordered = json!({"emailDomains": ["B.example", "a.example"], "claimValues": ["é", "B", "a", "A", "b"]});
    for change in [names, reordered, json!({})] {
        let tenant = gateway.patch(&admin, &at, change).await.body;
        assert_eq!(tenant, created, "nothing is changed");
        assert_eq!(gateway.get(&admin, &at).await.body["claimValues"], created["claimValues"]);
    }
    assert_eq!(gateway.database.count("audit_events").await, 1);
}

#[tokio::test]
async fn a_tenant_that_says_little_gets_the_configured_defaults() {
    let gateway = Harness::with(
        "[limits]\nmax_upload_bytes = \"1 MiB\"\nallowed_content_types = [\"image/png\"]\nmonthly_bytes = \"1 GiB\"\n",
    )
    .await;
    let admin = gateway.token("admin@platform.example");
    let tenant = create(&gateway, &admin, json!({"slug": "ab", "name": "A", "limits": {"monthlyBytes": null}})).await;
    let limits = json!({"maxUploadBytes": 1 << 20, "allowedContentTypes": ["image/png"], "monthlyBytes": null, "requestsPerMinute": null});
    assert_eq!(tenant["limits"], limits);
    assert_eq!((&tenant["isolation"], &tenant["credentialVending"]), (&json!("tenant"), &json!(false)));
    assert_eq!((&tenant["claimValues"], &tenant["emailDomains"]), (&json!([]), &json!([])));
}

#[tokio::test]
async fn a_new_tenant_with_a_provider_takes_native_users_only_when_it_says_so() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let cases = [
        (json!({}), true),
        (json!({"identityProvider": null}), true),
        (json!({"identityProvider": "AcmeSSO"}), false),
        (json!({"identityProvider": "AcmeSSO", "nativeUsers": null}), false),
        (json!({"identityProvider": "AcmeSSO", "nativeUsers": true}), true),
        (json!({"nativeUsers": false}), false),
    ];
    for (number, (mut body, native_users)) in cases.into_iter().enumerate() {
        body["slug"] = json!(format!("tenant-{number}"));
        body["name"] = json!("T");
        let tenant = create(&gateway, &admin, body.clone()).await;
        assert_eq!(tenant["nativeUsers"], native_users, "{body}");
        for (change, expected) in [
            (json!({"identityProvider": "OtherSSO"}), native_users),
            (json!({"nativeUsers": !native_users}), !native_users),
            (json!({"identityProvider": null}), !native_users),
            (json!({"nativeUsers": null, "name": "U"}), !native_users),
        ] {
            let changed = gateway.patch(&admin, &path(&tenant), change.clone()).await.body;
            assert_eq!(changed["nativeUsers"], expected, "{body} {change}");
            assert_eq!(gateway.get(&admin, &path(&tenant)).await.body["nativeUsers"], expected);
        }
    }
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_double() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    for number in 0..7 {
        create(&gateway, &admin, json!({"slug": format!("tenant-{number}"), "name": "T"})).await;
    }
    let (mut slugs, mut cursor, mut sizes) = (Vec::new(), String::new(), Vec::new());
    loop {
        let page = gateway.get(&admin, &format!("{TENANTS}?limit=3{cursor}&unknown=1")).await.body;
        let items = page["items"].as_array().unwrap();
        sizes.push(items.len());
        slugs.extend(items.iter().map(|tenant| tenant["slug"].as_str().unwrap().to_owned()));
        // One more comes into being between the pages: it is newer than all that is still to be shown.
        if sizes.len() == 1 {
            create(&gateway, &admin, json!({"slug": "latecomer", "name": "L"})).await;
        }
        let Some(next) = page["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(sizes, [3, 3, 3]);
    assert_eq!(slugs[..7], ["tenant-6", "tenant-5", "tenant-4", "tenant-3", "tenant-2", "tenant-1", "tenant-0"]);
    assert_eq!(slugs[7..].iter().map(String::as_str).collect::<BTreeSet<_>>(), BTreeSet::from(["acme", "globex"]));
}

#[tokio::test]
async fn a_search_takes_its_text_literally() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    for (slug, name) in
        [("percent", "100% Cotton"), ("score", "snake_case"), ("slash", "back\\slash"), ("plain", "Plain")]
    {
        create(&gateway, &admin, json!({"slug": slug, "name": name})).await;
    }
    let suspended = path(&create(&gateway, &admin, json!({"slug": "gone", "name": "Plain too"})).await);
    gateway.post(&admin, &format!("{suspended}/suspend"), json!({})).await;
    let table: [(&str, &[&str]); 11] = [
        ("?q=%25", &["percent"]),
        ("?q=_", &["score"]),
        ("?q=%5C", &["slash"]),
        ("?q=PLAIN", &["gone", "plain"]),
        ("?q=plain&status=active", &["plain"]),
        ("?status=suspended", &["gone"]),
        ("?q=glob", &["globex"]),
        ("?q=Corporation", &["globex"]),
        ("?q=Globex+Customer", &[]),
        ("?q=%27%20or%201%3D1--", &[]),
        ("?q=", &["gone", "plain", "slash", "score", "percent", "globex", "acme"]),
    ];
    for (query, expected) in table {
        let page = gateway.get(&admin, &format!("{TENANTS}{query}")).await;
        assert_eq!(page.status, StatusCode::OK, "{query}: {}", page.body);
        let slugs: BTreeSet<&str> =
            page.body["items"].as_array().unwrap().iter().filter_map(|t| t["slug"].as_str()).collect();
        assert_eq!(slugs, expected.iter().copied().collect(), "{query}");
    }
}

#[tokio::test]
async fn two_changes_at_once_are_both_made() {
    let gateway = Harness::start().await;
    let admin = gateway.token("admin@platform.example");
    let at = path(&create(&gateway, &admin, json!({"slug": "busy", "name": "Busy"})).await);
    for round in 1..=10 {
        let domain = format!("r{round}.example");
        let (first, second, third) = tokio::join!(
            gateway.patch(&admin, &at, json!({"name": format!("Busy {round}")})),
            gateway.patch(&admin, &at, json!({"limits": {"maxUploadBytes": round}})),
            gateway.patch(&admin, &at, json!({"emailDomains": [domain]})),
        );
        assert_eq!([first.status, second.status, third.status], [StatusCode::OK; 3]);
        let tenant = gateway.get(&admin, &at).await.body;
        assert_eq!(tenant["name"], format!("Busy {round}"));
        assert_eq!(tenant["limits"]["maxUploadBytes"], round);
        assert_eq!(tenant["emailDomains"], json!([domain]));
    }
    assert_eq!(gateway.database.count("audit_events").await, 31);
}

#[tokio::test]
async fn a_changed_limit_holds_on_every_replica_within_a_second() {
    let gateway = Harness::start().await;
    let replica = gateway.replica("").await;
    let (admin, alice) = (gateway.token("admin@platform.example"), gateway.token("alice@acme.example"));
    replica.grant(&alice, 11).await;
    let at = format!("{TENANTS}/{}", id_of(&gateway, "acme").await);
    for (limit, status) in [(10, StatusCode::UNPROCESSABLE_ENTITY), (11, StatusCode::CREATED)] {
        assert_eq!(
            gateway.patch(&admin, &at, json!({"limits": {"maxUploadBytes": limit}})).await.status,
            StatusCode::OK
        );
        let body = json!({"fileName": "a", "contentType": "a/b", "size": 11});
        let here = gateway.post(&alice, "/v1/uploads", body.clone()).await;
        assert_eq!(here.status, status, "at once where it was changed");
        let there = replica.until("the other replica knows", async || {
            replica.post(&alice, "/v1/uploads", body.clone()).await.status == status
        });
        assert!(tokio::time::timeout(Duration::from_secs(1), there).await.is_ok(), "within a second elsewhere");
    }
}
