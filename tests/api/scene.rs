//! How does a test call the gateway's stories one by one, as futures that it may drop half-way?

use std::cell::{Cell, RefCell};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use aws_sdk_s3::Client;
use futures_util::future::LocalBoxFuture;
use proptest::test_runner::TestCaseError;
use sqlx::Row as _;
use sqlx::postgres::PgRow;
use time::OffsetDateTime;
use upload_gateway::adapters::postgres::uploads;
use upload_gateway::app::Composition;
use upload_gateway::domain::Error;
use upload_gateway::domain::reconcile::Reconciler;
use upload_gateway::domain::uploads::Uploads;
use upload_gateway::domain::uploads::complete::PartClaim;
use upload_gateway::domain::uploads::create::Request;
use upload_gateway::model::{
    Clock, Collection, ContentType, FileName, FileSize, IdempotencyKey, Metadata, Method, ObjectCreated, PartNumber,
    Principal, Provenance, Sequencer, Upload, UploadId,
};
use upload_gateway::sandbox::neighbours::BUCKET;
use uuid::Uuid;

use crate::harness::Harness;
use crate::store;

pub(crate) const EXPIRY: Duration = Duration::from_secs(60);
pub(crate) const GRACE: Duration = Duration::from_secs(60);
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// As short as may be: the session's own clock, which is STS's, does not travel.
const SETTINGS: &str = "url_expiry = \"1m\"\nmultipart_expiry = \"1m\"\n\
    [reconcile]\ninterval = \"1h\"\ngrace = \"1m\"\nlast_look = \"2m\"\nlease = \"30s\"\n";

/// How the bytes are to travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Put,
    Form,
    /// Of a size that the client does not know.
    OpenForm,
    Parts,
}

/// What somebody does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// The client says that it is done.
    Complete,
    /// The client takes it back.
    Withdraw,
    /// S3 tells, with that sequencer, whether or not it is so.
    Event(u8),
    /// The reconciler looks.
    Sweep,
    /// The client sends what was granted, as long as anything of it may land.
    Send(&'static str),
    /// Something else lands under the key.
    Smuggle,
    /// The client repeats its first request.
    AskAgain,
    /// Postgres ends every connection of the gateway's.
    LoseConnections,
}

impl Act {
    /// Can it die half-way, because the gateway does?
    pub(crate) const fn is_the_gateways(self) -> bool {
        !matches!(self, Self::Send(_) | Self::Smuggle | Self::LoseConnections)
    }
}

/// A gateway's insides, and all that it stands on.
pub(crate) struct Scene {
    pub(crate) gateway: Harness,
    pub(crate) s3: Client,
    uploads: Arc<Uploads>,
    reconciler: Reconciler,
    principal: Principal,
    composition: Composition,
    clock: Clock,
    ahead: Arc<AtomicI64>,
}

impl Scene {
    pub(crate) async fn set() -> Self {
        let gateway = Harness::with(SETTINGS).await;
        let config = gateway.neighbours().configuration((0, 0), SETTINGS).expect("a good configuration");
        let ahead = Arc::new(AtomicI64::new(0));
        let clock = Clock::new({
            let (ahead, machine) = (Arc::clone(&ahead), Clock::system());
            move || machine.now() + time::Duration::seconds(ahead.load(Ordering::Relaxed))
        });
        let composition = Composition::new(&config, clock.clone()).await.expect("a composition");
        gateway.until("there are keys", async || composition.state.keys.is_ready()).await;
        let (authenticator, token) = (&composition.state.authenticator, gateway.token("alice@acme.example"));
        let caller = authenticator.caller(Some(&token)).await.expect("a caller");
        let principal = authenticator.principal(&caller).await.expect("a principal");
        let uploads = Arc::clone(&composition.state.uploads);
        let reconciler = Reconciler::new(Arc::clone(&uploads), config.reconcile.clone(), None);
        let s3 = store::admin(&gateway);
        Self { gateway, s3, uploads, reconciler, principal, composition, clock, ahead }
    }

