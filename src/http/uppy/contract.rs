//! What is the contract of Uppy 6? That of Uppy 5, with a session in the path where that has a token.

use utoipa::Modify;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn, PathItem};
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{OpenApi, Required};

const WITH_TOKEN: &str = "/companion/s3/";
const WITH_SESSION: &str = "/u/{session}/s3/";

/// Writes down each operation that takes a token once more, as the one that takes a session. To be applied
/// before what all operations have in common.
pub(in crate::http) struct Sessions;

impl Modify for Sessions {
    fn modify(&self, document: &mut OpenApi) {
        let of_session = |(path, item): (&String, &PathItem)| {
            // Credentials are for those who have a token.
            let rest = path.strip_prefix(WITH_TOKEN).filter(|rest| *rest != "sts")?;
            let mut item = item.clone();
            let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete];
            operations.into_iter().flatten().for_each(take_session);
            Some((format!("{WITH_SESSION}{rest}"), item))
        };
        let items: Vec<_> = document.paths.paths.iter().filter_map(of_session).collect();
        document.paths.paths.extend(items);
    }
}

fn take_session(operation: &mut Operation) {
    operation.security = Some(Vec::new());
    operation.operation_id = operation.operation_id.take().map(|id| id.replacen("companion", "session", 1));
    let text = ObjectBuilder::new().schema_type(Type::String).pattern(Some("^[A-Za-z0-9_-]{43}$"));
    let session = ParameterBuilder::new()
        .name("session")
        .parameter_in(ParameterIn::Path)
        .required(Required::True)
        .description(Some("The secret of an Uppy session, as in its `companionEndpoint`"))
        .schema(Some(text));
    operation.parameters.get_or_insert_default().insert(0, session.build());
}
