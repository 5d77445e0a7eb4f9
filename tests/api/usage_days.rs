//! Does everyone who may see it see what arrived on each of the last thirty days?

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::bulk;
use crate::harness::Harness;
use crate::quotas::miscounted;

const ADMIN: &str = "admin@platform.example";

async fn tenant(gateway: &Harness, email: &str) -> String {
    let me = gateway.get(&gateway.token(email), "/v1/me").await.body;
    me["tenant"]["id"].as_str().expect("an id").to_owned()
}

/// The last thirty days by the database's own calendar, with what the uploads themselves add up to.
async fn expected(gateway: &Harness, tenant: &str) -> Value {
    let statement = "
        select to_char(day, 'YYYY-MM-DD'), count(u.id), coalesce(sum(stored_size_bytes), 0)::bigint
        from generate_series((now() at time zone 'UTC')::date - 29, (now() at time zone 'UTC')::date, interval '1 day') as day
        left join uploads u on u.tenant_id = $1::uuid and u.status in ('completed', 'deleted')
            and u.completed_at >= day at time zone 'UTC' and u.completed_at < (day + interval '1 day') at time zone 'UTC'
        group by day order by day";
    let item = |row: PgRow| {
        let (uploads, bytes): (i64, i64) = (row.get(1), row.get(2));
        json!({"day": row.get::<String, _>(0), "uploads": uploads, "bytes": bytes})
    };
    let rows = sqlx::query(statement).bind(tenant).map(item).fetch_all(&gateway.database.pool).await.expect("days");
    Value::from(rows)
}

async fn completed(gateway: &Harness, token: &str, text: &str) -> String {
    let grant = gateway.grant(token, text.len()).await;
    assert_eq!(gateway.put(&grant, text, |put| put).await.status, StatusCode::OK);
    let path = format!("/v1/uploads/{}", grant["id"].as_str().unwrap());
    assert_eq!(gateway.post(token, &format!("{path}/complete"), json!({})).await.status, StatusCode::OK);
    path
}

