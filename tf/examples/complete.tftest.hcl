# Does the example still fit the module? Run by tests/terraform/check.sh, with the example's values and an empty triggers.zip.
mock_provider "aws" {
  source = "./tests/account"
}

run "makes_the_whole_of_it" {
  assert {
    condition     = length(aws_ecs_service.gateway) == 1 && length(aws_db_instance.gateway) == 1 && length(output.client_ids) == 2
    error_message = "The example makes something else than it says."
  }
}
