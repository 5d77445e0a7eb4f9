# What does whoever sets up sign-in have to know afterwards?
output "user_pool_id" {
  description = "Id of the user pool."
  value       = aws_cognito_user_pool.people.id
}

output "issuer" {
  description = "Issuer of its tokens: auth.pools.issuer."
  value       = "https://${aws_cognito_user_pool.people.endpoint}"
}

output "hosted_ui_url" {
  description = "Where people sign in: auth.pools.hosted_ui."
  value       = local.hosted_ui_url
}

output "hosted_ui_alias" {
  description = "What the custom domain's alias record points at; null without a custom domain."
  value = var.custom_domain == null ? null : {
    name           = var.custom_domain.name
    target         = aws_cognito_user_pool_domain.people.cloudfront_distribution
    target_zone_id = aws_cognito_user_pool_domain.people.cloudfront_distribution_zone_id
  }
}

output "client_ids" {
  description = "App clients whose tokens the gateway takes: auth.pools.client_ids."
  value       = local.client_ids
}

output "federated_client_id" {
  description = "App client of the people of identity providers; null when there is none."
  value       = local.federated_client_id
}

output "native_client_id" {
  description = "App client of the people of the user pool itself: auth.pools.native_client_id."
  value       = local.native_client_id
}

output "saml_service_provider" {
  description = "What a SAML identity provider has to be told: the audience (entity id), and where it sends its answers (ACS)."
  value = {
    entity_id = "urn:amazon:cognito:sp:${aws_cognito_user_pool.people.id}"
    acs_url   = "${local.hosted_ui_url}/saml2/idpresponse"
  }
}

output "tenants_json" {
  description = "The tenants of the identity providers, as a list of bodies for POST /v1/admin/tenants."
  value       = jsonencode(local.tenants)
}

output "triggers_function_name" {
  description = "Name of the triggers' function; null when there are none."
  value       = one(aws_lambda_function.triggers[*].function_name)
}

output "inbound_federation_command" {
  description = "Wires the inbound federation trigger, which the provider cannot. To be run again after each apply that changed the user pool, unless wire_inbound_federation does it; null when there are no triggers."
  value       = local.inbound_federation_command
}

output "managed_login_branding_commands" {
  description = "Give the app clients the branding style without which managed login shows no page; none without managed login."
  value = !var.managed_login ? [] : [
    for id in local.client_ids :
    "aws cognito-idp create-managed-login-branding --region ${local.region} --user-pool-id ${aws_cognito_user_pool.people.id} --client-id ${id} --use-cognito-provided-values"
  ]
}

output "identity_pool_id" {
  description = "Id of the identity pool of the direct path; null when it is off."
  value       = one(aws_cognito_identity_pool.direct[*].id)
}
