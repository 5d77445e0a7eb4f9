# What do the triggers' function and its role amount to? The policies are compared whole: whatever is added fails here.
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "acme-uploads"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/gateway"]
  triggers_zip           = "versions.tf"
}

run "the_function_may_write_its_log_and_count_attempts" {
  assert {
    condition = jsondecode(aws_iam_role_policy.triggers[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "Log"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:aws:logs:eu-central-1:123456789012:log-group:/aws/lambda/upload-gateway-triggers:*"
        },
        {
          Sid      = "CountAttempts"
          Effect   = "Allow"
          Action   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:UpdateItem"]
          Resource = "arn:aws:dynamodb:eu-central-1:123456789012:table/upload-gateway-lockout"
        },
      ]
    }
    error_message = "The function may do something else."
  }

  assert {
    condition = jsondecode(aws_iam_role.triggers[0].assume_role_policy) == {
      Version = "2012-10-17"
      Statement = [{
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:SourceAccount" = "123456789012" } }
      }]
    }
    error_message = "The role can be assumed by somebody else."
  }
}

run "this_user_pool_alone_may_call_it" {
  assert {
    condition = {
      action  = aws_lambda_permission.triggers[0].action
      who     = aws_lambda_permission.triggers[0].principal
      pool    = aws_lambda_permission.triggers[0].source_arn
      account = aws_lambda_permission.triggers[0].source_account
      } == {
      action  = "lambda:InvokeFunction"
      who     = "cognito-idp.amazonaws.com"
      pool    = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_AbC123xyz"
      account = "123456789012"
    }
    error_message = "Somebody else may call the triggers."
  }
}

run "every_trigger_is_wired" {
  assert {
    condition = {
      for trigger, arn in one(aws_cognito_user_pool.people.lambda_config) : trigger => arn
      if contains(["pre_authentication", "post_authentication", "post_confirmation", "pre_sign_up"], trigger)
      } == {
      for trigger in ["pre_authentication", "post_authentication", "post_confirmation", "pre_sign_up"] :
      trigger => aws_lambda_function.triggers[0].arn
    }
    error_message = "A trigger is not wired."
  }

  # V1 cannot touch access tokens.
  assert {
    condition = one(one(aws_cognito_user_pool.people.lambda_config).pre_token_generation_config) == {
      lambda_arn     = aws_lambda_function.triggers[0].arn
      lambda_version = "V2_0"
    }
    error_message = "Access tokens would name no tenant."
  }
}

run "the_function_is_told_what_it_has_to_know" {
  assert {
    condition = one(aws_lambda_function.triggers[0].environment).variables == tomap({
      TRIGGERS_TENANT_CLAIM       = "custom:customerName"
      TRIGGERS_IDENTITY_PROVIDERS = "{}"
      TRIGGERS_LOCKOUT_TABLE      = "upload-gateway-lockout"
      TRIGGERS_LOCKOUT_ATTEMPTS   = "5"
      TRIGGERS_LOCKOUT_DURATION   = "15m"
      TRIGGERS_LOCKOUT_OUTAGE     = "open"
    })
    error_message = "The function is told something else."
  }

  assert {
    condition = jsonencode({
      runtime       = aws_lambda_function.triggers[0].runtime
      handler       = aws_lambda_function.triggers[0].handler
      architectures = aws_lambda_function.triggers[0].architectures
      memory        = aws_lambda_function.triggers[0].memory_size
      seconds       = aws_lambda_function.triggers[0].timeout
      code          = aws_lambda_function.triggers[0].source_code_hash
      log           = one(aws_lambda_function.triggers[0].logging_config).log_group
      days          = aws_cloudwatch_log_group.triggers[0].retention_in_days
      }) == jsonencode({
      runtime       = "provided.al2023"
      handler       = "bootstrap"
      architectures = ["arm64"]
      memory        = 256
      seconds       = 5
      code          = filebase64sha256("versions.tf")
      log           = "/aws/lambda/upload-gateway-triggers"
      days          = 365
    })
    error_message = "The function runs in another way."
  }
}

