//! How does a test get a gateway of its own?

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock, OnceLock};
use std::time::Duration;

use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;
use upload_gateway::app::Application;
use upload_gateway::config::Config;
use upload_gateway::model::Clock;
use upload_gateway::sandbox::cognito::SigningKeys;
use upload_gateway::sandbox::neighbours::{self, Neighbours};
use upload_gateway::sandbox::people;

pub(crate) use crate::answer::Answer;
use crate::database::Database;

/// Where every server of every test runs. A test's own runtime ends with the test, and servers must be able to stop after it.
pub(crate) static SERVERS: LazyLock<Runtime> = LazyLock::new(|| {
    // Both ends of every connection are in this process, and thousands of them in one test; a newcomer's shell allows 1,024 files.
    let files = rlimit::increase_nofile_limit(16_384).expect("the limit of open files can be raised");
    assert!(files >= 6_000, "these tests open up to 6,000 files, and the hard limit here (ulimit -Hn) is {files}");
    Runtime::new().expect("a runtime")
});

/// The one web origin whose pages may call.
pub(crate) const PAGE: &str = "https://partner.example";

/// A gateway among its neighbours.
pub(crate) struct Harness {
    pub(crate) public_url: String,
    pub(crate) internal_url: String,
    pub(crate) neighbours: Option<Arc<Neighbours>>,
    pub(crate) database: Database,
    /// How far the gateway's clock is ahead of the machine's, in seconds.
    ahead: Arc<AtomicI64>,
    pub(crate) http: reqwest::Client,
    stop: CancellationToken,
    stopped: Option<tokio::task::JoinHandle<()>>,
    _objects: Arc<tempfile::TempDir>,
}

impl Harness {
    /// With the sandbox's people and default settings.
    pub(crate) async fn start() -> Self {
        Self::with("").await
    }

    /// With further TOML at the end of the configuration; it may open sections of its own.
    pub(crate) async fn with(further: &str) -> Self {
        Self::on(Database::create().await, further).await
    }

    /// With a gateway that listens to S3's events, and further TOML as in [`Self::with`].
    pub(crate) async fn with_events(further: &str) -> Self {
        let (database, further) = (Database::create().await, further.to_owned());
        SERVERS
            .spawn(Self::launch(database, further, None, true, |_| {}))
            .await
            .expect("the harness starts")
            .ready()
            .await
    }

    /// On a database that may be shared with another replica, or be on a server of the test's own.
    pub(crate) async fn on(database: Database, further: &str) -> Self {
        let further = further.to_owned();
        SERVERS
            .spawn(Self::launch(database, further, None, false, |_| {}))
            .await
            .expect("the harness starts")
            .ready()
            .await
    }

    /// One that waits long for everything around it: for a test that asks more at once than a busy machine does in seconds.
    pub(crate) async fn patient() -> Self {
        let launch = Self::launch(Database::create().await, String::new(), None, false, be_patient);
        SERVERS.spawn(launch).await.expect("the harness starts").ready().await
    }

    /// Another gateway on the same database, among the same neighbours.
    pub(crate) async fn replica(&self, further: &str) -> Self {
        self.replica_of(further, |_| {}).await
    }

    /// The same, as in [`Self::patient`].
    pub(crate) async fn patient_replica(&self) -> Self {
        self.replica_of("", be_patient).await
    }

    pub(crate) async fn replica_of(&self, further: &str, change: fn(&mut Config)) -> Self {
        let (database, further, shared) = (self.database.clone(), further.to_owned(), self.neighbours.clone());
        let neighbours = shared.zip(Some(Arc::clone(&self._objects)));
        let launch = Self::launch(database, further, neighbours, false, change);
        SERVERS.spawn(launch).await.expect("the replica starts").ready().await
    }

    async fn launch(
        database: Database,
        further: String,
        shared: Option<(Arc<Neighbours>, Arc<tempfile::TempDir>)>,
        events: bool,
        change: fn(&mut Config),
    ) -> Self {
        let ahead = Arc::new(AtomicI64::new(0));
        let clock = Clock::new({
            let (ahead, machine) = (Arc::clone(&ahead), Clock::system());
            move || machine.now() + time::Duration::seconds(ahead.load(Ordering::Relaxed))
        });
        let (neighbours, objects) = match shared {
            Some(shared) => shared,
            None => {
                let objects = Arc::new(tempfile::tempdir().expect("a directory"));
                let options = neighbours::Options {
                    data_dir: objects.path().to_owned(),
                    s3_port: 0,
                    cognito_port: 0,
                    keys: signing_keys(),
                    people: people::people(),
                    self_sign_up: false,
                    database_url: database.service_url.clone(),
                    clock: Clock::system(),
                    events,
                };
                (Arc::new(Neighbours::start(options).await.expect("the neighbours start")), objects)
            }
        };
        let mut config = neighbours.configuration((0, 0), &further).expect("a good configuration");
        config.server.workers = Some(2);
        config.server.allowed_origins = vec![PAGE.to_owned(), "http://localhost:*".to_owned()];
        config.database.max_connections = config.database.max_connections.min(4);
        change(&mut config);
        people::seed(&config, &clock).await.expect("people are seeded");
        let application = Application::build(config, clock).await.expect("the gateway starts");
        let public_url = format!("http://{}", application.public_address());
        let internal_url = format!("http://{}", application.internal_address());
        let stop = CancellationToken::new();
        let token = stop.clone();
        let stopped = tokio::spawn(async move { application.run_until(token).await.expect("the gateway serves") });
        Self {
            public_url,
            internal_url,
            neighbours: Some(neighbours),
            database,
            ahead,
            // Idle connections are given up here before the server does it, which would break a request that is just being sent.
            http: reqwest::Client::builder().pool_idle_timeout(Duration::from_secs(1)).build().expect("a client"),
            stop,
            stopped: Some(stopped),
            _objects: objects,
        }
    }

