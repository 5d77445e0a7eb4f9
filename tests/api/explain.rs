//! Does every query find its uploads by an index, whatever the planner knows of its parameters?
//!
//! The queries are the committed ones in `.sqlx/`, so that a new one is looked at without anybody's thinking of it. Each is
//! planned twice: for the values at hand, as for its first five executions, and for any values, as Postgres may do from
//! the sixth on.

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _, PgTransaction};
use upload_gateway::adapters::postgres;

use crate::bulk;
use crate::database::Database;

const ROWS: i64 = 100_000;

/// Rows of a page and the one that tells whether there are more.
const PAGE: i64 = 51;

/// Planned for any values, and for those at hand.
const MODES: [&str; 2] = ["force_generic_plan", "force_custom_plan"];

/// A committed query: its text and the types of its parameters.
struct Query {
    text: String,
    types: Vec<String>,
}

/// Every committed query that reads or writes uploads.
fn queries() -> Vec<Query> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/.sqlx");
    let files = std::fs::read_dir(folder).expect(".sqlx/").map(|entry| entry.expect("an entry").path());
    let queries = files.map(|path| {
        let text = std::fs::read_to_string(&path).expect("a file");
        let file: Value = serde_json::from_str(&text).expect("JSON");
        let types = file["describe"]["parameters"]["Left"].as_array().expect("parameters").iter();
        let types = types.map(|name| sql_type(name.as_str().expect("a built-in type"))).collect();
        Query { text: file["query"].as_str().expect("a query").to_owned(), types }
    });
    queries.filter(|query| reaches_uploads(&query.text)).collect()
}

fn reaches_uploads(text: &str) -> bool {
    let words: Vec<&str> =
        text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).filter(|w| !w.is_empty()).collect();
    let names_it =
        |pair: &[&str]| pair[1] == "uploads" && ["from", "join", "update", "into", "using"].contains(&pair[0]);
    words.windows(2).any(names_it)
}

/// `UuidArray` is `uuid[]`.
fn sql_type(name: &str) -> String {
    name.strip_suffix("Array").map_or_else(|| name.to_lowercase(), |element| format!("{}[]", element.to_lowercase()))
}

/// Things that the table holds.
#[derive(Clone)]
struct Things {
    tenant: String,
    upload: String,
    subject: &'static str,
    collection: Option<&'static str>,
    status: Option<&'static str>,
}

impl Query {
    /// The column that a parameter is compared with or written to, where it says so: `status = $4`.
    fn column(&self, number: usize) -> Option<&str> {
        let parameter = format!("${number}");
        self.text.match_indices(&parameter).find_map(|(at, _)| {
            let ends = !self.text[at + parameter.len()..].starts_with(|c: char| c.is_ascii_digit());
            let mut before = self.text[..at].split_whitespace().rev();
            let operator = before.next().filter(|word| ends && ["=", "<", ">", "<=", ">="].contains(word));
            operator.and_then(|_| before.next()).map(|word| word.trim_start_matches('('))
        })
    }

    /// A value for each parameter, of its type and, where its column is known, one that is there.
    fn values(&self, things: &Things) -> String {
        let quoted = |text: Option<&str>| text.map_or("null".to_owned(), |text| format!("'{text}'"));
        let values = self.types.iter().zip(1..).map(|(of_type, number)| {
            let element = of_type.trim_end_matches("[]");
            let first_id = self.types.iter().position(|of_type| of_type == "uuid") == Some(number - 1);
            let value = match (element, self.column(number)) {
                ("uuid", Some("tenant_id")) => quoted(Some(&things.tenant)),
                ("uuid", column) if column != Some("id") && first_id => quoted(Some(&things.tenant)),
                ("uuid", _) => quoted(Some(&things.upload)),
                ("text", Some("subject")) => quoted(Some(things.subject)),
                ("text", Some("collection")) => quoted(things.collection),
                ("text", Some("status")) => quoted(things.status),
                ("text", _) => "'x'".to_owned(),
                ("int8" | "int4" | "int2", _) => PAGE.to_string(),
                ("bool", _) => "true".to_owned(),
                ("timestamptz", _) => "to_timestamp(1760003605)".to_owned(),
                ("date", _) => "date '2025-10-01'".to_owned(),
                ("json" | "jsonb", _) => "'{}'".to_owned(),
                ("bytea", _) => "'\\x00'".to_owned(),
                ("interval", _) => "interval '1 hour'".to_owned(),
                (other, _) => panic!("say here what a {other} may be, for {}", self.text),
            };
            if of_type == element { value } else { format!("array[{value}]::{of_type}") }
        });
        values.collect::<Vec<_>>().join(", ")
    }

    fn is_a_page(&self) -> bool {
        self.text.contains("limit 201")
    }

    /// The columns, tenant aside, of the index that a page is to be read from.
    fn lead(&self) -> Vec<&str> {
        let (start, _) = self.text.split_once(", id) < ").expect("a page");
        let equal = start.contains("subject = $2 and").then_some("subject").into_iter();
        equal.chain(start.rsplit('(').next()).filter(|column| *column != "tenant_id").collect()
    }

