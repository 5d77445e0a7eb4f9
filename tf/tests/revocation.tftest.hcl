# Can the gateway revoke what was handed out, and gain nothing else by it?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "uploads-example"
  public_url             = "https://uploads.example.com"
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/my-gateway"]
}

run "is_not_given_unless_it_is_asked_for" {
  assert {
    condition     = !strcontains(output.gateway_policy_json, "\"iam:")
    error_message = "The gateway may do something in IAM: ${output.gateway_policy_json}"
  }
  assert {
    condition     = aws_iam_role.uploads.permissions_boundary == null && length(aws_iam_policy.uploads_at_most) == 0
    error_message = "A boundary that nobody needs."
  }
}

run "writes_into_the_upload_role_alone_which_can_do_no_more_than_before" {
  variables {
    revocation = true
  }

  assert {
    condition = [for statement in jsondecode(output.gateway_policy_json).Statement : statement if statement.Sid == "RevokeWhatWasHandedOut"] == [{
      Sid      = "RevokeWhatWasHandedOut"
      Effect   = "Allow"
      Action   = "iam:PutRolePolicy"
      Resource = aws_iam_role.uploads.arn
    }]
    error_message = "One action on one role: ${output.gateway_policy_json}"
  }
  assert {
    condition     = aws_iam_role.uploads.permissions_boundary == aws_iam_policy.uploads_at_most[0].arn
    error_message = "The role has another boundary, or none."
  }
  assert {
    condition     = aws_iam_policy.uploads_at_most[0].policy == aws_iam_role_policy.uploads.policy
    error_message = "The boundary allows something else than the role's policy."
  }
}

run "refuses_another_boundary" {
  command = plan
  variables {
    revocation           = true
    permissions_boundary = "arn:aws:iam::123456789012:policy/everybody"
  }
  expect_failures = [var.revocation]
}
