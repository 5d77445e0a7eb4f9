# Where is the sign-in page?
locals {
  domain_prefix  = coalesce(var.domain_prefix, "${var.name}-${local.account_id}")
  hosted_ui_host = var.custom_domain == null ? "${local.domain_prefix}.auth.${local.region}.amazoncognito.com" : var.custom_domain.name

  # Of the domain, not of the variables, so that whoever uses it waits for the domain to be there.
  hosted_ui_url = "https://${aws_cognito_user_pool_domain.people.domain}${var.custom_domain == null ? ".auth.${local.region}.amazoncognito.com" : ""}"
}

resource "aws_cognito_user_pool_domain" "people" {
  user_pool_id    = aws_cognito_user_pool.people.id
  domain          = var.custom_domain == null ? local.domain_prefix : var.custom_domain.name
  certificate_arn = var.custom_domain == null ? null : var.custom_domain.certificate_arn

  # 1 is the classic hosted UI. 2, managed login, shows "Login pages unavailable" until each app client has a branding style,
  # which only versions 6 of the provider can make: the output managed_login_branding_commands says how.
  managed_login_version = var.managed_login ? 2 : 1
}
