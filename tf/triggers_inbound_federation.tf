# How is the inbound federation trigger wired, which the provider does not know? By a script, which Terraform runs if it may.
locals {
  inbound_federation_command = one([
    for arn in aws_lambda_function.triggers[*].arn :
    "bash '${path.module}/triggers_inbound_federation.sh' '${local.region}' '${aws_cognito_user_pool.people.id}' '${arn}'"
  ])

  # Each update of the pool takes the trigger away again, so any change of what Terraform knows of the pool runs the script anew;
  # but not what changes with the pool's use, or with the script's own update.
  user_pool_settings_hash = sha256(jsonencode({
    for name, value in aws_cognito_user_pool.people : name => value
    if !contains(["creation_date", "custom_domain", "domain", "estimated_number_of_users", "last_modified_date"], name)
  }))
}

resource "terraform_data" "inbound_federation" {
  count = var.wire_inbound_federation ? 1 : 0

  triggers_replace = [local.inbound_federation_command, local.user_pool_settings_hash]

  # Once wired, Cognito calls it at the next federated sign-in, so the permission has to be there.
  depends_on = [aws_lambda_permission.triggers]

  provisioner "local-exec" {
    command = local.inbound_federation_command
  }
}
