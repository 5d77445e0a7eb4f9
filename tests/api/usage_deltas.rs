//! Is a tenant's usage right at every moment, although the grants of a second are added up together?

use std::time::Duration;

use futures_util::future::join_all;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use upload_gateway::adapters::postgres::usage_deltas::add_up_all;

use crate::harness::Harness;
use crate::quotas::{limit, miscounted};

/// So many batches are not added up yet.
async fn left(gateway: &Harness) -> i64 {
    gateway.database.count("usage_deltas").await
}

/// What the counters hold that the gateways add up to.
async fn added_up(gateway: &Harness) -> (i64, i64) {
    let statement =
        "select coalesce(sum(reserved_uploads), 0)::bigint, coalesce(sum(reserved_bytes), 0)::bigint from tenant_usage";
    sqlx::query_as(statement).fetch_one(&gateway.database.pool).await.expect("a row")
}

/// What the tenant's admin is told of this month.
async fn told(gateway: &Harness) -> Value {
    let answer = gateway.get(&gateway.token("ada@acme.example"), "/v1/usage").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["months"][0].clone()
}

#[tokio::test]
async fn what_was_granted_counts_at_once_and_is_added_up_soon() {
    let gateway = Harness::start().await;
    let (alice, gina) = (gateway.token("alice@acme.example"), gateway.token("gina@globex.example"));
    // Nobody adds up what comes behind one that somebody looks at.
    let first = "insert into usage_deltas (tenant_ids, months, uploads, bytes) values ('{}', '{}', '{}', '{}')";
    sqlx::query(first).execute(&gateway.database.pool).await.expect("a row");
    let mut looked_at = upload_gateway::adapters::postgres::begin(&gateway.database.pool).await.expect("a transaction");
    sqlx::query("select from usage_deltas for update").execute(&mut *looked_at).await.expect("looked at");
    gateway.grant(&alice, 1).await;
    join_all((0..50).map(|n| gateway.grant(if n % 2 == 0 { &alice } else { &gina }, 10))).await;
    assert!(left(&gateway).await > 1, "nothing is to be added up");
    let month = told(&gateway).await;
    assert_eq!([&month["uploads"], &month["bytes"], &month["reservedBytes"]], [&json!(26), &json!(251), &json!(251)]);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
    looked_at.rollback().await.expect("let go");
    gateway.until("all is added up", async || left(&gateway).await == 0).await;
    assert_eq!(added_up(&gateway).await, (51, 501));
    assert_eq!(told(&gateway).await, month);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn several_that_add_up_at_once_add_nothing_twice_and_forget_nothing() {
    let gateway = Harness::start().await;
    let replica = gateway.replica("").await;
    let alice = gateway.token("alice@acme.example");
    let adding = async {
        for _ in 0..20 {
            // Who waits for another for too long gives up, and has done nothing.
            let _added_up_or_given_up = join_all((0..4).map(|_| add_up_all(&gateway.database.pool))).await;
        }
    };
    let granting = join_all((0..300).map(|n| if n % 2 == 0 { &gateway } else { &replica }.grant(&alice, 7)));
    let (_grants, ()) = tokio::join!(granting, adding);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
    gateway.until("all is added up", async || left(&gateway).await == 0).await;
    assert_eq!(added_up(&gateway).await, (300, 2100));
}

#[tokio::test]
async fn a_limit_knows_what_was_granted_before_it_came() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    for _ in 0..5 {
        gateway.grant(&alice, 20).await;
    }
    limit(&gateway, "alice@acme.example", json!({"monthlyBytes": 150})).await;
    let ask = async |size: i64| {
        gateway.post(&alice, "/v1/uploads", json!({"fileName": "a", "contentType": "a/b", "size": size})).await
    };
    assert_eq!(ask(51).await.problem(), "quota-exceeded");
    assert_eq!(ask(50).await.status, StatusCode::CREATED);
    assert_eq!(ask(1).await.problem(), "quota-exceeded");
}

#[tokio::test]
async fn what_ends_before_it_was_added_up_is_counted_as_nothing() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    for _ in 0..3 {
        let grant = gateway.grant(&alice, 9).await;
        let path = format!("/v1/uploads/{}", grant["id"].as_str().expect("an id"));
        let given_up = gateway.send(gateway.request(Method::DELETE, &path).bearer_auth(&alice)).await;
        assert_eq!(given_up.status, StatusCode::NO_CONTENT);
        assert_eq!(told(&gateway).await["bytes"], json!(0));
    }
    gateway.until("all is added up", async || left(&gateway).await == 0).await;
    assert_eq!(added_up(&gateway).await, (0, 0));
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_counter_that_is_held_keeps_no_grant_waiting_and_is_caught_up_with() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    gateway.grant(&alice, 1).await;
    let mut frozen = upload_gateway::adapters::postgres::begin(&gateway.database.pool).await.expect("a transaction");
    sqlx::query("select from tenant_usage for update").execute(&mut *frozen).await.expect("held");
    let granted = tokio::time::timeout(Duration::from_secs(20), join_all((0..20).map(|_| gateway.grant(&alice, 2))));
    assert_eq!(granted.await.expect("nobody waits for the counter").len(), 20);
    assert!(add_up_all(&gateway.database.pool).await.is_err(), "the counter is not held");
    assert_eq!(told(&gateway).await["bytes"], json!(41));
    frozen.rollback().await.expect("let go");
    gateway.until("all is added up", async || left(&gateway).await == 0).await;
    assert_eq!(added_up(&gateway).await, (21, 41));
}

#[tokio::test]
async fn what_one_tenant_claims_keeps_nobody_else_s_from_being_added_up() {
    let gateway = Harness::start().await;
    gateway.grant(&gateway.token("alice@acme.example"), 1).await;
    // As many of the largest objects as no tenant has: more bytes than a counter holds.
    let claims = "insert into usage_deltas (tenant_ids, months, uploads, bytes)
        select array[id], array[upload_month(now())], array[1], array[9000000000000000000]
        from tenants, generate_series(1, 3) where slug = 'acme'";
    sqlx::raw_sql(claims).execute(&gateway.database.pool).await.expect("claimed");
    let before = told(&gateway).await;
    assert_eq!(before["reservedBytes"], json!(1_i64 << 62));
    gateway.grant(&gateway.token("gina@globex.example"), 5).await;
    gateway.until("all is added up", async || left(&gateway).await == 0).await;
    assert_eq!(told(&gateway).await, before);
    let globex =
        "select reserved_bytes from tenant_usage u join tenants t on t.id = u.tenant_id where t.slug = 'globex'";
    let reserved: i64 = sqlx::query_scalar(globex).fetch_one(&gateway.database.pool).await.expect("a counter");
    assert_eq!(reserved, 5);
}
