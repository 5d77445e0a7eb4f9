# Through which app clients do people come in, and what may their tokens do? One client for each way, because the way through
# an identity provider needs what would be a hole on the other: write access to the tenant's attribute.
locals {
  # Never aws.cognito.signin.user.admin: with it, an access token may change its owner's attributes, among them the tenant.
  # And never none: a request that names no scope gets all that are allowed here.
  oauth_scopes = ["openid", "email", "profile"]

  # Signing in by API gives an access token with that very scope, whatever is allowed above. So there is no such flow here, and
  # a list there has to be: without one Cognito allows SRP and custom ones. That is also why refresh tokens are not rotated:
  # rotation forbids this one flow, and would leave the list empty.
  auth_flows = ["ALLOW_REFRESH_TOKEN_AUTH"]

  # Passkeys need the flow in which people choose how to sign in, on the sign-in page as well. It opens signing in by API, for
  # the native client alone, which cannot write the tenant's attribute.
  native_auth_flows = concat(local.auth_flows, var.passkeys ? ["ALLOW_USER_AUTH"] : [])

  readable_attributes = [local.tenant_claim, "email", "email_verified", "family_name", "given_name", "name"]

  portal_url    = "${var.public_url}/portal/"
  callback_urls = distinct(concat([local.portal_url], var.callback_urls))
  logout_urls   = distinct(concat([local.portal_url], var.logout_urls))

  native_client_id    = aws_cognito_user_pool_client.native.id
  federated_client_id = one(aws_cognito_user_pool_client.federated[*].id)

  # The gateway's auth.pools.client_ids, hosted_ui_client_id and native_client_id; the first is the portal's.
  client_ids          = concat(aws_cognito_user_pool_client.federated[*].id, [local.native_client_id])
  hosted_ui_client_id = local.client_ids[0]
}

# People of identity providers. A client without a provider would be one that nobody can use.
resource "aws_cognito_user_pool_client" "federated" {
  count = length(var.saml_providers) == 0 && var.google == null ? 0 : 1

  name         = "${var.name}-federated"
  user_pool_id = aws_cognito_user_pool.people.id

  supported_identity_providers = local.identity_provider_names
  read_attributes              = local.readable_attributes
  write_attributes             = local.mapped_attributes

  explicit_auth_flows                  = local.auth_flows
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = local.oauth_scopes
  callback_urls                        = local.callback_urls
  logout_urls                          = local.logout_urls

  # A page keeps no secret; the code is bound to it by PKCE.
  generate_secret = false

  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true
  auth_session_validity         = 3

  access_token_validity  = var.token_minutes
  id_token_validity      = var.token_minutes
  refresh_token_validity = var.refresh_hours

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "hours"
  }
}

# People of the user pool itself.
resource "aws_cognito_user_pool_client" "native" {
  name         = "${var.name}-native"
  user_pool_id = aws_cognito_user_pool.people.id

  supported_identity_providers = ["COGNITO"]
  read_attributes              = local.readable_attributes

  # Named, because without a list Cognito's own applies; and not the tenant's, which only an administrator gives.
  write_attributes = ["family_name", "given_name", "name"]

  explicit_auth_flows                  = local.native_auth_flows
  allowed_oauth_flows_user_pool_client = true
  allowed_oauth_flows                  = ["code"]
  allowed_oauth_scopes                 = local.oauth_scopes
  callback_urls                        = local.callback_urls
  logout_urls                          = local.logout_urls
  generate_secret                      = false

  prevent_user_existence_errors = "ENABLED"
  enable_token_revocation       = true
  auth_session_validity         = 3

  access_token_validity  = var.token_minutes
  id_token_validity      = var.token_minutes
  refresh_token_validity = var.refresh_hours

  token_validity_units {
    access_token  = "minutes"
    id_token      = "minutes"
    refresh_token = "hours"
  }
}
