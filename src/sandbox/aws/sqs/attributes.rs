//! What does the queue say of how it is set up (`GetQueueAttributes`)?

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::actions::{check_queue, read};
use super::{Refused, queue_arn};
use crate::sandbox::aws::Shared;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct GetQueueAttributes {
    queue_url: String,
    #[serde(default)]
    attribute_names: Vec<String>,
}

pub(super) fn get(shared: &Shared, body: &[u8]) -> Result<Value, Refused> {
    let request: GetQueueAttributes = read(body)?;
    check_queue(&request.queue_url)?;
    let (settings, arn) = (shared.set_up.queue(), queue_arn(&shared.region));
    let mut all = Map::new();
    all.insert("QueueArn".to_owned(), json!(arn));
    all.insert("VisibilityTimeout".to_owned(), json!(shared.sqs.queue.visibility_timeout().as_secs().to_string()));
    if settings.has_dead_letters {
        let redrive = json!({"deadLetterTargetArn": format!("{arn}-dead"), "maxReceiveCount": 5});
        all.insert("RedrivePolicy".to_owned(), json!(redrive.to_string()));
    }
    if let Some(policy) = settings.policy {
        all.insert("Policy".to_owned(), json!(policy));
    }
    let is_asked = |name: &str| request.attribute_names.iter().any(|asked| asked == name || asked == "All");
    all.retain(|name, _| is_asked(name));
    Ok(json!({ "Attributes": all }))
}
