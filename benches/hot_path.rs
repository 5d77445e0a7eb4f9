//! What does each step of `POST /v1/uploads` cost, and the whole of it?
//!
//! `cargo bench` measures; `cargo test --benches` runs each step once. Postgres, STS, S3 and Cognito are the sandbox's, and
//! real in what is measured here: `fsync` is on, tokens are RS256 under 2,048-bit keys.

use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::{Service, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::middleware::from_fn;
use actix_web::{App, test};
use aws_lc_rs::rand::{SecureRandom as _, SystemRandom};
use criterion::async_executor::AsyncExecutor;
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use upload_gateway::adapters::postgres::GrantRow;
use upload_gateway::adapters::s3::{Bucket, presign_put};
use upload_gateway::adapters::sts::Reach;
use upload_gateway::app::{Composition, migrate};
use upload_gateway::config::{self, Config};
use upload_gateway::http;
use upload_gateway::model::{
    Clock, Collection, ContentType, FileName, FileSize, Grant, GrantedSize, Metadata, Method, ObjectKey, Principal,
    Provenance, UploadId,
};
use upload_gateway::sandbox::cognito::SigningKeys;
use upload_gateway::sandbox::neighbours::{self, Neighbours};
use upload_gateway::sandbox::people;
use upload_gateway::sandbox::postgres::{Options, Postgres};

/// A gateway's insides among its neighbours.
struct Stage {
    composition: Composition,
    config: Config,
    neighbours: Neighbours,
    clock: Clock,
    _postgres: Postgres,
    _files: TempDir,
}

struct OnRuntime<'a>(&'a Runtime);

impl AsyncExecutor for OnRuntime<'_> {
    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.0.block_on(future)
    }
}

impl Stage {
    async fn set() -> anyhow::Result<Self> {
        let files = tempfile::tempdir()?;
        let (pg_bin, search_path) = config::postgres_search();
        let postgres = Postgres::start(Options {
            directory: files.path().join("postgres"),
            pg_bin,
            search_path,
            download_directory: PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("postgres-programs"),
        })
        .await?;
        let clock = Clock::system();
        let neighbours = Neighbours::start(neighbours::Options {
            data_dir: files.path().to_owned(),
            s3_port: 0,
            cognito_port: 0,
            keys: SigningKeys::generate()?,
            people: people::people(),
            self_sign_up: false,
            database_url: postgres.url(),
            clock: clock.clone(),
            events: false,
        })
        .await?;
        let config = neighbours.configuration((0, 0), "")?;
        migrate(&config, clock.clone()).await?;
        people::seed(&config, &clock).await?;
        let composition = Composition::new(&config, clock.clone()).await?;
        while !composition.state.keys.is_ready() {
            tokio::task::yield_now().await;
        }
        Ok(Self { composition, config, neighbours, clock, _postgres: postgres, _files: files })
    }

    /// A token that no cache has seen.
    fn fresh_token(&self, claims: &Value) -> String {
        let mut jti = [0; 16];
        SystemRandom::new().fill(&mut jti).unwrap_or_default();
        let mut claims = claims.clone();
        if let Some(claims) = claims.as_object_mut() {
            claims.insert("jti".to_owned(), json!(format!("{:032x}", u128::from_be_bytes(jti))));
        }
        self.neighbours.cognito.sign(json!({"alg": "RS256", "kid": self.neighbours.cognito.kid()}), claims)
    }

    fn grant(&self, principal: &Principal) -> Grant {
        let (id, file_name) = (UploadId::new(self.clock.now()), FileName::parse("photo.jpg"));
        let (Ok(file_name), Ok(content_type), Ok(size)) =
            (file_name, ContentType::parse("image/jpeg"), FileSize::parse(12_345))
        else {
            unreachable!("the constants are right")
        };
        let collection = Collection::default();
        let key = ObjectKey::new(&principal.tenant, &principal.subject, &collection, id, &file_name);
        let (checksum, metadata, method) = (None, Metadata::default(), Method::Put);
        let subject = principal.subject.clone();
        let (size, parts) = (GrantedSize::Exactly(size), None);
        Grant { id, subject, key, collection, file_name, content_type, size, checksum, metadata, method, parts }
    }
}