    /// Can the page have these filters: is there a place for each, and is each that leads given?
    fn answers(&self, subject: bool, collection: bool, status: bool) -> bool {
        let given = [("subject", subject), ("collection", collection), ("status", status)];
        given.into_iter().all(|(column, is_given)| {
            let is_taken = (1..=self.types.len()).any(|number| self.column(number) == Some(column));
            if is_given { is_taken } else { !self.lead().contains(&column) }
        })
    }

    /// The plan, in a transaction that comes to nothing.
    async fn explain(&self, database: &Database, mode: &str, analyze: bool, things: &Things) -> Value {
        let mut transaction = postgres::begin(&database.pool).await.expect("a transaction");
        let prepare = format!("prepare planned ({}) as {}", self.types.join(", "), self.text);
        let prepare = if self.types.is_empty() { format!("prepare planned as {}", self.text) } else { prepare };
        let values = if self.types.is_empty() { String::new() } else { format!("({})", self.values(things)) };
        run(&mut transaction, format!("set local plan_cache_mode = {mode}")).await;
        run(&mut transaction, prepare).await;
        let explain = format!("explain (format json, analyze {analyze}, buffers {analyze}) execute planned {values}");
        let plan: Result<Value, _> =
            sqlx::query_scalar(AssertSqlSafe(explain)).persistent(false).fetch_one(&mut *transaction).await;
        let plan = plan.unwrap_or_else(|error| panic!("{error}: {}", self.text));
        run(&mut transaction, "deallocate planned".to_owned()).await;
        transaction.rollback().await.expect("rolled back");
        plan[0]["Plan"].clone()
    }
}

async fn run(transaction: &mut PgTransaction<'_>, statement: String) {
    let text = statement.clone();
    (**transaction)
        .execute(sqlx::raw_sql(AssertSqlSafe(statement)))
        .await
        .unwrap_or_else(|error| panic!("{error}: {text}"));
}

/// The plan's nodes that look into uploads.
fn scans(plan: &Value) -> Vec<&Value> {
    let inner = plan["Plans"].as_array().into_iter().flatten().flat_map(scans);
    let is_bitmap = plan["Node Type"] == "Bitmap Index Scan";
    let own = plan["Relation Name"] == "uploads" || is_bitmap;
    own.then_some(plan).into_iter().chain(inner).collect()
}

/// Rows that a scan looked at, whether it kept them or not.
fn touched(scan: &Value) -> f64 {
    let rows = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"];
    rows.map(|name| scan[name].as_f64().unwrap_or_default()).iter().sum()
}

/// 100,000 uploads of eight tenants and forty subjects in ten collections, and a few things in them.
async fn full_table() -> (Database, Vec<Things>) {
    let database = Database::create().await;
    let tenants = ["t0", "t1", "t2", "t3", "t4", "t5", "t6", "t7"];
    add_tenants(&database, &tenants).await;
    let subjects: Vec<String> = (0..40).map(|number| format!("s{number}")).collect();
    bulk::uploads(&database, &tenants, &subjects, 10, 0..ROWS).await;
    sqlx::query("analyze uploads").execute(&database.pool).await.expect("analyzed");
    let places = places(&database, &["t0", "t7"]).await;
    (database, places)
}

async fn add_tenants(database: &Database, slugs: &[&str]) {
    let insert = "insert into tenants (id, slug, name, max_upload_bytes, allowed_content_types, created_at, updated_at)
                  select gen_random_uuid(), slug, slug, 1, '{}', now(), now() from unnest($1::text[]) slug";
    sqlx::query(insert).bind(slugs).execute(&database.pool).await.expect("tenants");
}

/// The middle and the end of each tenant's uploads.
async fn places(database: &Database, slugs: &[&str]) -> Vec<Things> {
    let middle = "select t.id::text, (select u.id::text from uploads u where u.tenant_id = t.id order by u.id
                  offset (select count(*) / 2 from uploads c where c.tenant_id = t.id) limit 1) from tenants t
                  where slug = any($1) order by slug";
    let rows: Vec<(String, String)> = sqlx::query_as(middle).bind(slugs).fetch_all(&database.pool).await.expect("rows");
    let things = |(tenant, upload): (String, String)| {
        [upload, uuid::Uuid::max().to_string()].map(|upload| Things {
            tenant: tenant.clone(),
            upload,
            subject: "s7",
            collection: Some("c3"),
            status: Some("pending"),
        })
    };
    rows.into_iter().flat_map(things).collect()
}

