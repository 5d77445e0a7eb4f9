//! Can an admin who suspends a tenant take back what its people were handed out, and is the admin told what came of it?

use reqwest::StatusCode;
use serde_json::{Value, json};
use upload_gateway::sandbox::neighbours::BUCKET;

use crate::answer::Answer;
use crate::harness::Harness;
use crate::holder::{ALICE, vending};
use crate::{own_process, store};

const ADMIN: &str = "admin@platform.example";
const GINA: &str = "gina@globex.example";
/// The gateway's role without `iam:PutRolePolicy`.
const WITHOUT_IAM: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}]}"#;

async fn tenant(gateway: &Harness, email: &str) -> String {
    let me = gateway.get(&gateway.token(email), "/v1/me").await.body;
    format!("/v1/admin/tenants/{}", me["tenant"]["id"].as_str().expect("an id"))
}

async fn suspend(gateway: &Harness, tenant: &str, body: Value) -> Answer {
    gateway.post(&gateway.token(ADMIN), &format!("{tenant}/suspend"), body).await
}

/// Suspends and revokes, and gives what became of it.
async fn revoke(gateway: &Harness, tenant: &str) -> Value {
    let answer = suspend(gateway, tenant, json!({"revokeOutstanding": true})).await;
    assert_eq!((answer.status, &answer.body["status"]), (StatusCode::OK, &json!("suspended")), "{}", answer.body);
    answer.body["outstanding"]["revocation"].clone()
}

async fn put(gateway: &Harness, grant: &Value) -> StatusCode {
    gateway.put(grant, "hello", |request| request).await.status
}

/// What the audit says of revocations, oldest first.
async fn audit(gateway: &Harness) -> Vec<String> {
    let events = "select detail ->> 'slug' || ' ' || (detail ->> 'result') from audit_events
                  where action = 'tenant.sessions_revoked' order by id";
    sqlx::query_scalar(events).fetch_all(&gateway.database.pool).await.expect("events")
}

#[tokio::test]
async fn urls_parts_and_credentials_die_with_a_revocation_and_those_of_others_do_not() {
    let gateway = Harness::start().await;
    vending(&gateway, true).await;
    let (alice, gina) = (gateway.token(ALICE), gateway.token(GINA));
    let (hers, ginas) = (gateway.grant(&alice, 5).await, gateway.grant(&gina, 5).await);
    let used = gateway.grant(&alice, 5).await;
    assert_eq!(put(&gateway, &used).await, StatusCode::OK);
    let path = format!("/v1/uploads/{}", used["id"].as_str().unwrap());
    assert_eq!(gateway.post(&alice, &format!("{path}/complete"), json!({})).await.status, StatusCode::OK);
    let download = gateway.get(&alice, &format!("{path}/download")).await.body["url"].as_str().unwrap().to_owned();
    let read = async || gateway.http.get(&download).send().await.unwrap().status();
    assert_eq!(read().await, StatusCode::OK);
    let large = json!({"fileName": "film.mp4", "contentType": "video/mp4", "size": 3, "method": "multipart"});
    let large = gateway.post(&alice, "/v1/uploads", large).await.body;
    let parts = format!("/v1/uploads/{}/parts", large["id"].as_str().unwrap());
    let part = gateway.post(&alice, &parts, json!({"partNumbers": [1]})).await.body["parts"][0].clone();
    // Small: who refuses a large one does not read it first, and is seen to hang up.
    let send_part = async || gateway.put(&json!({"request": part}), "xxx", |request| request).await.status;
    assert_eq!(send_part().await, StatusCode::OK, "{part}");
    let session = gateway.post(&alice, "/v1/credentials", json!({})).await;
    assert_eq!(session.status, StatusCode::OK, "{}", session.body);
    let text = |name: &str| session.body[name].as_str().expect("a text").to_owned();
    let holder = store::client_of(&gateway, &text("accessKeyId"), &text("secretAccessKey"), &text("sessionToken"));
    let key = format!("{}photo.jpg", text("prefix"));
    let write = async || {
        let sent = holder.put_object().bucket(BUCKET).key(&key).content_type("image/jpeg").body(b"x".to_vec().into());
        Box::pin(sent.send()).await.is_ok()
    };
    assert!(write().await, "the credentials work");

    let acme = tenant(&gateway, ALICE).await;
    assert_eq!(revoke(&gateway, &acme).await, "made");
    assert_eq!(put(&gateway, &hers).await, StatusCode::FORBIDDEN);
    assert_eq!(read().await, StatusCode::FORBIDDEN);
    assert_eq!(send_part().await, StatusCode::FORBIDDEN);
    assert!(!write().await, "the credentials are dead");
    assert_eq!(put(&gateway, &ginas).await, StatusCode::OK, "nobody took anything from globex");

    // The second tenant's revocation does not give the first its sessions back.
    let again = gateway.grant(&gina, 5).await;
    assert_eq!(revoke(&gateway, &tenant(&gateway, GINA).await).await, "made");
    assert_eq!(put(&gateway, &again).await, StatusCode::FORBIDDEN);
    assert_eq!(put(&gateway, &hers).await, StatusCode::FORBIDDEN);
    assert_eq!(audit(&gateway).await, ["acme made", "globex made"]);
}

