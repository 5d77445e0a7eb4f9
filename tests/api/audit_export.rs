//! Is an export of the audit whole, or else known not to be, and safe to open?

use std::collections::BTreeMap;

use reqwest::header::{ACCEPT, CONTENT_DISPOSITION, CONTENT_TYPE};
use reqwest::{Method, StatusCode};
use serde_json::Value;

use crate::audit::{ADA, ADMIN, happen, ids, tenant};
use crate::harness::Harness;

const NDJSON: &str = "application/x-ndjson";
const CSV: &str = "text/csv";
const COLUMNS: [&str; 10] =
    ["id", "at", "tenantId", "subject", "action", "uploadId", "requestId", "detail", "traceId", "address"];

async fn export(gateway: &Harness, email: &str, path: &str, accept: &str) -> reqwest::Response {
    let request = gateway.request(Method::GET, path).bearer_auth(gateway.token(email)).header(ACCEPT, accept);
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    answer
}

/// Its lines, each a JSON object.
async fn lines(gateway: &Harness, email: &str, path: &str) -> Vec<Value> {
    let text = export(gateway, email, path, NDJSON).await.text().await.expect("a whole body");
    assert!(text.is_empty() || text.ends_with('\n'));
    text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// Its rows, each a cell for each column.
async fn rows(gateway: &Harness, email: &str, path: &str) -> Vec<BTreeMap<String, String>> {
    let text = export(gateway, email, path, CSV).await.text().await.expect("a whole body");
    assert!(text.starts_with(&(COLUMNS.join(",") + "\r\n")), "a header row that ends as RFC 4180 says");
    let mut reader = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().expect("rows of ten cells")
}

#[tokio::test]
async fn two_thousand_five_hundred_events_come_whole_whatever_limit_and_cursor_say() {
    let gateway = Harness::start().await;
    happen(&gateway.database, 2500).await;
    let acme = tenant(&gateway, "acme").await;
    let cursor = gateway.get(&gateway.token(ADMIN), "/v1/admin/audit?limit=7").await.body["nextCursor"].clone();
    let query = format!("?limit=7&cursor={}", cursor.as_str().unwrap());
    let everything = lines(&gateway, ADMIN, &format!("/v1/admin/audit{query}")).await;
    let numbers: Vec<i64> = everything.iter().map(|event| event["detail"]["n"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (0..2500).rev().collect::<Vec<_>>(), "each once, the newest first");
    let page = gateway.get(&gateway.token(ADMIN), "/v1/admin/audit?limit=200").await;
    assert_eq!(page.body["items"].as_array().unwrap()[..], everything[..200], "an event looks as it does in a page");

    let table = rows(&gateway, ADMIN, &format!("/v1/admin/audit{query}")).await;
    assert_eq!(table.len(), 2500);
    for (row, event) in table.iter().zip(&everything) {
        for column in COLUMNS {
            let value = &event[column];
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let cell = if value.is_null() { String::new() } else { text };
            assert_eq!(row[column], cell, "{event}");
        }
    }
    let own = lines(&gateway, ADA, "/v1/audit").await;
    let of_acme: Vec<_> = everything.iter().filter(|event| event["tenantId"] == acme.as_str()).cloned().collect();
    assert_eq!((own.len(), &own), (1500, &of_acme), "a tenant admin's holds its own tenant's");
    assert_eq!(lines(&gateway, ADMIN, &format!("/v1/admin/audit?tenant={acme}")).await, of_acme);
    let few = rows(&gateway, ADA, "/v1/audit?action=upload.*&subject=s1").await;
    assert!(few.len() > 100 && few.iter().all(|row| row["subject"] == "s1" && row["action"].starts_with("upload.")));
}

#[tokio::test]
async fn a_file_is_named_and_typed_and_may_be_empty_or_end_where_a_batch_does() {
    let gateway = Harness::start().await;
    for (accept, content_type, extension) in
        [(NDJSON, NDJSON, ".ndjson"), (CSV, "text/csv; charset=utf-8; header=present", ".csv")]
    {
        let answer = export(&gateway, ADA, "/v1/audit", accept).await;
        assert_eq!(answer.headers()[CONTENT_TYPE], content_type);
        let disposition = answer.headers()[CONTENT_DISPOSITION].to_str().unwrap().to_owned();
        assert!(
            disposition.starts_with("attachment; filename=\"audit-20")
                && disposition.ends_with(&format!("{extension}\"")),
            "{disposition}"
        );
        assert_eq!(answer.headers()["cache-control"], "no-store");
    }
    assert!(lines(&gateway, ADA, "/v1/audit").await.is_empty());
    assert!(rows(&gateway, ADA, "/v1/audit").await.is_empty());
    happen(&gateway.database, 2000).await;
    assert_eq!(lines(&gateway, ADMIN, "/v1/admin/audit").await.len(), 2000);
    assert_eq!(rows(&gateway, ADMIN, "/v1/admin/audit").await.len(), 2000);
    for accept in ["", "*/*", "text/html", "application/json"] {
        let request = gateway.request(Method::GET, "/v1/audit").bearer_auth(gateway.token(ADA)).header(ACCEPT, accept);
        let page = gateway.send(request).await;
        assert_eq!(
            (ids(&page).len(), &page.headers[CONTENT_TYPE]),
            (50, &"application/json".parse().unwrap()),
            "{accept}"
        );
    }
}

#[tokio::test]
async fn no_cell_breaks_its_row_or_is_a_formula() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let body = serde_json::json!({"fileName": "a", "contentType": "a/b", "size": 5});
    let request = gateway.request(Method::POST, "/v1/uploads").bearer_auth(&alice).header("x-request-id", "-1-1");
    assert_eq!(gateway.send(request.json(&body)).await.status, StatusCode::CREATED);
    // Nothing of the gateway's writes such a thing today.
    let odd = "insert into audit_events (id, at, tenant_id, subject, action, request_id, detail)
        select gen_random_uuid(), now(), id, '=cmd|'' /C calc''!A0', '@SUM(1)', '+1\",x', '{\"a\": \"=1\\n\\\",;é\"}' from tenants where slug = 'acme'";
    sqlx::raw_sql(odd).execute(&gateway.database.pool).await.expect("an event");
    let table = rows(&gateway, ADA, "/v1/audit").await;
    let find = |request: &str| table.iter().find(|row| row["requestId"] == request).expect("a row");
    assert_eq!(find("'-1-1")["action"], "upload.granted");
    let odd = find("'+1\",x");
    assert_eq!((odd["subject"].as_str(), odd["action"].as_str()), ("'=cmd|' /C calc'!A0", "'@SUM(1)"));
    assert_eq!(odd["detail"], "{\"a\":\"=1\\n\\\",;é\"}");
}

#[tokio::test]
async fn an_export_that_the_database_fails_half_way_is_broken_off() {
    let gateway = Harness::start().await;
    happen(&gateway.database, 2500).await;
    // So dear that Postgres asks for it last, of the rows that it answers alone.
    let fail = "alter table audit_events rename to audit_rows;
        create function told(request_id text, detail jsonb) returns jsonb language plpgsql stable cost 100000 as $$
        begin if request_id = 'r42' then raise 'a trap'; end if; return detail; end $$;
        create view audit_events as select id, at, tenant_id, subject, action, upload_id, request_id,
            told(request_id, detail) as detail, trace_id, address from audit_rows;
        grant select on audit_events to upload_gateway_service";
    sqlx::raw_sql(fail).execute(&gateway.database.pool).await.expect("a trap");
    for accept in [NDJSON, CSV] {
        let mut body = export(&gateway, ADMIN, "/v1/admin/audit", accept).await;
        let mut received = Vec::new();
        let is_broken = loop {
            match body.chunk().await {
                Ok(Some(bytes)) => received.extend_from_slice(&bytes),
                Ok(None) => break false,
                Err(_) => break true,
            }
        };
        let rows = received.iter().filter(|byte| **byte == b'\n').count();
        assert!(is_broken, "{accept}: it looks whole, and has {rows} rows");
        assert!((2000..=2001).contains(&rows), "{accept}: what was found before has arrived: {rows}");
        // What cannot even begin is refused like everything else.
        let request = gateway.request(Method::GET, "/v1/admin/audit?to=2026-09-21T14:13:20.2Z");
        let refused = gateway.send(request.bearer_auth(gateway.token(ADMIN)).header(ACCEPT, accept)).await;
        assert_eq!((refused.status, refused.problem()), (StatusCode::SERVICE_UNAVAILABLE, "unavailable"));
    }
}
