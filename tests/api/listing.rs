//! Does a listing show each upload that its caller may see once, newest first, and nothing else?

use std::collections::BTreeSet;

use futures_util::future::join_all;
use reqwest::StatusCode;
use sqlx::Row as _;

use crate::bulk;
use crate::harness::{Answer, Harness};

const STATUSES: [&str; 6] = ["pending", "completed", "failed", "expired", "aborted", "deleted"];

async fn list(gateway: &Harness, token: &str, query: &str) -> Answer {
    gateway.get(token, &format!("/v1/uploads?{query}")).await
}

fn ids(page: &Answer) -> Vec<String> {
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    page.body["items"]
        .as_array()
        .expect("items")
        .iter()
        .map(|item| item["id"].as_str().expect("an id").to_owned())
        .collect()
}

/// The ids of every page, and how many each had.
async fn walk(gateway: &Harness, token: &str, query: &str) -> (Vec<String>, Vec<usize>) {
    let (mut found, mut sizes, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = list(gateway, token, &format!("{query}{cursor}")).await;
        let items = ids(&page);
        sizes.push(items.len());
        found.extend(items);
        match page.body["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return (found, sizes),
        }
    }
}

async fn subject(gateway: &Harness, token: &str) -> String {
    gateway.get(token, "/v1/me").await.body["subject"].as_str().expect("a subject").to_owned()
}

/// A gateway with uploads of acme's and globex's people in every status and three collections, and a subject who is nobody's.
async fn crowded() -> (Harness, Vec<(String, String)>) {
    let gateway = Harness::start().await;
    let mut people = Vec::new();
    for email in
        ["alice@acme.example", "bob@acme.example", "ada@acme.example", "gina@globex.example", "greta@globex.example"]
    {
        let token = gateway.token(email);
        people.push((subject(&gateway, &token).await, token));
    }
    let subjects: Vec<String> = people.iter().map(|(subject, _)| subject.clone()).collect();
    bulk::uploads(&gateway.database, &["acme", "globex"], &subjects, 3, 0..400).await;
    (gateway, people)
}

#[tokio::test]
async fn pages_follow_one_another_while_uploads_come_in() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let mut before: Vec<String> = join_all((0..123).map(|_| gateway.grant(&alice, 1)))
        .await
        .iter()
        .map(|grant| grant["id"].as_str().unwrap().to_owned())
        .collect();
    before.sort_unstable_by(|one, other| other.cmp(one));
    let (mut found, mut sizes, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = list(&gateway, &alice, &format!("limit=50{cursor}")).await;
        sizes.push(ids(&page).len());
        found.extend(ids(&page));
        join_all((0..7).map(|_| gateway.grant(&alice, 1))).await;
        let Some(next) = page.body["nextCursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(found, before, "what was there when the first page was read, once each, newest first");
    assert_eq!(sizes, [50, 50, 23]);
    assert_eq!(ids(&list(&gateway, &alice, "").await).len(), 50, "fifty, when nobody says");
    let all = list(&gateway, &alice, "limit=200").await;
    assert_eq!((ids(&all).len(), &all.body["nextCursor"]), (123 + 21, &serde_json::Value::Null));
    let (_, exact) = walk(&gateway, &alice, "limit=72").await;
    assert_eq!(exact, [72, 72], "no empty page after the last");
}

#[tokio::test]
async fn an_upload_that_is_settled_between_two_pages_is_on_one_of_them() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let granted = join_all((0..60).map(|_| gateway.grant(&alice, 1))).await;
    let mut granted: Vec<String> = granted.iter().map(|grant| grant["id"].as_str().unwrap().to_owned()).collect();
    granted.sort_unstable_by(|one, other| other.cmp(one));
    let first = list(&gateway, &alice, "limit=20").await;
    // Of those that were on the page, and of those that come after it, two of every three.
    let (left, settled): (Vec<_>, Vec<_>) = granted.iter().enumerate().partition(|(place, _)| place % 3 == 0);
    let [left, settled] = [left, settled].map(|half| half.into_iter().map(|(_, id)| id.clone()).collect::<Vec<_>>());
    let settle = "update uploads set status = 'aborted', check_at = null where id = any ($1::uuid[])";
    sqlx::query(settle).bind(&settled).execute(&gateway.database.pool).await.unwrap();
    let cursor = first.body["nextCursor"].as_str().expect("more");
    let rest = list(&gateway, &alice, &format!("limit=200&cursor={cursor}")).await;
    assert_eq!([ids(&first), ids(&rest)].concat(), granted);
    for (query, expected) in [("", &granted), ("&status=pending", &left), ("&status=aborted", &settled)] {
        for filter in ["", "&collection=default"] {
            let (found, _) = walk(&gateway, &alice, &format!("limit=7{query}{filter}")).await;
            assert_eq!(&found, expected, "{query}{filter}");
        }
    }
}