    async fn ready(self) -> Self {
        self.until("the gateway is ready", async || {
            self.internal("/readyz").await.is_some_and(|(status, _)| status == StatusCode::OK)
        })
        .await;
        self
    }

    pub(crate) fn neighbours(&self) -> &Neighbours {
        self.neighbours.as_ref().expect("the neighbours run")
    }

    /// Lets the gateway believe that it is later.
    pub(crate) fn travel(&self, ahead: Duration) {
        self.ahead.fetch_add(i64::try_from(ahead.as_secs()).expect("not that far"), Ordering::Relaxed);
    }

    /// The ID token of one of the sandbox's people.
    pub(crate) fn token(&self, email: &str) -> String {
        self.neighbours().cognito.sign_in(email).expect("a known person").id_token
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.public_url))
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        let answer = request.send().await.expect("the gateway answers");
        let (status, headers) = (answer.status(), answer.headers().clone());
        let text = answer.text().await.expect("a body");
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Answer { status, headers, body }
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(self.request(Method::GET, path).bearer_auth(token)).await
    }

    pub(crate) async fn post(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).bearer_auth(token).json(&body)).await
    }

    pub(crate) async fn patch(&self, token: &str, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PATCH, path).bearer_auth(token).json(&body)).await
    }

    /// A grant for that many bytes of text, which must be given.
    pub(crate) async fn grant(&self, token: &str, size: usize) -> Value {
        let body = json!({"fileName": "hello.txt", "contentType": "text/plain", "size": size});
        let answer = self.post(token, "/v1/uploads", body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body
    }

    /// Sends bytes as the grant says, with whatever `change` makes of the request.
    pub(crate) async fn put(
        &self,
        grant: &Value,
        bytes: &str,
        change: impl FnOnce(RequestBuilder) -> RequestBuilder,
    ) -> Answer {
        let url = grant["request"]["url"].as_str().expect("a URL");
        let mut request = self.http.put(url).body(bytes.to_owned());
        for (name, value) in grant["request"]["headers"].as_object().expect("headers") {
            request = request.header(name, value.as_str().expect("a text"));
        }
        self.send(change(request)).await
    }

    /// What the internal listener answers, if it does.
    pub(crate) async fn internal(&self, path: &str) -> Option<(StatusCode, String)> {
        let answer = self.http.get(format!("{}{path}", self.internal_url)).send().await.ok()?;
        Some((answer.status(), answer.text().await.ok()?))
    }

    /// The value of one metric, zero when it has none yet.
    pub(crate) async fn metric(&self, name_and_labels: &str) -> f64 {
        let (_, text) = self.internal("/metrics").await.expect("metrics");
        let line = text.lines().find_map(|line| line.strip_prefix(&format!("upload_gateway_{name_and_labels} ")));
        line.map_or(0.0, |value| value.parse().expect("a number"))
    }

    /// Until notifications of tenants' changes arrive there.
    pub(crate) async fn listens(&self) {
        let connected = "tenant_listener_connected";
        self.until("notifications arrive", async || self.metric(connected).await > 0.0).await;
    }

    /// Asks again and again until it is so, for half a minute at most.
    pub(crate) async fn until(&self, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
        let mut glance = tokio::time::interval(Duration::from_millis(10));
        let asking = async {
            while !is_so().await {
                glance.tick().await;
            }
        };
        let asked = tokio::time::timeout(Duration::from_secs(30), asking).await;
        assert!(asked.is_ok(), "not within half a minute: {what}");
    }

    /// Asks for a graceful stop, as the first signal does.
    pub(crate) fn begin_to_stop(&self) {
        self.stop.cancel();
    }

    /// A graceful stop, waited for.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        self.stopped.take().expect("runs").await.expect("stops");
    }
}

impl Drop for Harness {
    fn drop(&mut self) {
        let (stop, stopped, neighbours) = (self.stop.clone(), self.stopped.take(), self.neighbours.take());
        SERVERS.spawn(async move {
            stop.cancel();
            if let Some(stopped) = stopped {
                let _result = stopped.await;
            }
            if let Some(neighbours) = neighbours.and_then(Arc::into_inner) {
                neighbours.stop().await;
            }
        });
    }
}

fn be_patient(config: &mut Config) {
    let long = Duration::from_secs(120);
    (config.server.request_timeout, config.aws.timeout, config.ledger.deadline) = (long, long, long);
    (config.database.connect_timeout, config.database.statement_timeout) = (long, long);
}

/// The keys that every test's user pool signs with: making RSA keys is slow.
fn signing_keys() -> SigningKeys {
    static KEYS: OnceLock<SigningKeys> = OnceLock::new();
    KEYS.get_or_init(|| SigningKeys::generate().expect("keys")).clone()
}
