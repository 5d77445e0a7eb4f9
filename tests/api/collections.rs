//! Does everyone see how much there is, and nobody more than is theirs?

use std::collections::BTreeMap;

use reqwest::StatusCode;
use serde_json::{Value, json};
use sqlx::Row as _;

use crate::bulk;
use crate::harness::Harness;

/// The items that follow from the uploads themselves.
async fn expected(gateway: &Harness, slug: &str, subject: Option<&str>) -> Vec<Value> {
    let statement = "select collection, stored_size_bytes from uploads u join tenants t on t.id = u.tenant_id
                     where u.status = 'completed' and t.slug = $1 and ($2::text is null or subject = $2)";
    let rows = sqlx::query(statement).bind(slug).bind(subject).fetch_all(&gateway.database.pool).await.expect("rows");
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for row in rows {
        let sum = sums.entry(row.get(0)).or_default();
        *sum = (sum.0 + 1, sum.1 + row.get::<i64, _>(1));
    }
    let item = |(name, (uploads, bytes))| json!({"collection": name, "uploads": uploads, "bytes": bytes});
    sums.into_iter().map(item).collect()
}

async fn execute(gateway: &Harness, statement: &'static str) {
    sqlx::query(statement).execute(&gateway.database.pool).await.expect("executed");
}

async fn subject(gateway: &Harness, token: &str) -> String {
    gateway.get(token, "/v1/me").await.body["subject"].as_str().expect("a subject").to_owned()
}

#[tokio::test]
async fn a_user_sees_its_own_collections_and_a_tenant_admin_the_tenants() {
    let gateway = Harness::start().await;
    let emails =
        ["alice@acme.example", "bob@acme.example", "ada@acme.example", "gina@globex.example", "greta@globex.example"];
    let tokens = emails.map(|email| gateway.token(email));
    for token in &tokens {
        assert_eq!(gateway.get(token, "/v1/collections").await.body, json!({"items": [], "nextCursor": null}));
    }
    let mut subjects = Vec::new();
    for token in &tokens {
        subjects.push(subject(&gateway, token).await);
    }
    bulk::uploads(&gateway.database, &["acme", "globex"], &subjects, 12, 0..500).await;
    execute(&gateway, "insert into collection_usage select * from collection_usage_recomputed").await;
    execute(&gateway, "insert into collection_usage select id, 'x', 'c0', 0, 0 from tenants").await;
    // A collection that is emptied is gone.
    execute(
        &gateway,
        "update uploads set status = 'deleted' where status = 'completed' and collection in ('c3', 'c11')",
    )
    .await;
    let viewers = [("acme", false), ("acme", false), ("acme", true), ("globex", false), ("globex", true)];
    for ((token, subject), (slug, is_admin)) in tokens.iter().zip(&subjects).zip(viewers) {
        let seen = gateway.get(token, "/v1/collections").await;
        assert_eq!(seen.status, StatusCode::OK, "{}", seen.body);
        let expected = expected(&gateway, slug, (!is_admin).then_some(subject.as_str())).await;
        assert!(expected.len() > 5 && expected.len() <= 10, "{expected:?}");
        assert_eq!(seen.body, json!({"items": expected, "nextCursor": null}), "{slug} {is_admin}");
    }
}

#[tokio::test]
async fn more_than_a_thousand_collections_come_in_pages() {
    let gateway = Harness::start().await;
    let [alice, ada, greta] =
        ["alice@acme.example", "ada@acme.example", "greta@globex.example"].map(|email| gateway.token(email));
    let insert = "insert into collection_usage
                  select t.id, $1, case when n % 2 = 0 then 'C' else 'c.' end || n, 1, n from tenants t, generate_series(1, 2100) n
                  where t.slug = 'acme'";
    sqlx::query(insert).bind(subject(&gateway, &alice).await).execute(&gateway.database.pool).await.unwrap();
    for token in [&alice, &ada] {
        let (mut names, mut sizes, mut cursors, mut query) = (Vec::new(), Vec::new(), Vec::new(), String::new());
        loop {
            let page = gateway.get(token, &format!("/v1/collections{query}")).await.body;
            let items = page["items"].as_array().unwrap();
            sizes.push(items.len());
            names.extend(items.iter().map(|item| item["collection"].as_str().unwrap().to_owned()));
            let Some(next) = page["nextCursor"].as_str() else { break };
            cursors.push(next.to_owned());
            query = format!("?cursor={next}");
        }
        assert_eq!(sizes, [1000, 1000, 100]);
        assert!(names.windows(2).all(|pair| pair[0] < pair[1]), "each once, by name");
        let other = if token == &alice { &ada } else { &alice };
        for stranger in [other, &greta] {
            let refused = gateway.get(stranger, &format!("/v1/collections?cursor={}", cursors[0])).await;
            assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["?cursor"]));
        }
    }
    let refused = gateway.get(&alice, "/v1/collections?cursor=c.1").await;
    assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["?cursor"]));
}

#[tokio::test]
async fn a_platform_admin_sees_a_tenants_months_and_collections() {
    let gateway = Harness::start().await;
    let (admin, alice) = (gateway.token("admin@platform.example"), gateway.token("alice@acme.example"));
    let me = gateway.get(&alice, "/v1/me").await.body;
    let path = format!("/v1/admin/tenants/{}/usage", me["tenant"]["id"].as_str().unwrap());
    let nothing = gateway.get(&admin, &path).await.body;
    assert_eq!((&nothing["months"], &nothing["collections"]), (&json!([]), &json!([])));

    gateway.grant(&alice, 100).await;
    let done = gateway.grant(&alice, 11).await;
    assert_eq!(gateway.put(&done, "hello world", |put| put).await.status, StatusCode::OK);
    let complete = format!("/v1/uploads/{}/complete", done["id"].as_str().unwrap());
    assert_eq!(gateway.post(&alice, &complete, json!({})).await.status, StatusCode::OK);
    execute(
        &gateway,
        "insert into tenant_usage select t.id, u.month - make_interval(months => n), 1, 20, 3, n
         from tenants t, tenant_usage u, generate_series(1, 13) n where t.slug = 'acme'",
    )
    .await;
    let usage = gateway.get(&admin, &path).await.body;
    assert_eq!(usage["collections"], json!([{"collection": "default", "uploads": 1, "bytes": 11}]));
    let months = usage["months"].as_array().unwrap();
    let this_month: String = sqlx::query_scalar("select to_char(max(month), 'YYYY-MM') from tenant_usage")
        .fetch_one(&gateway.database.pool)
        .await
        .unwrap();
    assert_eq!(months[0], json!({"month": this_month, "uploads": 2, "bytes": 111, "reservedBytes": 100}));
    assert_eq!(months.len(), 12);
    assert!(months.windows(2).all(|pair| pair[0]["month"].as_str() > pair[1]["month"].as_str()), "{usage}");
    let second = [4, 21, 20].map(Value::from);
    assert_eq!(["uploads", "bytes", "reservedBytes"].map(|name| months[1][name].clone()), second);
    let tenant = gateway.get(&admin, path.trim_end_matches("/usage")).await.body;
    assert_eq!(tenant["usage"], json!({"uploads": 2, "bytes": 111, "reservedBytes": 100}));

    let nobody = gateway.get(&admin, "/v1/admin/tenants/01940000-0000-7000-8000-000000000000/usage").await;
    assert_eq!((nobody.status.as_u16(), nobody.problem()), (404, "not-found"));
}
