# Who may administer? The groups whose names the gateway looks for in a token; people are put into them by hand.
resource "aws_cognito_user_group" "platform_admins" {
  user_pool_id = aws_cognito_user_pool.people.id
  name         = "platform-admins"
  description  = "May administer every tenant."
  precedence   = 1
}

resource "aws_cognito_user_group" "tenant_admins" {
  user_pool_id = aws_cognito_user_pool.people.id
  name         = "tenant-admins"
  description  = "May see all uploads, the usage and the audit of their own tenant."
  precedence   = 2
}
