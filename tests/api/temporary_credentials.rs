//! What do clients get that sign by themselves, and how far does it reach?

use std::time::Duration;

use aws_sdk_s3::Client;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use serde_json::{Value, json};
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::harness::{Answer, Harness};
use crate::store;

const PROCESS: &str = "application/vnd.aws.credential-process+json";

/// A gateway whose tenant Acme hands out credentials.
async fn vending(may_read: bool) -> Harness {
    let gateway = Harness::start().await;
    allow(&gateway, json!({"credentialVending": true, "credentialReading": may_read})).await;
    gateway
}

async fn allow(gateway: &Harness, changes: Value) {
    let admin = gateway.token("admin@platform.example");
    let me = gateway.get(&gateway.token("alice@acme.example"), "/v1/me").await.body;
    let at = format!("/v1/admin/tenants/{}", me["tenant"]["id"].as_str().unwrap());
    assert_eq!(gateway.patch(&admin, &at, changes).await.status, StatusCode::OK);
}

async fn credentials(gateway: &Harness, email: &str) -> Value {
    let answer = gateway.post(&gateway.token(email), "/v1/credentials", json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

/// The client of somebody who was handed these.
fn client(gateway: &Harness, given: &Value) -> Client {
    let text = |name: &str| given[name].as_str().expect(name).to_owned();
    store::client_of(gateway, &text("accessKeyId"), &text("secretAccessKey"), &text("sessionToken"))
}

async fn subject(gateway: &Harness, email: &str) -> String {
    gateway.get(&gateway.token(email), "/v1/me").await.body["subject"].as_str().unwrap().to_owned()
}

async fn list(s3: &Client, prefix: Option<&str>) -> u16 {
    store::status(&Box::pin(s3.list_objects_v2().bucket(BUCKET).set_prefix(prefix.map(str::to_owned)).send()).await)
}

#[tokio::test]
async fn they_write_below_their_own_prefix_and_nowhere_else() {
    let gateway = vending(false).await;
    let given = credentials(&gateway, "alice@acme.example").await;
    let (alice, bob) = (subject(&gateway, "alice@acme.example").await, subject(&gateway, "bob@acme.example").await);
    let prefix = given["prefix"].as_str().unwrap();
    assert_eq!(prefix, format!("acme/{alice}/"));
    assert_eq!((&given["bucket"], &given["region"]), (&json!("uploads"), &json!("eu-central-1")));
    assert_eq!(given["endpoint"].as_str().unwrap(), gateway.neighbours().aws.url().trim_end_matches('/'));
    let s3 = client(&gateway, &given);
    assert_eq!(store::attempt(&s3, &format!("{prefix}a.txt")).await, [200, 403, 403, 403], "PUT, GET, HEAD, DELETE");
    let elsewhere = [
        format!("acme/{bob}/a.txt"),
        "acme/a.txt".to_owned(),
        "a.txt".to_owned(),
        format!("globex/{alice}/a.txt"),
        format!("acme/{alice}x/a.txt"),
        format!("acme/{alice}"),
    ];
    for key in &elsewhere {
        assert_eq!(store::attempt(&s3, key).await, [403; 4], "{key}");
    }
    for looked_for in [None, Some(""), Some(prefix), Some("acme/"), Some("globex/")] {
        assert_eq!(list(&s3, looked_for).await, 403, "{looked_for:?}");
    }
    assert_eq!(store::keys(&gateway).await, [format!("{prefix}a.txt")]);
}

#[tokio::test]
async fn they_write_nothing_that_the_gateway_could_not_look_at() {
    let gateway = vending(true).await;
    let given = credentials(&gateway, "alice@acme.example").await;
    let (s3, key) = (client(&gateway, &given), format!("{}a.txt", given["prefix"].as_str().unwrap()));
    let put = s3.put_object().bucket(BUCKET).key(&key).sse_customer_algorithm("AES256");
    let begin = s3.create_multipart_upload().bucket(BUCKET).key(&key).sse_customer_algorithm("AES256");
    assert_eq!(store::status(&Box::pin(put.send()).await), 403, "with a key of its writer's own (SSE-C)");
    assert_eq!(store::status(&Box::pin(begin.send()).await), 403);
    assert_eq!(store::keys(&gateway).await, [""; 0]);
}

#[tokio::test]
async fn they_carry_a_multipart_upload_to_its_end_and_abort_one() {
    let gateway = vending(false).await;
    let given = credentials(&gateway, "alice@acme.example").await;
    let (s3, key) = (client(&gateway, &given), format!("{}b.bin", given["prefix"].as_str().unwrap()));
    let bytes = vec![7_u8; 6 << 20];
    store::multipart_by(&s3, &key, &bytes, 5 << 20).await;
    assert_eq!(store::keys(&gateway).await, std::slice::from_ref(&key));
    let begun = Box::pin(s3.create_multipart_upload().bucket(BUCKET).key(&key).send()).await.unwrap();
    let id = begun.upload_id().unwrap();
    let parts = Box::pin(s3.list_parts().bucket(BUCKET).key(&key).upload_id(id).send()).await;
    let abort = Box::pin(s3.abort_multipart_upload().bucket(BUCKET).key(&key).upload_id(id).send()).await;
    assert_eq!((store::status(&parts), store::status(&abort)), (200, 200));
}

#[tokio::test]
async fn where_the_tenant_allows_it_they_read_and_list_their_own_prefix_too() {
    let gateway = vending(true).await;
    let given = credentials(&gateway, "alice@acme.example").await;
    let bob = subject(&gateway, "bob@acme.example").await;
    let (s3, prefix) = (client(&gateway, &given), given["prefix"].as_str().unwrap());
    assert_eq!(store::attempt(&s3, &format!("{prefix}a.txt")).await, [200, 200, 200, 403], "PUT, GET, HEAD, DELETE");
    assert_eq!(store::attempt(&s3, &format!("acme/{bob}/a.txt")).await, [403; 4]);
    let below = format!("{prefix}default/");
    for (looked_for, expected) in [
        (Some(prefix), 200),
        (Some(below.as_str()), 200),
        (None, 403),
        (Some(""), 403),
        (Some("acme/"), 403),
        (Some(prefix.trim_end_matches('/')), 403),
    ] {
        assert_eq!(list(&s3, looked_for).await, expected, "{looked_for:?}");
    }
}

#[tokio::test]
async fn whatever_the_role_and_the_isolation_the_prefix_is_the_callers_own() {
    let gateway = vending(true).await;
    for isolation in ["tenant", "user"] {
        allow(&gateway, json!({"isolation": isolation})).await;
        for email in ["alice@acme.example", "ada@acme.example"] {
            let given = credentials(&gateway, email).await;
            let own = format!("acme/{}/", subject(&gateway, email).await);
            assert_eq!(given["prefix"], json!(own), "{email}, {isolation}");
        }
    }
}

#[tokio::test]
async fn a_tenant_that_does_not_allow_it_gets_none() {
    let gateway = vending(true).await;
    let refused = |answer: &Answer| (answer.status.as_u16(), answer.problem().to_owned());
    let no = (403, "credentials-not-allowed".to_owned());
    let gina = gateway.token("gina@globex.example");
    assert_eq!(refused(&gateway.post(&gina, "/v1/credentials", json!({})).await), no);
    assert_eq!(refused(&gateway.get(&gina, "/companion/s3/sts").await), no);
    let alice = gateway.token("alice@acme.example");
    credentials(&gateway, "alice@acme.example").await;
    allow(&gateway, json!({"credentialVending": false})).await;
    assert_eq!(refused(&gateway.post(&alice, "/v1/credentials", json!({})).await), no, "at once");
    let handed_out: i64 = sqlx::query_scalar("select count(*) from audit_events where action = 'credentials.issued'")
        .fetch_one(&gateway.database.pool)
        .await
        .unwrap();
    assert_eq!(handed_out, 1);
}

#[tokio::test]
async fn each_hand_out_is_on_record_and_none_leaves_without() {
    let gateway = vending(false).await;
    let alice = gateway.token("alice@acme.example");
    let given = credentials(&gateway, "alice@acme.example").await;
    gateway.get(&alice, "/companion/s3/sts").await;
    let events: Vec<(String, Value)> = sqlx::query_as(
        "select subject, detail from audit_events where action = 'credentials.issued' and tenant_id is not null order by id",
    )
    .fetch_all(&gateway.database.pool)
    .await
    .unwrap();
    let expected = json!({"prefix": given["prefix"], "mayRead": false, "expiresAt": given["expiration"], "accessKeyId": given["accessKeyId"]});
    let event = (subject(&gateway, "alice@acme.example").await, expected);
    assert_eq!(events, [event.clone(), event], "the second hand-out was of the same session");
    for secret in ["secretAccessKey", "sessionToken"] {
        assert!(!format!("{events:?}").contains(given[secret].as_str().unwrap()), "{secret} is in the audit");
    }
    sqlx::query("alter table audit_events rename to lost").execute(&gateway.database.pool).await.unwrap();
    let answer = gateway.post(&alice, "/v1/credentials", json!({})).await;
    assert_eq!((answer.status.as_u16(), answer.problem()), (503, "unavailable"));
    assert!(!answer.body.to_string().contains("ASIA"), "{}", answer.body);
}

#[tokio::test]
async fn sts_is_asked_once_while_enough_of_their_life_is_left() {
    let gateway = vending(false).await;
    let first = credentials(&gateway, "alice@acme.example").await;
    assert_eq!(credentials(&gateway, "alice@acme.example").await, first);
    let others = credentials(&gateway, "bob@acme.example").await;
    assert_ne!(others["accessKeyId"], first["accessKeyId"]);
    let handed_out = |gateway: &Harness| gateway.neighbours().aws.assume_role_history().len();
    assert_eq!(handed_out(&gateway), 2);
    gateway.travel(Duration::from_secs(31 * 60));
    credentials(&gateway, "alice@acme.example").await;
    gateway.until("new ones come", async || credentials(&gateway, "alice@acme.example").await != first).await;
    assert_eq!(handed_out(&gateway), 3);
    // The sandbox's STS goes by the machine's clock, so that its hour ends in 19 minutes of ours now.
    gateway.travel(Duration::from_secs(10 * 60));
    for email in ["alice@acme.example", "ada@acme.example"] {
        let answer = gateway.post(&gateway.token(email), "/v1/credentials", json!({})).await;
        assert_eq!((answer.status.as_u16(), answer.problem()), (503, "unavailable"), "19 minutes are too few");
    }
}

#[tokio::test]
async fn the_aws_cli_reads_them_as_its_credential_process_writes_them() {
    let gateway = vending(false).await;
    let alice = gateway.token("alice@acme.example");
    let plain = credentials(&gateway, "alice@acme.example").await;
    for accept in [PROCESS, "application/json;q=0.5, Application/Vnd.AWS.Credential-Process+JSON;q=1"] {
        let request =
            gateway.request(reqwest::Method::POST, "/v1/credentials").bearer_auth(&alice).header(ACCEPT, accept);
        let answer = gateway.send(request).await;
        assert_eq!((answer.status, &answer.headers[CONTENT_TYPE]), (StatusCode::OK, &PROCESS.parse().unwrap()));
        assert_eq!(answer.headers[CACHE_CONTROL], "no-store");
        let expected = json!({
            "Version": 1, "AccessKeyId": plain["accessKeyId"], "SecretAccessKey": plain["secretAccessKey"],
            "SessionToken": plain["sessionToken"], "Expiration": plain["expiration"],
        });
        assert_eq!(answer.body, expected);
    }
}

#[tokio::test]
async fn uppy_5_and_6_each_find_their_spelling() {
    let gateway = vending(false).await;
    let plain = credentials(&gateway, "alice@acme.example").await;
    let uppy = gateway.get(&gateway.token("alice@acme.example"), "/companion/s3/sts").await;
    assert_eq!(uppy.status, StatusCode::OK);
    for member in ["accessKeyId", "secretAccessKey", "sessionToken", "expiration"] {
        let pascal = format!("{}{}", member[..1].to_uppercase(), &member[1..]);
        assert_eq!(
            (&uppy.body["credentials"][member], &uppy.body["credentials"][&pascal]),
            (&plain[member], &plain[member])
        );
    }
    for member in ["bucket", "region", "prefix", "endpoint"] {
        assert_eq!(uppy.body[member], plain[member], "{member}");
    }
    assert_eq!(uppy.body["s3Endpoint"], json!(format!("{}/uploads", plain["endpoint"].as_str().unwrap())));
}
