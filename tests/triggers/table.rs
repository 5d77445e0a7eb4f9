//! The DynamoDBs of `$TRIGGERS_TEST_DYNAMODB`, `name=URL` with commas between them, and a new table in each.

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::{Credentials, SharedCredentialsProvider};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, AttributeValue, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType, TableStatus,
};

/// One table for one test, as `tf/` makes it.
pub(crate) struct Table {
    /// Which DynamoDB this is.
    pub(crate) server: String,
    pub(crate) url: String,
    pub(crate) name: String,
    pub(crate) shared: SdkConfig,
    client: Client,
}

impl Table {
    /// A new table in each DynamoDB.
    pub(crate) async fn in_each() -> Vec<Self> {
        #[expect(clippy::disallowed_methods, reason = "the servers are started by the script around the tests")]
        let servers = std::env::var("TRIGGERS_TEST_DYNAMODB").expect("run these tests with tests/triggers/run.sh");
        let mut tables = Vec::new();
        for server in servers.split(',') {
            let (server, url) = server.split_once('=').expect("name=URL");
            tables.push(Self::create(server, url).await);
        }
        assert!(!tables.is_empty());
        tables
    }

    async fn create(server: &str, url: &str) -> Self {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let shared = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .endpoint_url(url)
            .load()
            .await;
        let (client, name) = (Client::new(&shared), format!("attempts-{}", uuid::Uuid::new_v4()));
        let key = KeySchemaElement::builder().attribute_name("account").key_type(KeyType::Hash).build().unwrap();
        let text = AttributeDefinition::builder().attribute_name("account").attribute_type(ScalarAttributeType::S);
        let create = client.create_table().table_name(&name).billing_mode(BillingMode::PayPerRequest);
        create.key_schema(key).attribute_definitions(text.build().unwrap()).send().await.unwrap();
        let table = Self { server: server.to_owned(), url: url.to_owned(), name, shared, client };
        while table.status().await != TableStatus::Active {}
        table
    }

    async fn status(&self) -> TableStatus {
        let described = self.client.describe_table().table_name(&self.name).send().await.unwrap();
        described.table.and_then(|table| table.table_status).unwrap()
    }

    /// The function's variables that name this table.
    pub(crate) fn variables(&self) -> [(&str, &str); 2] {
        [("TRIGGERS_LOCKOUT_TABLE", &self.name), ("AWS_ENDPOINT_URL_DYNAMODB", &self.url)]
    }

    /// How many accounts have a record.
    pub(crate) async fn records(&self) -> usize {
        self.client.scan().table_name(&self.name).send().await.unwrap().items().len()
    }

    /// A number of an account's record, if there is one.
    pub(crate) async fn number(&self, account: &str, attribute: &str) -> Option<i64> {
        let key = AttributeValue::S(account.to_owned());
        let item = self.client.get_item().table_name(&self.name).key("account", key).consistent_read(true).send().await;
        item.unwrap().item?.get(attribute)?.as_n().ok()?.parse().ok()
    }

    /// Puts a record there that somebody else made.
    pub(crate) async fn put(&self, account: &str, numbers: &[(&str, i64)]) {
        let mut put = self.client.put_item().table_name(&self.name);
        put = put.item("account", AttributeValue::S(account.to_owned()));
        for (attribute, number) in numbers {
            put = put.item(*attribute, AttributeValue::N(number.to_string()));
        }
        put.send().await.unwrap();
    }
}