#[tokio::test]
async fn each_filter_and_all_together_show_what_they_say_to_each_who_may_see_it() {
    let (gateway, people) = crowded().await;
    let rows = "select u.id::text, t.slug, u.subject, u.collection, u.status from uploads u
                join tenants t on t.id = u.tenant_id order by u.id desc";
    let rows = sqlx::query(rows).fetch_all(&gateway.database.pool).await.unwrap();
    let every: Vec<[String; 5]> = rows.iter().map(|row| [0, 1, 2, 3, 4].map(|column| row.get(column))).collect();
    let anyone = people.iter().map(|(subject, _)| subject.as_str()).chain(["nobody"]).map(Some);
    let subjects: Vec<Option<&str>> = [None].into_iter().chain(anyone).collect();
    let viewers = [("acme", false), ("acme", false), ("acme", true), ("globex", false), ("globex", true)];
    let mut shown = BTreeSet::new();
    for ((own, token), (tenant, is_admin)) in people.iter().zip(viewers) {
        for subject in &subjects {
            for collection in [None, Some("c0"), Some("c2"), Some("C0")] {
                for status in [None].into_iter().chain(STATUSES.map(Some)) {
                    let expected: Vec<&String> = every
                        .iter()
                        .filter(|[_, slug, whose, filed, stands]| {
                            slug == tenant
                                && (is_admin || whose == own)
                                && subject.is_none_or(|subject| whose == subject)
                                && collection.is_none_or(|collection| filed == collection)
                                && status.is_none_or(|status| stands == status)
                        })
                        .map(|[id, ..]| id)
                        .collect();
                    let pairs = [("subject", *subject), ("collection", collection), ("status", status)];
                    let pairs = pairs.into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", value?)));
                    let query = format!("limit=41{}", pairs.collect::<String>());
                    let (found, sizes) = walk(&gateway, token, &query).await;
                    assert_eq!(found.iter().collect::<Vec<_>>(), expected, "{tenant} {is_admin} {query}");
                    assert!(sizes.iter().rev().skip(1).all(|size| *size == 41), "{query}: {sizes:?}");
                    shown.extend(found);
                }
            }
        }
    }
    assert!(shown.len() > 300, "most uploads are somebody's to see: {}", shown.len());
}

#[tokio::test]
async fn an_upload_in_a_page_looks_as_it_does_alone() {
    let (gateway, people) = crowded().await;
    let (_, ada) = &people[2];
    let page = list(&gateway, ada, "limit=200&include=downloadUrl").await;
    let listed = page.body["items"].as_array().unwrap();
    assert!(listed.len() > 100);
    for item in listed.iter().step_by(9) {
        let alone = gateway.get(ada, &format!("/v1/uploads/{}", item["id"].as_str().unwrap())).await.body;
        let mut item = item.clone();
        let view: Vec<_> =
            ["downloadUrl", "downloadUrlExpiresAt"].map(|name| item.as_object_mut().unwrap().remove(name)).into();
        assert_eq!(item, alone);
        assert!(item["status"] == "completed" || view == [None, None], "only what is there can be viewed: {view:?}");
    }
}

