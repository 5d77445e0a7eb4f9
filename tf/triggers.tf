# What does Cognito ask before it lets people in, and before it gives them tokens? One function answers all its triggers:
#
# - pre and post authentication: an account is locked after failed attempts (triggers_lockout.tf);
# - pre sign-up: who comes from an identity provider that is bound to no tenant, or with a tenant that is not its own, gets no
#   account;
# - pre token generation: the tenant gets into access tokens, unless the provider is bound to another; the scope that would let
#   a token change its owner's attributes gets out;
# - inbound federation, when it is wired (triggers_inbound_federation.tf): the tenant is written by the binding,
#   whatever the assertion says. Without it, the two before it and the gateway, which knows each tenant's provider, each refuse
#   a foreign tenant by themselves; what the attribute holds is then what was asserted, and proves nothing.
locals {
  triggers_name = "${var.name}-triggers"

  triggers_environment = merge(
    {
      TRIGGERS_TENANT_CLAIM       = local.tenant_claim
      TRIGGERS_IDENTITY_PROVIDERS = jsonencode(local.provider_tenants)
    },
    local.has_lockout ? {
      TRIGGERS_LOCKOUT_TABLE    = local.lockout_table_name
      TRIGGERS_LOCKOUT_ATTEMPTS = tostring(var.lockout.attempts)
      TRIGGERS_LOCKOUT_DURATION = "${var.lockout.minutes}m"
      TRIGGERS_LOCKOUT_OUTAGE   = var.lockout.outage
    } : {},
  )
}

resource "aws_lambda_function" "triggers" {
  #checkov:skip=CKV_AWS_50:X-Ray would add a daemon and a cost to each sign-in; each answer is one line in the log.
  #checkov:skip=CKV_AWS_116:Cognito calls and waits, so a failure goes back to it; only asynchronous calls have a dead-letter queue.
  #checkov:skip=CKV_AWS_117:It speaks to DynamoDB and CloudWatch alone; a VPC would only add a NAT gateway in the way of signing in.
  #checkov:skip=CKV_AWS_173:The environment holds names of providers, tenants and a table, and no secret.
  #checkov:skip=CKV_AWS_272:Who may change the function may change its signing configuration as well; the zip is the operator's own build.
  count = var.triggers_zip == null ? 0 : 1

  function_name = local.triggers_name
  description   = "Answers the triggers of the user pool ${var.name}."
  role          = aws_iam_role.triggers[0].arn

  filename         = var.triggers_zip
  source_code_hash = filebase64sha256(var.triggers_zip)
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = [var.triggers_architecture]
  memory_size      = var.triggers_memory

  # Cognito waits no longer.
  timeout                        = 5
  reserved_concurrent_executions = var.triggers_reserved_concurrency

  tags = var.tags

  environment {
    variables = local.triggers_environment
  }

  logging_config {
    log_format = "JSON"
    log_group  = aws_cloudwatch_log_group.triggers[0].name
  }

  lifecycle {
    precondition {
      # Bytes, not letters: a tenant's value may have any.
      condition     = length(base64encode(jsonencode(local.triggers_environment))) / 4 * 3 < 4000
      error_message = "Lambda takes 4 KiB of environment, and the bindings of providers to tenants are in it: bind fewer, or give them shorter names."
    }
  }
}

# This user pool may call it, and no other, of nobody else's.
resource "aws_lambda_permission" "triggers" {
  count = var.triggers_zip == null ? 0 : 1

  statement_id   = "user-pool"
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.triggers[0].function_name
  principal      = "cognito-idp.amazonaws.com"
  source_arn     = aws_cognito_user_pool.people.arn
  source_account = local.account_id
}

resource "aws_cloudwatch_log_group" "triggers" {
  count = var.triggers_zip == null ? 0 : 1

  name              = "/aws/lambda/${local.triggers_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.log_kms_key_arn
  tags              = var.tags
}
