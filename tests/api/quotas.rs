//! Are a tenant's bytes of a month never overshot, never lost, and always what its uploads add up to?

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::harness::{Answer, Harness};

pub(crate) async fn limit(gateway: &Harness, email: &str, limits: Value) {
    let tenant = gateway.get(&gateway.token(email), "/v1/me").await.body["tenant"]["id"].clone();
    let path = format!("/v1/admin/tenants/{}", tenant.as_str().expect("an id"));
    let answer = gateway.patch(&gateway.token("admin@platform.example"), &path, json!({"limits": limits})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn ask(gateway: &Harness, token: &str, size: i64) -> Answer {
    gateway.post(token, "/v1/uploads", json!({"fileName": "a", "contentType": "a/b", "size": size})).await
}

/// What the counters say that the uploads themselves do not. There must be nothing, whatever happened.
pub(crate) async fn miscounted(gateway: &Harness) -> Vec<String> {
    let statement = "
        select 'month ' || to_jsonb(x)::text from (
            (table tenant_usage_now except table tenant_usage_recomputed)
            union all (table tenant_usage_recomputed except table tenant_usage_now)
        ) x where not (reserved_uploads = 0 and reserved_bytes = 0 and used_uploads = 0 and used_bytes = 0)
        union all
        select 'collection ' || to_jsonb(x)::text from (
            (select * from collection_usage where uploads > 0 except table collection_usage_recomputed)
            union all (table collection_usage_recomputed except table collection_usage)
        ) x
        union all
        select 'day ' || to_jsonb(x)::text from (
            (table tenant_days except table tenant_days_recomputed)
            union all (table tenant_days_recomputed except table tenant_days)
        ) x
        union all
        select 'emptied ' || to_jsonb(c)::text from collection_usage c where uploads = 0 and bytes <> 0";
    sqlx::query_scalar(statement).fetch_all(&gateway.database.pool).await.expect("rows")
}

/// Reserved and used bytes of all tenants.
async fn counted(gateway: &Harness) -> (i64, i64) {
    let statement =
        "select coalesce(sum(reserved_bytes), 0)::bigint, coalesce(sum(used_bytes), 0)::bigint from tenant_usage_now";
    sqlx::query_as(statement).fetch_one(&gateway.database.pool).await.expect("a row")
}

#[tokio::test]
async fn of_500_at_once_a_quota_for_100_admits_exactly_100() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 1000})).await;
    let replica = gateway.replica("").await;
    let alice = gateway.token("alice@acme.example");
    let asked = (0..500).map(|n| ask(if n % 2 == 0 { &gateway } else { &replica }, &alice, 10));
    let answers = join_all(asked).await;
    let granted = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status != StatusCode::CREATED).collect();
    assert_eq!((granted, refused.len()), (100, 400));
    for answer in refused {
        assert_eq!((answer.status, answer.problem()), (StatusCode::FORBIDDEN, "quota-exceeded"), "{}", answer.body);
        assert_eq!(answer.pointers(), ["/size"]);
    }
    assert_eq!(gateway.database.count("uploads").await, 100);
    assert_eq!(counted(&gateway).await, (1000, 0));
    assert_eq!(miscounted(&gateway).await, [""; 0]);
    let rejections = "quota_rejections_total{limit=\"monthly_bytes\"}";
    assert_eq!(gateway.metric(rejections).await + replica.metric(rejections).await, 400.0);
    let gina = gateway.token("gina@globex.example");
    assert_eq!(ask(&gateway, &gina, 10_000).await.status, StatusCode::CREATED, "another tenant does not notice");
}

#[tokio::test]
async fn a_large_file_that_does_not_fit_does_not_keep_out_small_ones_that_do() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 100})).await;
    let alice = gateway.token("alice@acme.example");
    // Large and small ones meet in the same transactions.
    let answers = join_all((0..60).map(|n| ask(&gateway, &alice, if n % 3 == 0 { 101 } else { 4 }))).await;
    let granted = answers.iter().filter(|answer| answer.status == StatusCode::CREATED).count();
    assert_eq!(granted, 25, "as many small ones as there is room for");
    assert_eq!(counted(&gateway).await, (100, 0));
}

