//! Does every query find its uploads by an index, whatever the planner knows of its parameters?
//!
//! The queries are the committed ones in `.sqlx/`, so that a new one is looked at without anybody's thinking of it. Each is
//! planned twice: for the values at hand, as for its first five executions, and for any values, as Postgres may do from
//! the sixth on.

use sqlx::AssertSqlSafe;

use crate::bulk;
use crate::database::Database;
use crate::planned::{Leg, PAGE, Query, Things, blocks, queries, scans, touched};

const ROWS: i64 = 120_000;

/// Planned for any values, and for those at hand.
const MODES: [&str; 2] = ["force_generic_plan", "force_custom_plan"];

/// 120,000 uploads of three tenants and forty subjects in ten collections, and a few things in them. The first tenant has more
/// than 100,000 that are settled and more than 9,000 that are pending, among each other.
async fn full_table() -> (Database, Vec<Things>) {
    let database = Database::create().await;
    add_tenants(&database, &["t0", "t1", "t7"]).await;
    let tenants = ["t0", "t0", "t0", "t0", "t0", "t0", "t1", "t7"];
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
    assert!(queries.len() >= 11, "the listing's eight, find, settle and the ledger's: {}", queries.len());
    assert_eq!(queries.iter().filter(|query| query.is_a_page()).count(), 8);
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
    let (lead, legs) = (query.lead(), query.legs());
    // One upload in ten is in a collection, seven in twelve are completed, and one in twelve is pending.
    for (collection, status) in [None, Some("c3")]
        .into_iter()
        .flat_map(|c| [None, Some("completed"), Some("failed"), Some("pending")].map(|s| (c, s)))
    {
        let both = collection.is_some() && status.is_some();
        let first = if status == Some("completed") { "collection" } else { "status" };
        let is_led = query.is_of_pending_alone() || lead.contains(&first);
        if !query.answers(lead.contains(&"subject"), collection.is_some(), status) || both && !is_led {
            continue;
        }
        let pages = match mode {
            // What is pending is looked through for the collection, as far down as the page goes.
            _ if collection.is_some() && status.is_none() => 3,
            _ if both => 30,
            // The few that a subject has in a status may be sorted, when the planner knows that they are few.
            "force_custom_plan" if lead.len() > 1 => 16,
            _ => 1,
        };
        let plan = query.explain(database, mode, true, &Things { collection, status, ..things.clone() }).await;
        let rows: f64 = scans(&plan).into_iter().map(touched).sum();
        let most = PAGE * pages.max(legs.len() as i64);
        assert!(rows <= most as f64, "{rows} rows for {collection:?} {status:?}: {mode} {plan:#}");
        let used: Vec<_> = scans(&plan).into_iter().filter_map(|scan| scan["Index Name"].as_str()).collect();
        let is_a_listings = |index: &&str| *index == "uploads_pending" || index.starts_with("uploads_settled_");
        assert!(!used.is_empty() && used.iter().all(is_a_listings), "{used:?}: {mode} {plan:#}");
        if mode == "force_generic_plan" {
            assert_eq!(used, legs.iter().map(Leg::index).collect::<Vec<_>>(), "{plan:#}");
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
                let fit = |page: &&Query| page.answers(subject, collection.is_some(), status);
                let fit: Vec<&Query> = pages.iter().filter(fit).collect();
                assert!(!fit.is_empty(), "nothing answers {subject} {collection:?} {status:?}");
                for (page, mode) in fit.iter().flat_map(|page| MODES.map(|mode| (page, mode))) {
                    let things = Things { collection, status, ..things.clone() };
                    let plan = page.explain(&database, mode, true, &things).await;
                    let rows: f64 = scans(&plan).into_iter().map(touched).sum();
                    let blocks = blocks(&plan);
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

#[tokio::test]
async fn a_page_does_not_walk_past_what_was_settled_since_the_table_was_vacuumed() {
    let (database, tenants) = (Database::create().await, ["acme-1"]);
    add_tenants(&database, &tenants).await;
    sqlx::query("alter table uploads set (autovacuum_enabled = off)").execute(&database.pool).await.expect("as it is");
    bulk::uploads(&database, &tenants, &["s7".to_owned()], 2, 0..20_000).await;
    // Without the triggers, which would not have a usage go down like that.
    for status in ["pending", "expired"] {
        let settle = format!("set local session_replication_role = replica; update uploads set status = '{status}'");
        sqlx::raw_sql(AssertSqlSafe(settle)).execute(&database.pool).await.expect("another status");
    }
    sqlx::query("analyze uploads").execute(&database.pool).await.expect("analyzed");
    let (mut pages, places) = (queries(), places(&database, &tenants).await);
    pages.retain(|query| query.is_a_page() && query.legs().len() == 2);
    assert_eq!(pages.len(), 4);
    for (page, mode) in pages.iter().flat_map(|page| MODES.map(|mode| (page, mode))) {
        for place in &places {
            let things = Things { collection: Some("c0"), status: None, ..place.clone() };
            let plan = page.explain(&database, mode, true, &things).await;
            assert!(blocks(&plan) <= 400, "{} blocks: {mode} {plan:#}", blocks(&plan));
        }
    }
}