run "the_table_forgets_by_itself" {
  assert {
    condition = {
      key       = aws_dynamodb_table.lockout[0].hash_key
      billing   = aws_dynamodb_table.lockout[0].billing_mode
      protected = aws_dynamodb_table.lockout[0].deletion_protection_enabled
      encrypted = one(aws_dynamodb_table.lockout[0].server_side_encryption).enabled
      forgets   = one(aws_dynamodb_table.lockout[0].ttl).enabled
      when      = one(aws_dynamodb_table.lockout[0].ttl).attribute_name
      } == {
      key       = "account"
      billing   = "PAY_PER_REQUEST"
      protected = true
      encrypted = true
      forgets   = true
      when      = "expires_at"
    }
    error_message = "The table is another."
  }

  assert {
    condition     = [for attribute in aws_dynamodb_table.lockout[0].attribute : "${attribute.name}:${attribute.type}"] == ["account:S"]
    error_message = "The table's key is a text."
  }
}

run "the_lock_is_configurable" {
  variables {
    lockout = { attempts = 3, minutes = 60, outage = "closed" }
  }

  assert {
    condition = {
      for name, value in one(aws_lambda_function.triggers[0].environment).variables : name => value
      if startswith(name, "TRIGGERS_LOCKOUT_")
      } == {
      TRIGGERS_LOCKOUT_TABLE    = "upload-gateway-lockout"
      TRIGGERS_LOCKOUT_ATTEMPTS = "3"
      TRIGGERS_LOCKOUT_DURATION = "60m"
      TRIGGERS_LOCKOUT_OUTAGE   = "closed"
    }
    error_message = "The lock is another."
  }
}

run "without_a_lock_there_is_neither_a_table_nor_the_right_to_one" {
  variables {
    lockout = null
  }

  assert {
    condition     = length(aws_dynamodb_table.lockout) == 0 && jsondecode(aws_iam_role_policy.triggers[0].policy).Statement[*].Sid == ["Log"]
    error_message = "Something of the lock is left."
  }

  assert {
    condition     = keys(one(aws_lambda_function.triggers[0].environment).variables) == tolist(["TRIGGERS_IDENTITY_PROVIDERS", "TRIGGERS_TENANT_CLAIM"])
    error_message = "The function would look for a table that is not there."
  }
}

run "without_a_zip_there_are_no_triggers" {
  variables {
    triggers_zip = null
  }

  assert {
    condition = 0 == (length(aws_lambda_function.triggers) + length(aws_lambda_permission.triggers) + length(aws_iam_role.triggers) +
    length(aws_iam_role_policy.triggers) + length(aws_cloudwatch_log_group.triggers) + length(aws_dynamodb_table.lockout) + length(aws_cognito_user_pool.people.lambda_config))
    error_message = "Something of the triggers is left."
  }

  assert {
    condition     = output.triggers_function_name == null && output.inbound_federation_command == null
    error_message = "There is nothing to wire."
  }
}

run "inbound_federation_is_wired_by_hand" {
  assert {
    condition     = length(terraform_data.inbound_federation) == 0
    error_message = "Terraform runs a script that nobody asked for."
  }

  assert {
    condition     = endswith(output.inbound_federation_command, "/triggers_inbound_federation.sh' 'eu-central-1' 'eu-central-1_AbC123xyz' 'arn:aws:lambda:eu-central-1:123456789012:function:upload-gateway-triggers'")
    error_message = "The command wires something else."
  }
}

run "or_by_terraform_if_it_may" {
  command = plan

  variables {
    wire_inbound_federation = true
  }

  assert {
    condition     = length(terraform_data.inbound_federation) == 1
    error_message = "The trigger is not wired."
  }
}
