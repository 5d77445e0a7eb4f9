# What AWS would have answered about the triggers and the direct path.
override_resource {
  target = aws_iam_role.triggers
  values = { arn = "arn:aws:iam::123456789012:role/upload-gateway-triggers-eu-central-1" }
}

override_resource {
  target = aws_lambda_function.triggers
  values = { arn = "arn:aws:lambda:eu-central-1:123456789012:function:upload-gateway-triggers" }
}

override_resource {
  target = aws_iam_role.direct
  values = { arn = "arn:aws:iam::123456789012:role/upload-gateway-direct-eu-central-1", tags_all = {} }
}

override_resource {
  target = aws_cognito_identity_pool.direct
  values = { id = "eu-central-1:00000000-0000-0000-0000-000000000002" }
}