fn hot_path(criterion: &mut Criterion) -> anyhow::Result<()> {
    let runtime = Runtime::new()?;
    let stage = runtime.block_on(Stage::set())?;
    let state = &stage.composition.state;
    let claims = stage.neighbours.cognito.id_claims("alice@acme.example")?;
    let token = stage.fresh_token(&claims);
    let caller = runtime.block_on(state.authenticator.caller(Some(&token)))?;
    let principal = runtime.block_on(state.authenticator.principal(&caller))?;
    let reach = Reach::of(principal.session_subject());
    let credentials = runtime.block_on(state.uploads.credentials.get(&principal.tenant, &reach))?;
    let bucket = Bucket::new(&stage.config.aws, &stage.config.upload);

    let mut group = criterion.benchmark_group("hot_path");
    group.measurement_time(Duration::from_secs(3));
    group.bench_function("token/fresh", |b| {
        let verify = async |token: String| state.authenticator.caller(Some(&token)).await.is_ok();
        b.to_async(OnRuntime(&runtime)).iter_batched(
            || stage.fresh_token(&claims),
            verify,
            criterion::BatchSize::SmallInput,
        );
    });
    group.bench_function("token/seen", |b| {
        b.to_async(OnRuntime(&runtime)).iter(|| state.authenticator.caller(Some(&token)));
    });
    group.bench_function("tenant", |b| {
        b.to_async(OnRuntime(&runtime)).iter(|| state.authenticator.principal(&caller));
    });
    group.bench_function("credentials", |b| {
        b.to_async(OnRuntime(&runtime)).iter(|| state.uploads.credentials.get(&principal.tenant, &reach));
    });
    let grant = stage.grant(&principal);
    let now = stage.clock.now();
    group.bench_function("presign", |b| {
        b.iter(|| presign_put(&bucket, &credentials, &grant, Duration::from_secs(300), now));
    });
    let row = || {
        let (now, request) = (stage.clock.now(), Provenance::of_gateway(stage.clock.now(), None));
        // In the future, or the reconciler would have something to look at.
        GrantRow::new(&principal.tenant, stage.grant(&principal), now, now + Duration::from_secs(3600), request)
    };
    group.bench_function("ledger/alone", |b| {
        let record = |row| async { state.uploads.ledger.record(row).await.is_ok() };
        b.to_async(OnRuntime(&runtime)).iter_batched(row, record, criterion::BatchSize::SmallInput);
    });
    group.bench_function("ledger/64_at_once", |b| {
        let record = |rows: Vec<GrantRow>| async {
            futures_util::future::join_all(rows.into_iter().map(|row| state.uploads.ledger.record(row))).await
        };
        let rows = || (0..64).map(|_| row()).collect();
        b.to_async(OnRuntime(&runtime)).iter_batched(rows, record, criterion::BatchSize::SmallInput);
    });
    group.finish();
    handler(criterion, &runtime, &stage, &token);
    Ok(())
}

/// The whole handler with all its middleware, without the socket: one request at a time, and 64 at once.
fn handler(criterion: &mut Criterion, runtime: &Runtime, stage: &Stage, token: &str) {
    let app = App::new().wrap(from_fn(http::observe)).configure(http::public(stage.composition.state.clone()));
    let local = tokio::task::LocalSet::new();
    let app = Rc::new(runtime.block_on(local.run_until(test::init_service(app))));
    let body = json!({"fileName": "photo.jpg", "contentType": "image/jpeg", "size": 12345});
    let request = || {
        let request =
            test::TestRequest::post().uri("/v1/uploads").insert_header(("authorization", format!("Bearer {token}")));
        request.set_json(&body).to_request()
    };
    let granted = |answer: Result<ServiceResponse<_>, actix_web::Error>| {
        assert!(answer.is_ok_and(|answer: ServiceResponse| answer.status() == StatusCode::CREATED));
    };
    let mut group = criterion.benchmark_group("post_uploads");
    group.measurement_time(Duration::from_secs(5));
    group.bench_function("alone", |b| {
        b.to_async(OnRuntime(runtime)).iter(async || granted(app.call(request()).await));
    });
    group.throughput(criterion::Throughput::Elements(64));
    group.bench_function("64_at_once", |b| {
        b.to_async(OnRuntime(runtime)).iter(async || {
            let answers = futures_util::future::join_all((0..64).map(|_| app.call(request()))).await;
            answers.into_iter().for_each(granted);
        });
    });
    group.finish();
}

#[expect(clippy::expect_used, reason = "without a stage there is nothing to measure")]
fn all(criterion: &mut Criterion) {
    hot_path(criterion).expect("the stage can be set");
}

criterion_group!(benches, all);
criterion_main!(benches);
