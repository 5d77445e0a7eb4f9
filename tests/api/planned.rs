//! Which queries does the gateway make of uploads, and how does Postgres plan them?

use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor as _, PgTransaction};
use upload_gateway::adapters::postgres;

use crate::database::Database;

/// Rows of a page and the one that tells whether there are more.
pub(crate) const PAGE: i64 = 51;

/// A committed query: its text and the types of its parameters.
pub(crate) struct Query {
    pub(crate) text: String,
    types: Vec<String>,
}

/// Every committed query that reads or writes uploads.
pub(crate) fn queries() -> Vec<Query> {
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

/// A part of a page that is read from one index.
pub(crate) struct Leg<'a> {
    text: &'a str,
}

impl<'a> Leg<'a> {
    fn is_of_pending(&self) -> bool {
        let [is_pending, is_settled] =
            ["status = 'pending'", "status <> 'pending'"].map(|rule| self.text.contains(rule));
        assert!(is_pending != is_settled, "a leg says which it is: {}", self.text);
        is_pending
    }

    /// The columns, tenant aside, of the index that it is to be read from; of what is pending, those that are checked inside it.
    fn lead(&self) -> Vec<&'a str> {
        if self.is_of_pending() {
            return self.text.contains("subject = $2").then_some("subject").into_iter().collect();
        }
        let (start, _) = self.text.split_once(", id) < ").expect("a range");
        let equal = start.contains("subject = $2 and").then_some("subject").into_iter();
        equal.chain(start.rsplit('(').next()).filter(|column| *column != "tenant_id").collect()
    }

    /// The index's name.
    pub(crate) fn index(&self) -> String {
        if self.is_of_pending() {
            return "uploads_pending".to_owned();
        }
        ["uploads_settled"].into_iter().chain(self.lead()).chain(["newest"]).collect::<Vec<_>>().join("_")
    }
}

/// Things that the table holds.
#[derive(Clone)]
pub(crate) struct Things {
    pub(crate) tenant: String,
    pub(crate) upload: String,
    pub(crate) subject: &'static str,
    pub(crate) collection: Option<&'static str>,
    pub(crate) status: Option<&'static str>,
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

    pub(crate) fn is_a_page(&self) -> bool {
        self.text.contains("limit 201")
    }

    /// Of a page: one for what is settled, one for what is pending, or both in this order.
    pub(crate) fn legs(&self) -> Vec<Leg<'_>> {
        self.text.split("union all").map(|text| Leg { text }).collect()
    }

    /// The columns, tenant aside, that the first of its legs leads with.
    pub(crate) fn lead(&self) -> Vec<&str> {
        self.legs().first().expect("a leg").lead()
    }

    pub(crate) fn is_of_pending_alone(&self) -> bool {
        self.legs().iter().all(Leg::is_of_pending)
    }

    /// Can the page have these filters: is there a place for each, and is each that leads given?
    pub(crate) fn answers(&self, subject: bool, collection: bool, status: Option<&str>) -> bool {
        let is_pending = status == Some("pending");
        let given = [("subject", subject), ("collection", collection), ("status", status.is_some() && !is_pending)];
        self.is_of_pending_alone() == is_pending
            && given.into_iter().all(|(column, is_given)| {
                let is_taken = (1..=self.types.len()).any(|number| self.column(number) == Some(column));
                if is_given { is_taken } else { !self.lead().contains(&column) }
            })
    }

    /// The plan, in a transaction that comes to nothing.
    pub(crate) async fn explain(&self, database: &Database, mode: &str, analyze: bool, things: &Things) -> Value {
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
pub(crate) fn scans(plan: &Value) -> Vec<&Value> {
    let inner = plan["Plans"].as_array().into_iter().flatten().flat_map(scans);
    let is_bitmap = plan["Node Type"] == "Bitmap Index Scan";
    let own = plan["Relation Name"] == "uploads" || is_bitmap;
    own.then_some(plan).into_iter().chain(inner).collect()
}

/// Rows that a scan looked at, whether it kept them or not.
pub(crate) fn touched(scan: &Value) -> f64 {
    let rows = ["Actual Rows", "Rows Removed by Filter", "Rows Removed by Index Recheck"];
    rows.map(|name| scan[name].as_f64().unwrap_or_default()).iter().sum()
}

/// The blocks that the whole of it looked at.
pub(crate) fn blocks(plan: &Value) -> u64 {
    ["Hit", "Read"].iter().filter_map(|of| plan[format!("Shared {of} Blocks")].as_u64()).sum()
}