    /// Back to the present, with nothing on record and nothing in the bucket.
    pub(crate) async fn clear(&self) {
        self.ahead.store(0, Ordering::Relaxed);
        // The audit is only ever added to, but for who owns the whole server.
        let tables = "set session_replication_role = replica;
            truncate uploads, adopted_objects, audit_events, usage_deltas, tenant_days, collection_usage, idempotency_keys;
            update tenant_usage set reserved_uploads = 0, reserved_bytes = 0, used_uploads = 0, used_bytes = 0;
            set session_replication_role = origin";
        sqlx::raw_sql(tables).execute(&self.gateway.database.pool).await.expect("emptied");
        for key in store::keys(&self.gateway).await {
            Box::pin(self.s3.delete_object().bucket(BUCKET).key(key).send()).await.expect("deleted");
        }
    }

    pub(crate) fn travel(&self, ahead: Duration) {
        self.ahead.fetch_add(i64::try_from(ahead.as_secs()).expect("not that far"), Ordering::Relaxed);
    }

    /// The one upload as it is on record.
    pub(crate) async fn upload(&self) -> Option<Upload> {
        let pool = &self.gateway.database.pool;
        let id: Uuid = sqlx::query_scalar("select id from uploads").fetch_optional(pool).await.expect("a row")?;
        uploads::find(pool, &self.principal.tenant, UploadId::from(id)).await.expect("an upload")
    }

    /// The reconciler goes on alone, from the time of one look to the next, until there is none.
    pub(crate) async fn come_to_rest(&self) -> Result<(), TestCaseError> {
        for _ in 0..12 {
            self.reconciler.sweep().await.map_err(|error| TestCaseError::fail(format!("a sweep: {error:?}")))?;
            let next: Option<OffsetDateTime> = sqlx::query("select max(check_at) from uploads")
                .map(|row: PgRow| row.get(0))
                .fetch_one(&self.gateway.database.pool)
                .await
                .expect("a time");
            let Some(next) = next else { return Ok(()) };
            self.travel(Duration::try_from(next - self.clock.now()).unwrap_or_default() + Duration::from_secs(1));
        }
        Err(TestCaseError::fail("the reconciler never comes to its end"))
    }

    pub(crate) async fn strike(self) {
        let Self { composition, uploads, reconciler, .. } = self;
        drop((uploads, reconciler));
        composition.finish().await;
    }
}

/// One upload, from its grant on.
pub(crate) struct Play<'a> {
    scene: &'a Scene,
    kind: Kind,
    key: Option<&'static str>,
    /// Of the part that the client sent last.
    etag: RefCell<Option<String>>,
    /// Requests that may begin a multipart upload at S3 and were not answered as they should.
    lost: Cell<usize>,
}

impl<'a> Play<'a> {
    pub(crate) fn new(scene: &'a Scene, kind: Kind, repeatable: bool) -> Self {
        let key = repeatable.then_some("again");
        Self { scene, kind, key, etag: RefCell::default(), lost: Cell::new(0) }
    }

    /// How many multipart uploads at S3 the gateway may never have heard of.
    pub(crate) fn lost_beginnings(&self) -> usize {
        self.lost.get()
    }

    pub(crate) async fn grant(&self) {
        let key = self.key.map(|key| (IdempotencyKey::parse(key).expect("a key"), key.as_bytes()));
        let (uploads, principal) = (&self.scene.uploads, &self.scene.principal);
        if key.is_some() {
            let asked = uploads.create_all(principal, vec![self.request()], key, self.id());
            self.beginning(Box::pin(async { asked.await.map(drop) })).await;
        } else {
            let asked = uploads.create(principal, self.request(), self.id());
            self.beginning(Box::pin(async { asked.await.map(drop) })).await;
        }
    }

