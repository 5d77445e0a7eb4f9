//! What becomes of an object that is written again with temporary credentials: within the limits, beyond them, and after its end?

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::json;
use upload_gateway::adapters::postgres;
use upload_gateway::sandbox::aws::Fault;

use crate::harness::Harness;
use crate::holder::{ALICE, Holder, actions, audit, tell};
use crate::quotas::{limit, miscounted};
use crate::store;

/// Looks ten times a second at what is due, and late at what may have been written again.
const EAGER: &str = "[reconcile]\ninterval = \"100ms\"\ngrace = \"10m\"\nlast_look = \"20m\"\nlease = \"1m\"\n";

/// Waits until so many that were deleted are looked at no more.
async fn done_with(gateway: &Harness, count: i64) {
    let cleared = "uploads where status = 'deleted' and check_at is null";
    gateway.until("they are done with", async || gateway.database.count(cleared).await == count).await;
}

#[tokio::test]
async fn one_that_was_written_again_is_followed_within_the_limits_and_ends_beyond_them() {
    let gateway = Harness::start().await;
    let holder = Holder::of(&gateway).await;
    limit(&gateway, ALICE, json!({"maxUploadBytes": 100, "monthlyBytes": 150, "allowedContentTypes": ["text/*"]}))
        .await;
    let key = holder.written("a/b", "hello", "01").await;
    holder.written("a/b", "hello, world", "02").await;
    assert_eq!(holder.upload().await["size"], 12);
    assert_eq!(holder.tell(&key, "01").await.1, json!(0), "late");
    assert_eq!(holder.tell(&key, "03").await.1, json!(0), "nothing is new");
    assert_eq!(actions(&gateway).await, ["object.adopted", "upload.completed", "object.overwritten"]);
    assert_eq!(miscounted(&gateway).await, [""; 0]);

    holder.written("a/b", "x".repeat(101), "04").await;
    assert_eq!(holder.upload().await["status"], "deleted");
    assert!(store::keys(&gateway).await.is_empty());
    let (ended, told) = (actions(&gateway).await, audit(&gateway).await);
    assert_eq!(ended[3..], ["object.refused", "upload.deleted", "object.deleted"]);
    assert_eq!(told[3].1["rule"], "maxUploadBytes");

    // The 12 bytes of the one that was deleted are not given back, so 138 are left.
    holder.written("a/c", "x".repeat(60), "01").await;
    holder.written("a/d", "x".repeat(60), "01").await;
    holder.written("a/d", "x".repeat(90), "02").await;
    assert_eq!(holder.uploads().await[0]["status"], "deleted", "there was room for 18 more");
    let page = holder.write_as("a/c", "<p>", "application/xhtml+xml").await;
    assert_eq!(holder.tell(&page, "02").await.1, json!(1));
    assert!(store::keys(&gateway).await.is_empty());
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn a_key_that_is_written_after_its_upload_was_deleted_begins_a_new_one() {
    let gateway = Harness::with(EAGER).await;
    let holder = Holder::of(&gateway).await;
    let key = holder.written("a/b", "hello", "01").await;
    let first = holder.upload().await;
    assert_eq!(holder.delete(&first).await, StatusCode::NO_CONTENT);
    assert!(store::keys(&gateway).await.is_empty());
    assert_eq!(holder.tell(&key, "01").await.1, json!(0), "late");

    // Long after the first one's end, too, nobody takes away what is not its own.
    holder.write("a/b", "hello").await;
    for _ in 0..2 {
        gateway.travel(Duration::from_secs(11 * 60));
        done_with(&gateway, 1).await;
    }
    assert_eq!(store::keys(&gateway).await, std::slice::from_ref(&key));
    assert_eq!(holder.tell(&key, "02").await.1, json!(1));
    let uploads = holder.uploads().await;
    let statuses: Vec<_> = uploads.iter().map(|upload| upload["status"].as_str().expect("a status")).collect();
    assert_eq!(statuses, ["completed", "deleted"]);
    assert_ne!(uploads[0]["id"], first["id"]);
    assert_eq!(store::keys(&gateway).await, [key]);
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn who_clears_up_late_leaves_alone_what_was_written_meanwhile() {
    let gateway = Harness::with(EAGER).await;
    let holder = Holder::of(&gateway).await;
    let key = holder.written("a/b", "hello", "01").await;
    gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
    assert_eq!(
        holder.delete(&holder.upload().await).await,
        StatusCode::NO_CONTENT,
        "on record, and to be cleared away"
    );
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    assert_eq!(holder.tell(&key, "01").await.1, json!(0), "what is about to be deleted is nothing new");
    holder.written("a/b", "hello again", "02").await;
    gateway.travel(Duration::from_secs(61));
    done_with(&gateway, 1).await;
    assert_eq!(store::keys(&gateway).await, [key]);
    assert_eq!(holder.uploads().await[0]["size"], 11);
}

#[tokio::test]
async fn who_clears_up_late_leaves_alone_what_nobody_has_told_of_yet() {
    let gateway = Harness::with(EAGER).await;
    let holder = Holder::of(&gateway).await;
    let key = holder.written("a/b", "hello", "01").await;
    gateway.neighbours().aws.set_s3_fault(Fault::Unavailable);
    assert_eq!(holder.delete(&holder.upload().await).await, StatusCode::NO_CONTENT, "to be cleared away");
    gateway.neighbours().aws.set_s3_fault(Fault::None);
    holder.write("a/b", "hello again").await;
    gateway.travel(Duration::from_secs(61));
    done_with(&gateway, 1).await;
    assert_eq!(store::keys(&gateway).await, std::slice::from_ref(&key), "it is not the one that was deleted");
    assert_eq!(holder.tell(&key, "02").await.1, json!(1));
    let uploads = holder.uploads().await;
    assert_eq!((&uploads[0]["status"], &uploads[0]["size"]), (&json!("completed"), &json!(11)));
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn an_object_that_was_written_again_is_found_although_nobody_tells() {
    let gateway = Harness::with(EAGER).await;
    let holder = Holder::of(&gateway).await;
    holder.written("a/b", "hello", "01").await;
    holder.write("a/b", "hello again").await;
    gateway.travel(Duration::from_secs(10 * 60 + 1));
    gateway.until("it is found", async || holder.upload().await["size"] == 11).await;
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn what_was_granted_and_is_written_over_with_credentials_is_told_too() {
    let gateway = Harness::start().await;
    let holder = Holder::of(&gateway).await;
    let grant = gateway.grant(&holder.token, 11).await;
    gateway.put(&grant, "hello world", |put| put).await;
    let key = grant["key"].as_str().expect("a key");
    holder.tell(key, "01").await;
    let name = key.strip_prefix(&holder.prefix).expect("hers");
    holder.written(name, "hello there", "02").await;
    holder.write(name, "hello, everybody").await;
    assert_eq!(holder.tell(key, "03").await.1, json!(1));
    assert_eq!(holder.upload().await["size"], 16, "it keeps the tenant's limits, and counts as what it is");
    assert_eq!(miscounted(&gateway).await, [""; 0]);
    let told = audit(&gateway).await;
    let within: Vec<_> =
        told.iter().filter(|(action, _)| action == "object.overwritten").map(|(_, d)| &d["withinGrant"]).collect();
    assert_eq!(within, [&json!(true), &json!(false)]);

    limit(&gateway, ALICE, json!({"maxUploadBytes": 20})).await;
    holder.written(name, "x".repeat(21), "04").await;
    assert_eq!(holder.upload().await["status"], "deleted", "no grant takes anybody past the tenant's limits");
    assert!(store::keys(&gateway).await.is_empty());
    assert_eq!(actions(&gateway).await.last().map(String::as_str), Some("object.deleted"));
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn who_looked_earlier_and_writes_later_does_not_have_the_last_word() {
    let gateway = Harness::start().await;
    let holder = Holder::of(&gateway).await;
    holder.written("a/b", "one", "01").await;
    let key = holder.write("a/b", "three").await;
    // Another replica: it has seen what comes after that, and is about to write it down.
    let mut another = postgres::begin(&gateway.database.pool).await.expect("a transaction");
    let later = "update uploads set stored_size_bytes = 10, stored_etag = $1, event_sequencer = '03'";
    sqlx::query(later).bind("another").execute(&mut *another).await.expect("written");
    let told = tell(&gateway, &key, "02");
    let meanwhile = async {
        let waits = "pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        gateway.until("the first has looked", async || gateway.database.count(waits).await == 1).await;
        holder.write("a/b", "ten bytes.").await;
        another.commit().await.expect("committed");
    };
    let (told, ()) = futures_util::future::join(told, meanwhile).await;
    assert_eq!(told.0, StatusCode::OK);
    assert_eq!(holder.upload().await["size"], 10, "and not 5, which the first had seen");
    assert_eq!(miscounted(&gateway).await, [""; 0]);
}