#[tokio::test]
async fn bytes_are_reserved_then_used_or_given_back() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 20})).await;
    let alice = gateway.token("alice@acme.example");
    let (kept, given_up) = (gateway.grant(&alice, 11).await, gateway.grant(&alice, 9).await);
    assert_eq!(counted(&gateway).await, (20, 0));
    assert_eq!(ask(&gateway, &alice, 1).await.problem(), "quota-exceeded");
    let path = |grant: &Value, rest: &str| format!("/v1/uploads/{}{rest}", grant["id"].as_str().expect("an id"));
    gateway.put(&kept, "hello world", |put| put).await;
    assert_eq!(gateway.post(&alice, &path(&kept, "/complete"), json!({})).await.status, StatusCode::OK);
    assert_eq!(counted(&gateway).await, (9, 11));
    let delete = |grant| gateway.send(gateway.request(Method::DELETE, &path(grant, "")).bearer_auth(&alice));
    assert_eq!(delete(&given_up).await.status, StatusCode::NO_CONTENT);
    assert_eq!(counted(&gateway).await, (0, 11), "what is given up is given back");
    assert_eq!(delete(&kept).await.status, StatusCode::NO_CONTENT);
    assert_eq!(counted(&gateway).await, (0, 11), "what was used is used, also when it is deleted");
    assert_eq!(ask(&gateway, &alice, 9).await.status, StatusCode::CREATED);
    assert_eq!(ask(&gateway, &alice, 1).await.problem(), "quota-exceeded");
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_form_of_unknown_size_reserves_what_it_may_carry() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 150, "maxUploadBytes": 100})).await;
    let alice = gateway.token("alice@acme.example");
    let form = json!({"fileName": "a", "contentType": "text/plain", "method": "post"});
    let first = gateway.post(&alice, "/v1/uploads", form.clone()).await;
    assert_eq!((&first.body["size"], &first.body["maxSize"]), (&Value::Null, &json!(100)), "{}", first.body);
    assert_eq!(counted(&gateway).await, (100, 0));
    assert_eq!(gateway.post(&alice, "/v1/uploads", form).await.problem(), "quota-exceeded");
    assert_eq!(ask(&gateway, &alice, 50).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_new_month_begins_with_nothing_used() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 10})).await;
    let alice = gateway.token("alice@acme.example");
    gateway.grant(&alice, 10).await;
    assert_eq!(ask(&gateway, &alice, 1).await.problem(), "quota-exceeded");
    // The month of the record counts, so it is the record that moves.
    let earlier =
        "alter table uploads disable trigger user; update uploads set created_at = created_at - interval '32 days';
                   alter table uploads enable trigger user; truncate tenant_usage, usage_deltas;
                   insert into tenant_usage select * from tenant_usage_recomputed";
    sqlx::raw_sql(earlier).execute(&gateway.database.pool).await.expect("moved");
    assert_eq!(ask(&gateway, &alice, 10).await.status, StatusCode::CREATED);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_tenant_whose_counter_is_held_keeps_no_other_waiting() {
    let gateway = Harness::start().await;
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 1000})).await;
    let (alice, gina) = (gateway.token("alice@acme.example"), gateway.token("gina@globex.example"));
    assert_eq!(ask(&gateway, &alice, 1).await.status, StatusCode::CREATED);
    // Another replica, frozen in the middle of its transaction.
    let mut frozen = upload_gateway::adapters::postgres::begin(&gateway.database.pool).await.expect("a transaction");
    sqlx::query("select from tenant_usage for update").execute(&mut *frozen).await.expect("held");
    let asked = (0..40).map(|n| ask(&gateway, if n % 2 == 0 { &alice } else { &gina }, 1));
    for (n, answer) in join_all(asked).await.into_iter().enumerate() {
        let expected = if n % 2 == 0 { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::CREATED };
        assert_eq!(answer.status, expected, "{}", answer.body);
    }
    frozen.rollback().await.expect("let go");
    assert_eq!(ask(&gateway, &alice, 1).await.status, StatusCode::CREATED);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}
