//! Does every replica know within a second what was changed through another, however it hears of it?

use std::time::{Duration, Instant};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::database::Database;
use crate::harness::Harness;
use crate::uppy::begin_session;

const ALICE: &str = "alice@acme.example";
/// What the poll finds out takes its period and a little, and more where all other tests run besides: `tests/fleet` holds the second.
const POLLED: Duration = Duration::from_secs(6);

/// Two replicas, one of which has read everything before it changes.
struct Pair {
    gateway: Harness,
    replica: Harness,
    id: String,
    within: Duration,
    /// Every listener is killed just before each change.
    killing: bool,
}

impl Pair {
    async fn new(gateway: Harness, replica: Harness, within: Duration) -> Self {
        let me = gateway.get(&gateway.token(ALICE), "/v1/me").await;
        let id = me.body["tenant"]["id"].as_str().unwrap().to_owned();
        Self { gateway, replica, id, within, killing: false }
    }

    /// What the replica answers to Alice: the status, the problem, and how large her files may be.
    async fn me(&self) -> (u16, String, Value) {
        let answer = self.replica.get(&self.replica.token(ALICE), "/v1/me").await;
        (answer.status.as_u16(), answer.problem().to_owned(), answer.body["limits"]["maxUploadBytes"].clone())
    }

    async fn kill_listeners(&self) {
        self.gateway.listens().await;
        self.replica.listens().await;
        let kill = "select count(pg_terminate_backend(pid)) from pg_stat_activity
                    where datname = current_database() and application_name = 'upload-gateway listener'";
        let killed: i64 = sqlx::query_scalar(kill).fetch_one(&self.gateway.database.pool).await.unwrap();
        assert_eq!(killed, 2);
    }

    /// Makes a change through the one replica, and waits until the other one answers as it should.
    async fn change(
        &self,
        method: Method,
        action: &str,
        body: &Value,
        is_seen: impl Fn(&(u16, String, Value)) -> bool,
    ) {
        let remembered = self.me().await;
        assert!(!is_seen(&remembered), "before it is so: {remembered:?}");
        if self.killing {
            self.kill_listeners().await;
        }
        let path = format!("/v1/admin/tenants/{}{action}", self.id);
        let admin = self.gateway.token("admin@platform.example");
        let answer = self.gateway.send(self.gateway.request(method, &path).bearer_auth(&admin).json(body)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let changed = Instant::now();
        self.replica.until("the replica knows", async || is_seen(&self.me().await)).await;
        assert!(changed.elapsed() < self.within, "{action} {body}: {:?}", changed.elapsed());
    }

    /// Each kind of change, and what it is to leave no trace.
    async fn change_everything(&self) {
        let problem = |name: &'static str| move |seen: &(u16, String, Value)| seen.0 == 403 && seen.1 == name;
        let is_let_in = |seen: &(u16, String, Value)| seen.0 == 200;
        self.change(Method::POST, "/suspend", &json!({}), problem("tenant-suspended")).await;
        self.change(Method::POST, "/activate", &json!({}), is_let_in).await;
        self.change(Method::PATCH, "", &json!({"claimValues": ["Somebody Else"]}), problem("tenant-unknown")).await;
        self.change(Method::PATCH, "", &json!({"claimValues": ["Acme Customer 1"]}), is_let_in).await;
        let limits = json!({"limits": {"maxUploadBytes": 7}});
        self.change(Method::PATCH, "", &limits, |seen| seen.2 == json!(7)).await;
    }

    /// An Uppy session is remembered nowhere but in Postgres, so its end is known at once.
    async fn end_a_session(&self) {
        let alice = self.gateway.token(ALICE);
        let session = begin_session(&self.gateway, &alice).await;
        let secret = session["companionEndpoint"].as_str().and_then(|url| url.rsplit('/').next()).unwrap();
        let path = format!("/u/{secret}/s3/params?filename=a");
        let ask = async || self.replica.send(self.replica.request(Method::GET, &path)).await.status;
        assert_eq!(ask().await, StatusCode::OK);
        let end = format!("/v1/uppy-sessions/{}", session["id"].as_str().unwrap());
        let ended = self.gateway.send(self.gateway.request(Method::DELETE, &end).bearer_auth(&alice)).await;
        assert_eq!(ended.status, StatusCode::NO_CONTENT);
        assert_eq!(ask().await, StatusCode::UNAUTHORIZED);
    }

    /// How often the replica heard of a change, by what told it.
    async fn heard(&self, by: &str) -> f64 {
        self.replica.metric(&format!("tenant_changes_total{{heard=\"{by}\"}}")).await
    }
}

#[tokio::test]
async fn by_notifications_alone_a_replica_knows_soon_and_says_how_long_it_took() {
    let gateway = Harness::start().await;
    let replica = gateway.replica("[tenants]\npoll = \"1m\"\n").await;
    replica.listens().await;
    let pair = Pair::new(gateway, replica, Duration::from_secs(5)).await;
    let metric = async |name: &str| pair.replica.metric(name).await;
    assert!(metric("tenant_revision_age_seconds").await < 30.0);
    pair.change_everything().await;
    pair.end_a_session().await;
    assert_eq!((pair.heard("notification").await, pair.heard("poll").await), (5.0, 0.0));
    assert_eq!(metric("tenant_change_lag_seconds_count").await, 5.0);
    assert!(metric("tenant_change_lag_seconds_sum").await > 0.0, "a change is older than nothing when it is heard of");
    assert!(metric("tenant_revision_age_seconds").await < 10.0, "the last notification confirmed it");
}

#[tokio::test]
async fn with_its_listener_killed_a_replica_knows_by_looking() {
    let gateway = Harness::start().await;
    let replica = gateway.replica("").await;
    let pair = Pair { killing: true, ..Pair::new(gateway, replica, POLLED).await };
    pair.change_everything().await;
    pair.end_a_session().await;
    pair.replica.listens().await;
    assert!(pair.heard("notification").await + pair.heard("poll").await >= 5.0);
}

#[tokio::test]
async fn where_nobody_can_listen_a_replica_knows_by_looking_and_says_that_it_does_not_listen() {
    let database = Database::create().await;
    // Who connects from now on calls this one, which tells nobody.
    for statement in [
        "create function public.pg_notify(text, text) returns void language sql as ''",
        "do $$ begin execute format('alter database %I set search_path = public, pg_catalog', current_database()); end $$",
    ] {
        sqlx::query(statement).execute(&database.pool).await.unwrap();
    }
    let gateway = Harness::on(database, "").await;
    let replica = gateway.replica("").await;
    // What happens before its first look it learns by that, and it counts as nothing new.
    let ready = Instant::now();
    replica
        .until("it has looked", async || {
            let since = ready.elapsed().as_secs_f64();
            replica.metric("tenant_revision_age_seconds").await < since
        })
        .await;
    let pair = Pair::new(gateway, replica, POLLED).await;
    pair.change_everything().await;
    pair.end_a_session().await;
    assert_eq!((pair.heard("notification").await, pair.heard("poll").await), (0.0, 5.0));
    assert_eq!(pair.replica.metric("tenant_listener_connected").await, 0.0);
    assert!(pair.replica.metric("tenant_revision_age_seconds").await < 5.0, "it is in step all the same");
}
