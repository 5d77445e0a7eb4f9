//! Does everyone who may search the audit find what is theirs, all of it, and nothing else?

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::database::Database;
use crate::harness::{Answer, Harness};

pub(crate) const ADMIN: &str = "admin@platform.example";
pub(crate) const ADA: &str = "ada@acme.example";

/// Adds that many events, three in a millisecond and so 1,000 µs apart at most: of acme, globex or nobody, the newest last.
pub(crate) async fn happen(database: &Database, events: i64) {
    let statement = "
        insert into audit_events (id, at, tenant_id, subject, action, upload_id, request_id, detail)
        select (lpad(to_hex(1790000000000 + n / 3), 12, '0') || '7000' || '8000' || lpad(to_hex(n), 12, '0'))::uuid,
               to_timestamp(1790000000) + make_interval(secs => (n / 3) / 1000.0) + (n % 3) * interval '300 microseconds',
               (select id from tenants where slug = (array['acme', 'acme', 'acme', 'globex', null])[1 + n % 5]),
               's' || n % 4, (array['upload.granted', 'upload.completed', 'uppy_session.created', 'uploads'])[1 + n / 4 % 4],
               case when n % 3 = 0 then ('01a0c1a0-0000-7000-8000-' || lpad(to_hex(n % 9), 12, '0'))::uuid end,
               'r' || n, jsonb_build_object('n', n)
        from generate_series(0, $1::bigint - 1) as n";
    sqlx::query(statement).bind(events).execute(&database.pool).await.expect("events");
}

pub(crate) async fn tenant(gateway: &Harness, slug: &str) -> String {
    let statement = "select id::text from tenants where slug = $1";
    sqlx::query_scalar(statement).bind(slug).fetch_one(&gateway.database.pool).await.expect("a tenant")
}