#[tokio::test]
async fn a_gateway_without_the_permission_says_so_and_the_suspension_stands() {
    let gateway = Harness::start().await;
    let grant = gateway.grant(&gateway.token(ALICE), 5).await;
    let acme = tenant(&gateway, ALICE).await;
    gateway.neighbours().aws.set_gateway_policy(WITHOUT_IAM).expect("a policy");
    assert_eq!(revoke(&gateway, &acme).await, "not-permitted");
    assert_eq!(put(&gateway, &grant).await, StatusCode::OK, "S3 knows nothing of it");
    assert_eq!(audit(&gateway).await, ["acme not-permitted"]);
}

#[tokio::test]
async fn an_iam_that_does_not_answer_is_no_revocation_and_can_be_asked_again() {
    let gateway = Harness::start().await;
    // Where nobody listens: the discard protocol's port.
    let deaf = gateway.replica_of("", |config| config.aws.iam_endpoint_url = "http://127.0.0.1:9".parse().ok()).await;
    let grant = gateway.grant(&gateway.token(ALICE), 5).await;
    let acme = tenant(&gateway, ALICE).await;
    assert_eq!(revoke(&deaf, &acme).await, "failed");
    assert_eq!(revoke(&gateway, &acme).await, "made");
    assert_eq!(put(&gateway, &grant).await, StatusCode::FORBIDDEN);
    assert_eq!(audit(&gateway).await, ["acme failed", "acme made"]);
}

/// Each replica writes the whole policy.
#[tokio::test]
async fn two_tenants_that_are_revoked_at_once_by_two_replicas_are_both_revoked() {
    let gateway = Harness::start().await;
    let replica = gateway.replica("").await;
    let (alice, gina) = (gateway.token(ALICE), gateway.token(GINA));
    let (acme, globex) = (tenant(&gateway, ALICE).await, tenant(&gateway, GINA).await);
    let grants = [gateway.grant(&alice, 5).await, gateway.grant(&gina, 5).await];
    let made = tokio::join!(revoke(&gateway, &acme), revoke(&replica, &globex));
    assert_eq!(made, (json!("made"), json!("made")));
    for grant in &grants {
        assert_eq!(put(&gateway, grant).await, StatusCode::FORBIDDEN);
    }
}

