//! Are the sandbox's tenants bound to their identity providers, also those that an earlier sandbox left?

use upload_gateway::model::Clock;
use upload_gateway::sandbox::people;

use crate::harness::Harness;

#[tokio::test]
async fn a_tenant_that_was_left_without_an_identity_provider_gets_its_own() {
    let gateway = Harness::start().await;
    let pool = &gateway.database.pool;
    let left = "update tenants set identity_provider = case slug when 'acme' then null else 'Chosen' end";
    sqlx::query(left).execute(pool).await.unwrap();
    let config = gateway.neighbours().configuration((0, 0), "").unwrap();
    people::seed(&config, &Clock::system()).await.unwrap();
    let bound: Vec<(String, Option<String>)> =
        sqlx::query_as("select slug, identity_provider from tenants order by slug").fetch_all(pool).await.unwrap();
    let expected = [("acme", "AcmeSSO"), ("globex", "Chosen")];
    assert_eq!(bound, expected.map(|(slug, provider)| (slug.to_owned(), Some(provider.to_owned()))));
}