/// The ids of the events for which the condition holds, newest first.
async fn recorded(gateway: &Harness, condition: &str) -> Vec<String> {
    let statement = format!(
        "select e.id::text from audit_events e left join tenants t on t.id = e.tenant_id
                             where {condition} order by e.id desc"
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_all(&gateway.database.pool).await.expect("ids")
}

pub(crate) fn ids(page: &Answer) -> Vec<String> {
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    let items = page.body["items"].as_array().expect("items").iter();
    items.map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

/// Every page, from the first to the last.
async fn walk(gateway: &Harness, token: &str, path: &str) -> (Vec<String>, Vec<usize>) {
    walk_on(gateway, token, path, String::new()).await
}

/// Every page from there on.
async fn walk_on(gateway: &Harness, token: &str, path: &str, mut cursor: String) -> (Vec<String>, Vec<usize>) {
    let (mut seen, mut sizes) = (Vec::new(), Vec::new());
    loop {
        let page = gateway.get(token, &format!("{path}{cursor}")).await;
        let found = ids(&page);
        sizes.push(found.len());
        seen.extend(found);
        let Some(next) = page.body["nextCursor"].as_str() else { return (seen, sizes) };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn each_filter_and_all_together_find_what_they_say() {
    let gateway = Harness::start().await;
    happen(&gateway.database, 600).await;
    let (ada, admin) = (gateway.token(ADA), gateway.token(ADMIN));
    let acme = tenant(&gateway, "acme").await;
    let upload = "01a0c1a0-0000-7000-8000-000000000003";
    let filters = [
        ("", "true"),
        ("&subject=s2", "subject = 's2'"),
        ("&subject=nobody", "false"),
        ("&action=upload.granted", "action = 'upload.granted'"),
        ("&action=upload.*", "action in ('upload.granted', 'upload.completed')"),
        ("&action=uppy_session.*", "action like 'uppy\\_session.%'"),
        ("&action=upload", "false"),
        (&format!("&upload={upload}"), &format!("upload_id = '{upload}'")),
        // The 151st event is at .050100 of a second; what is at the bound itself is in from, and not in to.
        (
            "&from=2026-09-21T14:13:20.050Z",
            "request_id = any (array(select 'r' || n from generate_series(150, 599) n))",
        ),
        (
            "&from=2026-09-21T14:13:20.0503Z",
            "request_id = any (array(select 'r' || n from generate_series(151, 599) n))",
        ),
        ("&to=2026-09-21T14:13:20.0503Z", "request_id = any (array(select 'r' || n from generate_series(0, 150) n))"),
        ("&to=2026-09-21T14:13:20.050301Z", "request_id = any (array(select 'r' || n from generate_series(0, 151) n))"),
        (
            "&from=2026-09-21T16:13:20.050%2B02:00&to=2026-09-21T14:13:20.06z",
            "request_id = any (array(select 'r' || n from generate_series(150, 179) n))",
        ),
        ("&from=2026-09-21T15:00:00Z", "false"),
        ("&from=2026-09-21T15:00:00Z&to=2026-09-21T14:00:00Z", "false"),
        ("&from=0000-01-01T00:00:00Z&to=9999-12-31T23:59:59.999999999Z", "true"),
        (
            &format!(
                "&subject=s1&action=upload.*&upload={upload}&from=2026-09-21T14:13:20Z&to=2026-09-21T14:13:20.15Z"
            ),
            &format!(
                "subject = 's1' and action like 'upload.%' and upload_id = '{upload}' and at < '2026-09-21T14:13:20.15Z'"
            ),
        ),
    ];
    let mut found = 0;
    for (query, condition) in filters {
        let of_acme = recorded(&gateway, &format!("slug = 'acme' and ({condition})")).await;
        found += usize::from(!of_acme.is_empty());
        let (seen, _) = walk(&gateway, &ada, &format!("/v1/audit?limit=200{query}")).await;
        assert_eq!(seen, of_acme, "{query}");
        let (seen, _) = walk(&gateway, &admin, &format!("/v1/admin/audit?limit=200&tenant={acme}{query}")).await;
        assert_eq!(seen, of_acme, "{query} of acme");
        let (seen, _) = walk(&gateway, &admin, &format!("/v1/admin/audit?limit=200{query}")).await;
        assert_eq!(seen, recorded(&gateway, condition).await, "{query} of all");
    }
    assert_eq!(found, filters.len() - 4, "each filter that should finds something");
}

#[tokio::test]
async fn pages_follow_one_another_to_the_end_while_events_come_in() {
    let gateway = Harness::start().await;
    happen(&gateway.database, 250).await;
    let (ada, admin) = (gateway.token(ADA), gateway.token(ADMIN));
    for (token, path, condition) in
        [(&ada, "/v1/audit?limit=40", "slug = 'acme'"), (&admin, "/v1/admin/audit?limit=40", "true")]
    {
        let expected = recorded(&gateway, condition).await;
        let first = gateway.get(token, path).await;
        gateway.grant(&gateway.token("alice@acme.example"), 5).await;
        let cursor = first.body["nextCursor"].as_str().expect("more");
        let (rest, sizes) = walk_on(&gateway, token, path, format!("&cursor={cursor}")).await;
        assert_eq!([ids(&first), rest].concat(), expected);
        assert!(sizes.iter().rev().skip(1).all(|size| *size == 40), "{sizes:?}");
    }
    assert_eq!(ids(&gateway.get(&ada, "/v1/audit").await).len(), 50, "unless asked otherwise");
    let exact = gateway.get(&admin, "/v1/admin/audit?limit=63&subject=s1").await;
    assert_eq!((ids(&exact).len(), &exact.body["nextCursor"]), (63, &Value::Null), "the last page says so");
}

#[tokio::test]
async fn nobody_sees_what_is_another_tenants() {
    let gateway = Harness::start().await;
    happen(&gateway.database, 100).await;
    let (ada, greta) = (gateway.token(ADA), gateway.token("greta@globex.example"));
    let acme = tenant(&gateway, "acme").await;
    let of_globex = recorded(&gateway, "slug = 'globex'").await;
    let (seen, _) = walk(&gateway, &greta, &format!("/v1/audit?limit=200&tenant={acme}&tenantId={acme}")).await;
    assert_eq!(seen, of_globex);
    assert!(!of_globex.is_empty());
    let next = gateway.get(&ada, "/v1/audit?limit=5").await.body["nextCursor"].as_str().unwrap().to_owned();
    let cursors = [
        (&greta, format!("/v1/audit?cursor={next}")),
        (&ada, format!("/v1/audit?subject=s1&cursor={next}")),
        (&ada, format!("/v1/audit?action=upload.*&cursor={next}")),
        (&ada, format!("/v1/audit?upload={acme}&cursor={next}")),
        (&ada, format!("/v1/audit?from=2026-01-01T00:00:00Z&cursor={next}")),
        (&ada, format!("/v1/audit?to=2026-01-01T00:00:00Z&cursor={next}")),
    ];
    for (token, path) in cursors {
        let refused = gateway.get(token, &path).await;
        assert_eq!((refused.status.as_u16(), refused.pointers()), (422, vec!["?cursor"]), "{path}");
    }
    for accept in ["application/json", "application/x-ndjson", "text/csv"] {
        for email in ["alice@acme.example", ADMIN] {
            let request = gateway.request(reqwest::Method::GET, "/v1/audit").header("accept", accept);
            let refused = gateway.send(request.bearer_auth(gateway.token(email))).await;
            let expected = if email == ADMIN { "tenant-claim-missing" } else { "role-missing" };
            assert_eq!((refused.status, refused.problem()), (StatusCode::FORBIDDEN, expected));
        }
        let request = gateway.request(reqwest::Method::GET, "/v1/admin/audit").header("accept", accept);
        let refused = gateway.send(request.bearer_auth(&ada)).await;
        assert_eq!((refused.status, refused.problem()), (StatusCode::FORBIDDEN, "role-missing"));
    }
}

#[tokio::test]
async fn an_event_says_who_did_what_and_when() {
    let gateway = Harness::start().await;
    let (alice, ada) = (gateway.token("alice@acme.example"), gateway.token(ADA));
    let grant = gateway.grant(&alice, 5).await;
    let subject = gateway.get(&alice, "/v1/me").await.body["subject"].clone();
    let page = gateway.get(&ada, "/v1/audit?action=upload.granted").await.body;
    let event = &page["items"][0];
    let expected = json!({
        "id": event["id"], "at": grant["createdAt"], "tenantId": tenant(&gateway, "acme").await, "subject": subject,
        "action": "upload.granted", "uploadId": grant["id"], "requestId": event["requestId"], "detail": {},
        "address": "127.0.0.1", "traceId": event["traceId"],
    });
    assert_eq!((event, &page["nextCursor"]), (&expected, &Value::Null));
    happen(&gateway.database, 5).await;
    let nobodys = gateway.get(&gateway.token(ADMIN), "/v1/admin/audit?subject=s0&action=upload.completed").await.body;
    let event = &nobodys["items"][0];
    assert_eq!((&event["tenantId"], &event["uploadId"]), (&Value::Null, &Value::Null), "{nobodys}");
    assert_eq!((&event["detail"], &event["at"]), (&json!({"n": 4}), &json!("2026-09-21T14:13:20.0013Z")));
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_names_its_parameter() {
    let gateway = Harness::start().await;
    let (ada, admin) = (gateway.token(ADA), gateway.token(ADMIN));
    let (long_subject, long_action) = ("s".repeat(129), "a".repeat(65));
    let questions = [
        ("?limit", vec!["0", "201", "x", "-1", ""]),
        ("?cursor", vec!["", "x", &long_subject]),
        ("?subject", vec!["", &long_subject, "a/b", "%00"]),
        ("?action", vec!["", &long_action, "Upload", "*", "upload*", "a%20b", "%00"]),
        ("?upload", vec!["", "x", "01a0c1a0-0000-7000-8000-00000000000", "%00"]),
        (
            "?from",
            vec![
                "",
                "x",
                "2026-11-21",
                "2026-11-21T09:30:00",
                "2026-02-30T00:00:00Z",
                "2026-11-21T00:00:00+01:00",
                "%00",
            ],
        ),
        ("?to", vec!["", "1790000000", "9999-12-31T23:59:59-00:01", "10000-01-01T00:00:00Z"]),
    ];
    for (parameter, values) in questions {
        for value in values {
            for (token, path) in [(&ada, "/v1/audit"), (&admin, "/v1/admin/audit")] {
                let refused = gateway.get(token, &format!("{path}{parameter}={value}")).await;
                let seen = (refused.status.as_u16(), refused.pointers());
                assert_eq!(seen, (422, vec![parameter]), "{path}{parameter}={value}: {}", refused.body);
            }
        }
    }
    let everything = "limit=0&subject=&action=&upload=&from=&to=&tenant=acme";
    let refused = gateway.get(&admin, &format!("/v1/admin/audit?{everything}")).await;
    assert_eq!(refused.pointers(), ["?limit", "?subject", "?action", "?upload", "?from", "?to", "?tenant"]);
    let twice = gateway.get(&ada, "/v1/audit?subject=a&subject=b").await;
    assert_eq!((twice.status.as_u16(), twice.pointers()), (422, vec!["?subject"]));
}

#[tokio::test]
async fn a_search_that_takes_postgres_too_long_is_to_be_narrowed() {
    let gateway = Harness::start().await;
    happen(&gateway.database, 10).await;
    // What Postgres says when a statement runs into its time-out.
    let tire = "alter table audit_events rename to audit_rows;
        create function told(detail jsonb) returns jsonb language plpgsql stable as $$
        begin raise 'canceling statement due to statement timeout' using errcode = 'query_canceled'; end $$;
        create view audit_events as select id, at, tenant_id, subject, action, upload_id, request_id,
            told(detail) as detail, trace_id, address from audit_rows;
        grant select on audit_events to upload_gateway_service";
    sqlx::raw_sql(tire).execute(&gateway.database.pool).await.expect("a slow database");
    for (email, path) in [(ADA, "/v1/audit"), (ADMIN, "/v1/admin/audit")] {
        for accept in ["application/json", "text/csv", "application/x-ndjson"] {
            let request = gateway.request(Method::GET, path).bearer_auth(gateway.token(email)).header("accept", accept);
            let refused = gateway.send(request).await;
            let expected = (StatusCode::UNPROCESSABLE_ENTITY, "search-too-wide");
            assert_eq!((refused.status, refused.problem()), expected, "{path} as {accept}: {}", refused.body);
            assert!(!refused.headers.contains_key("retry-after"), "the same again would take as long");
        }
    }
}