#[tokio::test]
async fn a_question_that_cannot_be_answered_names_its_parameter() {
    let gateway = Harness::start().await;
    let alice = gateway.token("alice@acme.example");
    let table: [(&str, &[&str]); 16] = [
        ("limit=0", &["?limit"]),
        ("limit=201", &["?limit"]),
        ("limit=-1", &["?limit"]),
        ("limit=abc", &["?limit"]),
        ("limit=", &["?limit"]),
        ("limit=99999999999999999999", &["?limit"]),
        ("status=done", &["?status"]),
        ("status=Pending", &["?status"]),
        ("collection=a/b", &["?collection"]),
        ("subject=..", &["?subject"]),
        ("include=everything", &["?include"]),
        ("include=", &["?include"]),
        ("cursor=", &["?cursor"]),
        ("cursor=%00", &["?cursor"]),
        ("cursor=00000000-0000-0000-0000-000000000000", &["?cursor"]),
        (
            "limit=x&status=x&collection=&subject=&include=x&cursor=x",
            &["?limit", "?status", "?collection", "?subject", "?include", "?cursor"],
        ),
    ];
    for (query, pointers) in table {
        let refused = list(&gateway, &alice, query).await;
        assert_eq!((refused.status.as_u16(), refused.problem()), (422, "invalid-request"), "{query}");
        assert_eq!(refused.pointers(), pointers, "{query}");
    }
    for query in ["limit=1", "limit=200", "limit=%2B7", "include=downloadUrl", "unknown=1", ""] {
        assert_eq!(list(&gateway, &alice, query).await.status, StatusCode::OK, "{query}");
    }
}

async fn next_cursor(gateway: &Harness, token: &str, query: &str) -> String {
    let page = list(gateway, token, &format!("limit=1{query}")).await;
    page.body["nextCursor"].as_str().unwrap_or_else(|| panic!("more of {query}: {}", page.body)).to_owned()
}

#[tokio::test]
async fn a_cursor_is_good_for_its_own_listing_alone() {
    let (gateway, people) = crowded().await;
    let [(alice_is, alice), (bob_is, bob), (_, ada), _, (_, greta)] = &people[..] else { panic!("five people") };
    let refused = async |token: &str, query: &str, cursor: &str| {
        let answer = list(&gateway, token, &format!("cursor={cursor}{query}")).await;
        assert_eq!((answer.status.as_u16(), answer.pointers()), (422, vec!["?cursor"]), "{query} {cursor}");
    };
    let filters =
        ["", "&status=completed", "&collection=c0", &format!("&subject={alice_is}"), "&status=completed&collection=c0"];
    for made in filters {
        let cursor = next_cursor(&gateway, ada, made).await;
        for asked in filters {
            if made == asked {
                let page = list(&gateway, ada, &format!("limit=9&include=downloadUrl&cursor={cursor}{asked}")).await;
                assert_eq!(page.status, StatusCode::OK, "another size or another view is no other listing");
            } else {
                refused(ada, asked, &cursor).await;
            }
        }
        refused(greta, made, &cursor).await;
        refused(alice, made, &cursor).await;
    }
    let hers = next_cursor(&gateway, alice, "").await;
    refused(bob, "", &hers).await;
    refused(ada, "", &hers).await;
    refused(ada, &format!("&subject={alice_is}"), &hers).await;
    refused(alice, &format!("&subject={bob_is}"), &hers).await;

    assert!(list(&gateway, alice, &format!("cursor={hers}")).await.status.is_success());
    for at in 0..hers.len() {
        let other = if &hers[at..=at] == "A" { "B" } else { "A" };
        let flipped = format!("{}{other}{}", &hers[..at], &hers[at + 1..]);
        refused(alice, "", &flipped).await;
    }
    for changed in [&hers[1..], &hers[..31], &format!("{hers}A"), &format!("{hers}="), &format!("{hers}{hers}")] {
        refused(alice, "", changed).await;
    }
}