#[tokio::test]
async fn no_query_reads_the_whole_table_and_a_page_reads_little_more_than_itself() {
    let (database, places) = full_table().await;
    let queries = queries();
    assert!(queries.len() >= 9, "the listing's six, find, settle and the ledger's: {}", queries.len());
    assert_eq!(queries.iter().filter(|query| query.is_a_page()).count(), 6);
    for query in &queries {
        for things in &places {
            for mode in MODES {
                let plan = query.explain(&database, mode, false, things).await;
                for scan in scans(&plan) {
                    assert_ne!(scan["Node Type"], "Seq Scan", "{mode} of {}: {plan:#}", query.text);
                }
                if query.is_a_page() {
                    check_page(query, &database, mode, things).await;
                }
            }
        }
    }
    assert_eq!(database.count("uploads").await, ROWS, "nothing was written");
}

/// With none, one or both of the filters beside the subject, as far as the query has them.
async fn check_page(query: &Query, database: &Database, mode: &str, things: &Things) {
    let lead = query.lead();
    let index = if lead.is_empty() { "tenant".to_owned() } else { lead.join("_") };
    // One upload in ten is in a collection, seven in twelve are completed, and one in twelve is pending.
    for (collection, status) in
        [None, Some("c3")].into_iter().flat_map(|c| [None, Some("completed"), Some("pending")].map(|s| (c, s)))
    {
        let both = collection.is_some() && status.is_some();
        let first = if status == Some("completed") { "collection" } else { "status" };
        let fits = query.answers(lead.contains(&"subject"), collection.is_some(), status.is_some());
        if !fits || both && !lead.contains(&first) {
            continue;
        }
        let sparse = match mode {
            _ if both => 30,
            // The few that a subject has in a status may be sorted, when the planner knows that they are few.
            "force_custom_plan" if lead.len() > 1 => 16,
            _ => 1,
        };
        let plan = query.explain(database, mode, true, &Things { collection, status, ..things.clone() }).await;
        let rows: f64 = scans(&plan).into_iter().map(touched).sum();
        assert!(rows <= (PAGE * sparse) as f64, "{rows} rows for {collection:?} {status:?}: {mode} {plan:#}");
        let used: Vec<_> = scans(&plan).into_iter().filter_map(|scan| scan["Index Name"].as_str()).collect();
        assert!(!used.is_empty() && used.iter().all(|index| index.ends_with("_newest")), "{used:?}: {mode} {plan:#}");
        if mode == "force_generic_plan" {
            assert_eq!(used, [format!("uploads_{index}_newest")], "{plan:#}");
        }
    }
}

/// 40,000 uploads of two tenants, each with one subject and the collections `c0` and `c1`: all completed, or all failed.
async fn one_sided_tenants() -> (Database, Vec<(Things, &'static str)>) {
    let (database, tenants) = (Database::create().await, ["completed", "failed"]);
    add_tenants(&database, &tenants).await;
    bulk::uploads(&database, &tenants, &["s7".to_owned()], 2, 0..40_000).await;
    // Without the triggers, which would not have a usage go down like that.
    let side = "set local session_replication_role = replica;
                update uploads set status = slug, completed_at = now(), stored_size_bytes = 1, stored_etag = 'etag', check_at = null
                from tenants where tenants.id = tenant_id";
    sqlx::raw_sql(side).execute(&database.pool).await.expect("one-sided");
    sqlx::query("vacuum analyze uploads").execute(&database.pool).await.expect("vacuumed");
    let places = places(&database, &tenants).await;
    (database, places.into_iter().zip(["completed", "completed", "failed", "failed"]).collect())
}

#[tokio::test]
async fn a_filter_that_nothing_meets_is_answered_at_once() {
    let ((database, places), mut pages) = (one_sided_tenants().await, queries());
    pages.retain(Query::is_a_page);
    let statuses = ["pending", "completed", "failed", "deleted"].map(|status| (None, Some(status)));
    // Before, between and after those that are there.
    let collections = ["a", "c00", "z"].map(|collection| (Some(collection), None));
    for (things, held) in &places {
        let empty = statuses.into_iter().chain(collections).filter(|(_, status)| *status != Some(held));
        for (collection, status) in empty {
            for subject in [true, false] {
                let fit = |page: &&Query| page.answers(subject, collection.is_some(), status.is_some());
                let fit: Vec<&Query> = pages.iter().filter(fit).collect();
                assert!(!fit.is_empty(), "nothing answers {subject} {collection:?} {status:?}");
                for (page, mode) in fit.iter().flat_map(|page| MODES.map(|mode| (page, mode))) {
                    let things = Things { collection, status, ..things.clone() };
                    let plan = page.explain(&database, mode, true, &things).await;
                    let rows: f64 = scans(&plan).into_iter().map(touched).sum();
                    let blocks: u64 =
                        ["Hit", "Read"].iter().filter_map(|of| plan[format!("Shared {of} Blocks")].as_u64()).sum();
                    // A row that is skipped inside the index is no row of the plan's, but its block is counted.
                    assert!(
                        rows == 0.0 && blocks <= 16,
                        "{rows} rows, {blocks} blocks for {collection:?} {status:?} of {held}: {mode} {plan:#}"
                    );
                }
            }
        }
    }
}