#[tokio::test]
async fn what_is_completed_counts_today_and_goes_on_counting_when_it_is_deleted() {
    let gateway = Harness::start().await;
    let [alice, ada, greta, admin] =
        ["alice@acme.example", "ada@acme.example", "greta@globex.example", ADMIN].map(|email| gateway.token(email));
    let acme = tenant(&gateway, "alice@acme.example").await;
    let usage = gateway.get(&ada, "/v1/usage").await;
    assert_eq!(usage.body["days"], expected(&gateway, &acme).await, "nothing arrived, and each day says so");
    assert_eq!(usage.body["days"].as_array().unwrap().len(), 30);

    completed(&gateway, &alice, "hello world").await;
    let deleted = completed(&gateway, &ada, "hello").await;
    let delete = gateway.request(Method::DELETE, &deleted).bearer_auth(&ada);
    assert_eq!(gateway.send(delete).await.status, StatusCode::NO_CONTENT);
    let pending = gateway.grant(&alice, 100).await;
    let given_up = format!("/v1/uploads/{}", gateway.grant(&alice, 7).await["id"].as_str().unwrap());
    let give_up = gateway.request(Method::DELETE, &given_up).bearer_auth(&alice);
    assert_eq!(gateway.send(give_up).await.status, StatusCode::NO_CONTENT);
    assert_eq!(pending["status"], "pending");

    let usage = gateway.get(&ada, "/v1/usage").await;
    let today = &usage.body["days"][29];
    assert_eq!((&today["uploads"], &today["bytes"]), (&json!(2), &json!(16)), "{}", usage.body);
    assert_eq!(usage.body["days"], expected(&gateway, &acme).await);
    assert_eq!(usage.body["months"].as_array().unwrap().len(), 1);
    assert_eq!(usage.body["collections"], json!([{"collection": "default", "uploads": 1, "bytes": 11}]));
    let to_admin = gateway.get(&admin, &format!("/v1/admin/tenants/{acme}/usage")).await;
    assert_eq!(to_admin.body, usage.body);
    assert_eq!(gateway.get(&greta, "/v1/usage").await.body["days"][29]["uploads"], 0, "acme's are not globex's");
    let refused = gateway.get(&alice, "/v1/usage").await;
    assert_eq!((refused.status, refused.problem()), (StatusCode::FORBIDDEN, "role-missing"));
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_day_is_utcs_wherever_the_database_is_and_the_one_of_the_first_completion() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    for _ in 0..3 {
        gateway.grant(&alice, 5).await;
    }
    let complete = "set timezone = 'Pacific/Auckland';
        with number as (select id, row_number() over (order by id) as n from uploads)
        update uploads set status = 'completed', stored_etag = 'e', stored_size_bytes = 5, check_at = null,
            completed_at = (array['2026-03-01 23:59:59.999999+00', '2026-03-02 01:59:59+02', '2026-03-02 00:00:00+00'])[n]::timestamptz
        from number where number.id = uploads.id;
        update uploads set stored_size_bytes = 8 where completed_at < '2026-03-01 23:59:59.5+00';
        update uploads set stored_size_bytes = 1 where completed_at = '2026-03-02 00:00:00+00';
        update uploads set status = 'deleted' where completed_at = '2026-03-01 23:59:59.999999+00'";
    sqlx::raw_sql(complete).execute(&gateway.database.pool).await.expect("completed");
    let rows = sqlx::query_as("select day::text, uploads, bytes from tenant_days order by day");
    let days: Vec<(String, i64, i64)> = rows.fetch_all(&gateway.database.pool).await.expect("days");
    assert_eq!(days, [("2026-03-01".to_owned(), 2, 13), ("2026-03-02".to_owned(), 1, 1)]);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_page_of_tenants_brings_the_usage_of_each_when_asked_to() {
    let gateway = Harness::start().await;
    let (alice, admin) = (gateway.token("alice@acme.example"), gateway.token(ADMIN));
    let created = gateway.post(&admin, "/v1/admin/tenants", json!({"slug": "initech", "name": "Initech"})).await;
    assert_eq!(created.status, StatusCode::CREATED);
    bulk::uploads(&gateway.database, &["acme", "globex"], &["s".to_owned()], 2, 0..40).await;
    // Spread over five weeks, of which the first days are too long ago.
    let spread = "alter table uploads disable trigger user;
        with number as (select id, row_number() over (order by id) as n from uploads)
        update uploads set completed_at = now() - make_interval(days => n::int), created_at = now()
        from number where number.id = uploads.id and completed_at is not null;
        alter table uploads enable trigger user; truncate tenant_usage, usage_deltas;
        insert into tenant_usage select * from tenant_usage_recomputed;
        insert into tenant_days select * from tenant_days_recomputed";
    sqlx::raw_sql(spread).execute(&gateway.database.pool).await.expect("spread");
    completed(&gateway, &alice, "hello").await;

    let plain = gateway.get(&admin, "/v1/admin/tenants").await.body;
    assert!(
        plain["items"].as_array().unwrap().iter().all(|item| item.get("usage").is_none() && item.get("days").is_none())
    );
    let page = gateway.get(&admin, "/v1/admin/tenants?include=usage").await.body;
    let items = page["items"].as_array().unwrap();
    assert_eq!(items.iter().map(|item| item["slug"].as_str().unwrap()).collect::<Vec<_>>()[0], "initech");
    assert_eq!(items.len(), 3);
    let mut busy = 0;
    for item in items {
        let id = item["id"].as_str().unwrap();
        let alone = gateway.get(&admin, &format!("/v1/admin/tenants/{id}")).await.body;
        assert_eq!(item["usage"], alone["usage"], "{}", item["slug"]);
        assert_eq!(item["days"], expected(&gateway, id).await, "{}", item["slug"]);
        busy += item["days"].as_array().unwrap().iter().filter(|day| day["uploads"] != 0).count();
    }
    assert!(busy > 10, "{page}");
    // A page is a page, with or without.
    let first = gateway.get(&admin, "/v1/admin/tenants?include=usage&limit=1").await.body;
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = gateway.get(&admin, &format!("/v1/admin/tenants?include=usage&limit=2&cursor={cursor}")).await.body;
    assert_eq!(json!([first["items"][0], second["items"][0], second["items"][1]]), page["items"]);
    let refused = gateway.get(&admin, "/v1/admin/tenants?include=everything").await;
    assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["?include"]));
}
