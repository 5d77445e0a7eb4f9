//! What is a newcomer told when the sandbox is up?

use std::fmt::Write as _;
use std::path::Path;

use super::document::Document;

/// Addresses, people, and `curl` lines that do the whole job when pasted.
pub(super) fn text(document: &Document, data_dir: &Path) -> String {
    let Document { public_url, internal_url, s3_url, cognito_url, client_id, database_url, users, .. } = document;
    let providers = document.identity_providers.join(" and ");
    let mut text = format!(
        "\nThe sandbox is up. Everything listens on loopback; state is in {}.\n\n  \
         portal    {public_url}/portal/   (for people)\n  \
         gateway   {public_url}   (to read: {public_url}/docs)\n  \
         internal  {internal_url}/metrics /livez /readyz\n  \
         AWS       {s3_url}   (S3, STS, SQS)\n  \
         Cognito   {cognito_url}\n  \
         Postgres  {database_url}\n\n\
         People, who can all sign in with this password; those of a tenant also through its identity provider, which a page\n\
         plays that asks for none ({providers}):\n\n",
        data_dir.display()
    );
    for person in users {
        let tenant = person.tenant.unwrap_or("-");
        let _ = writeln!(text, "  {:26} {:14} {:8} {}", person.email, person.password, tenant, person.role);
    }
    let Some(first) = users.first() else { return text };
    let body = format!(
        r#"{{"AuthFlow":"USER_PASSWORD_AUTH","ClientId":"{client_id}","AuthParameters":{{"USERNAME":"{}","PASSWORD":"{}"}}}}"#,
        first.email, first.password
    );
    let _ = write!(
        text,
        r#"
The whole job, to paste into another shell:

  # sign in
  TOKEN=$(curl -s {cognito_url}/ -H 'X-Amz-Target: AWSCognitoIdentityProviderService.InitiateAuth' \
    -H 'Content-Type: application/x-amz-json-1.1' -d '{body}' | sed -E 's/.*"IdToken":"([^"]+)".*/\1/')

  # ask for a grant of 11 bytes
  GRANT=$(curl -s {public_url}/v1/uploads -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \
    -d '{{"fileName":"hello.txt","contentType":"text/plain","size":11}}'); echo "$GRANT"
  URL=$(echo "$GRANT" | sed -E 's/.*"url":"([^"]+)".*/\1/'); ID=$(echo "$GRANT" | sed -E 's/^\{{"id":"([^"]+)".*/\1/')

  # put the bytes into S3; they never pass the gateway
  printf 'hello world' | curl -si -X PUT "$URL" -H 'Content-Type: text/plain' -H 'If-None-Match: *' --data-binary @-

  # tell the gateway (S3's own event may have told it already), and read the record back
  curl -s -X POST {public_url}/v1/uploads/$ID/complete -H "Authorization: Bearer $TOKEN"; echo
  curl -s {public_url}/v1/uploads/$ID -H "Authorization: Bearer $TOKEN"; echo

  # the row, the audit event and the metric
  psql '{database_url}' -c 'select id, status, object_key from uploads' -c 'select at, action, subject from audit_events'
  curl -s {internal_url}/metrics | grep upload_gateway_uploads_total

Ctrl-C stops everything.
"#
    );
    text
}