    pub(crate) fn act<'b>(&'b self, act: Act, upload: &'b Upload) -> LocalBoxFuture<'b, ()> {
        let (uploads, principal, id) = (&self.scene.uploads, &self.scene.principal, upload.grant.id);
        // What comes of it is seen in the end; what the client is answered, elsewhere.
        match act {
            Act::Complete => Box::pin(async move {
                let etag = self.etag.borrow().clone();
                let first = PartNumber::parse(1).expect("a number");
                let parts = etag.map(|etag| [PartClaim { number: first, etag }]);
                let parts = parts.as_ref().map(<[PartClaim; 1]>::as_slice);
                let _answer = uploads.complete(principal, id, parts, self.id()).await;
            }),
            Act::Withdraw => Box::pin(async move {
                let _answer = uploads.withdraw(principal, id, self.id()).await;
            }),
            Act::Event(number) => Box::pin(async move {
                let (bucket, key) = (BUCKET.to_owned(), upload.grant.key.as_str().to_owned());
                let event =
                    ObjectCreated { bucket, key, sequencer: Sequencer::parse(&number.to_string()), created_at: None };
                let _answer = uploads.notice(&event, self.id()).await;
            }),
            Act::Sweep => Box::pin(async {
                let _answer = self.scene.reconciler.sweep().await;
            }),
            Act::Send(bytes) => Box::pin(self.send(upload, bytes)),
            Act::Smuggle => Box::pin(self.put(upload, "", true)),
            Act::AskAgain if self.key.is_some() => Box::pin(self.grant()),
            Act::AskAgain => Box::pin(async {}),
            Act::LoseConnections => Box::pin(async {
                let all = "select pg_terminate_backend(pid) from pg_stat_activity
                    where datname = current_database() and application_name = 'upload-gateway' and pid <> pg_backend_pid()";
                sqlx::query(all).execute(&self.scene.gateway.database.pool).await.expect("ended");
            }),
        }
    }

    async fn send(&self, upload: &Upload, bytes: &'static str) {
        if self.kind != Kind::Parts {
            return self.put(upload, bytes, self.kind == Kind::Put).await;
        }
        let first = PartNumber::parse(1).expect("a number");
        let (uploads, principal, id) = (&self.scene.uploads, &self.scene.principal, upload.grant.id);
        self.beginning(Box::pin(async { uploads.sign_parts(principal, id, &[first], self.id()).await.map(drop) }))
            .await;
        let now = uploads::find(&self.scene.gateway.database.pool, &principal.tenant, id).await.expect("an upload");
        let Some(multipart) = now.and_then(|upload| upload.multipart_id) else { return };
        let part = self.scene.s3.upload_part().bucket(BUCKET).key(upload.grant.key.as_str()).upload_id(multipart);
        // Its upload may have ended meanwhile.
        if let Ok(sent) = Box::pin(part.part_number(1).body(bytes.as_bytes().to_vec().into()).send()).await {
            *self.etag.borrow_mut() = sent.e_tag;
        }
    }

    /// As through the URL, while anything of it may land. S3 would measure its life by a clock that does not travel.
    async fn put(&self, upload: &Upload, bytes: &'static str, once: bool) {
        if self.scene.clock.now() + Duration::from_secs(5) > upload.expires_at + GRACE {
            return;
        }
        let put = self.scene.s3.put_object().bucket(BUCKET).key(upload.grant.key.as_str());
        let put = put.set_if_none_match(once.then(|| "*".to_owned())).content_type("text/plain");
        let _there_already = Box::pin(put.body(bytes.as_bytes().to_vec().into()).send()).await;
    }

    /// Counts itself as lost until it is answered in a way that leaves nothing behind.
    async fn beginning(&self, work: LocalBoxFuture<'_, Result<(), Error>>) {
        self.lost.set(self.lost.get() + 1);
        if matches!(work.await, Ok(()) | Err(Error::AlreadyEnded(_))) {
            self.lost.set(self.lost.get() - 1);
        }
    }

    fn request(&self) -> Request {
        let method = match self.kind {
            Kind::Put => Method::Put,
            Kind::Form | Kind::OpenForm => Method::Post,
            Kind::Parts => Method::Multipart,
        };
        Request {
            file_name: FileName::parse("hello.txt").expect("a name"),
            content_type: ContentType::parse("text/plain").expect("a type"),
            size: (self.kind != Kind::OpenForm).then(|| FileSize::parse(11).expect("a size")),
            checksum: None,
            collection: Collection::default(),
            metadata: Metadata::default(),
            method: Some(method),
            #[cfg(feature = "walls-off-for-tests")]
            unwalled_key: None,
        }
    }

    fn id(&self) -> Provenance {
        Provenance::of_gateway(self.scene.clock.now(), None)
    }
}