#[tokio::test]
async fn after_a_revocation_no_replica_signs_with_a_session_that_is_dead() {
    let gateway = Harness::with("[auth]\nleeway = \"0s\"\n").await;
    let replica = gateway.replica("[auth]\nleeway = \"0s\"\n").await;
    for replica in [&gateway, &replica] {
        // So that it has a session of the tenant's.
        replica.grant(&replica.token(ALICE), 5).await;
    }
    let acme = tenant(&gateway, ALICE).await;
    assert_eq!(revoke(&gateway, &acme).await, "made");
    let activated = gateway.post(&gateway.token(ADMIN), &format!("{acme}/activate"), json!({})).await;
    assert_eq!(activated.status, StatusCode::OK, "{}", activated.body);
    for replica in [&gateway, &replica] {
        let token = replica.token(ALICE);
        let file = json!({"fileName": "hello.txt", "contentType": "text/plain", "size": 5});
        let mut granted = Value::Null;
        replica
            .until("it is served again", async || {
                let answer = replica.post(&token, "/v1/uploads", file.clone()).await;
                match answer.status {
                    StatusCode::CREATED => granted = answer.body,
                    // A replica that has not heard of the activation yet, and one that waits for a session of the new time.
                    StatusCode::FORBIDDEN => assert_eq!(answer.problem(), "tenant-suspended"),
                    _ => {
                        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{}", answer.body);
                        assert!(answer.headers.contains_key("retry-after"));
                    }
                }
                !granted.is_null()
            })
            .await;
        assert_eq!(put(replica, &granted).await, StatusCode::OK, "no URL is given that is dead already");
    }
}

#[tokio::test]
async fn a_suspension_that_asks_for_nothing_revokes_nothing() {
    let gateway = Harness::start().await;
    let acme = tenant(&gateway, ALICE).await;
    let grant = gateway.grant(&gateway.token(ALICE), 5).await;
    for body in [json!({}), json!({"revokeOutstanding": false})] {
        let answer = suspend(&gateway, &acme, body).await;
        assert_eq!(answer.body["outstanding"]["revocation"], "not-asked", "{}", answer.body);
    }
    assert_eq!(put(&gateway, &grant).await, StatusCode::OK);
    assert_eq!(audit(&gateway).await, Vec::<String>::new());
    for wrong in [json!({"revokeOutstanding": "yes"}), json!({"revokeOutstanding": null}), json!([])] {
        let answer = suspend(&gateway, &acme, wrong).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", answer.body);
    }
}

#[tokio::test]
async fn an_operator_suspends_and_revokes_from_the_command_line() {
    let gateway = Harness::start().await;
    gateway.listens().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("gateway.toml");
    let text = own_process::configuration(&gateway, "");
    std::fs::write(&file, text.replace(&gateway.database.url, &gateway.database.service_url)).unwrap();
    let run = async |arguments: &[&str]| {
        let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_upload-gateway"));
        let output = command.args(arguments).arg("--config").arg(&file).output().await.unwrap();
        let [printed, said] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        (output.status.code(), printed + &said)
    };
    let token = gateway.token(ALICE);
    let status = async || gateway.get(&token, "/v1/me").await.status;
    let grant = gateway.grant(&token, 5).await;

    let (code, said) = run(&["suspend", "--tenant", "acme"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("acme is suspended") && said.contains("--revoke-outstanding would end them now"), "{said}");
    gateway.until("the gateway knows", async || status().await == StatusCode::FORBIDDEN).await;
    assert_eq!(put(&gateway, &grant).await, StatusCode::OK, "nothing was revoked");

    let (code, said) = run(&["activate", "--tenant", "acme"]).await;
    assert_eq!((code, said.contains("acme is active")), (Some(0), true), "{said}");
    gateway.until("the gateway knows", async || status().await == StatusCode::OK).await;
    let grant = gateway.grant(&token, 5).await;
    let (code, said) = run(&["suspend", "--tenant", "acme", "--revoke-outstanding"]).await;
    assert_eq!((code, said.contains("is revoked")), (Some(0), true), "{said}");
    assert_eq!(put(&gateway, &grant).await, StatusCode::FORBIDDEN);

    gateway.neighbours().aws.set_gateway_policy(WITHOUT_IAM).expect("a policy");
    let (code, said) = run(&["suspend", "--tenant", "acme", "--revoke-outstanding"]).await;
    assert_eq!((code, said.contains("iam:PutRolePolicy")), (Some(1), true), "{said}");
    let (code, said) = run(&["suspend", "--tenant", "nobody"]).await;
    assert_eq!((code, said.contains("there is no tenant nobody")), (Some(1), true), "{said}");
    let who = "select distinct subject from audit_events where action in ('tenant.suspended', 'tenant.activated')";
    let who: Vec<String> = sqlx::query_scalar(who).fetch_all(&gateway.database.pool).await.unwrap();
    assert_eq!(who, ["operator"]);
}
