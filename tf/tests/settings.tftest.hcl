# Do the outputs say to the gateway what was made? The files in tests/terraform are also read by the gateway itself, in its own tests.
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket          = "uploads-example"
  public_url      = "https://uploads.example.com"
  allowed_origins = ["https://partner.example", "https://other.example:8443"]
  external_id     = "gateway-7"
  triggers_zip    = "versions.tf"
  saml_providers = {
    AcmeSSO = { metadata_url = "https://sso.acme.example/metadata", tenant = "acme", email_domains = ["acme.example"] }
  }
  settings = { limits = { max_upload_bytes = "1 GiB", allowed_content_types = "image/*,application/pdf" }, server = { workers = "2" } }
  service = {
    vpc_id             = "vpc-1"
    private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
    public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
    certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    image              = "ghcr.io/example/upload-gateway:1.2.3"
  }
}

run "the_file_of_the_service_and_the_variables_of_its_task" {
  assert {
    condition     = output.gateway_toml == file("../tests/terraform/service.toml")
    error_message = "tests/terraform/service.toml is to be:\n${output.gateway_toml}"
  }

  assert {
    condition = join("", [
      for variable in jsondecode(aws_ecs_task_definition.gateway[0].container_definitions)[0].environment : "${variable.name}=${variable.value}\n"
    ]) == file("../tests/terraform/service.env")
    error_message = "tests/terraform/service.env is to be:\n${join("", [for name, value in output.gateway_environment : "${name}=${value}\n"])}"
  }

  assert {
    condition     = output.gateway_environment == { for variable in jsondecode(aws_ecs_task_definition.gateway[0].container_definitions)[0].environment : variable.name => variable.value }
    error_message = "The output says something else than the task is told."
  }

  assert {
    condition = jsondecode(aws_ecs_task_definition.gateway[0].container_definitions)[0].logConfiguration == {
      logDriver = "awslogs"
      options   = { awslogs-group = "/upload-gateway/gateway", awslogs-region = "eu-central-1", awslogs-stream-prefix = "gateway" }
    }
    error_message = "The task's log goes elsewhere."
  }
}

run "the_file_for_own_compute" {
  variables {
    service                = null
    gateway_principal_arns = ["arn:aws:iam::123456789012:role/my-gateway"]
    saml_providers         = {}
    external_id            = null
    allowed_origins        = []
    settings               = {}
    encryption             = "s3"
  }

  assert {
    condition     = output.gateway_toml == file("../tests/terraform/own_compute.toml")
    error_message = "tests/terraform/own_compute.toml is to be:\n${output.gateway_toml}"
  }

  assert {
    condition     = output.service == null && output.database == null && output.load_balancer == null
    error_message = "Something runs that nobody asked for."
  }
}

run "nothing_is_said_twice" {
  command = plan
  variables {
    settings = { upload = { url_expiry = "1h" }, aws = { access_key_id = "AKIA" } }
  }
  expect_failures = [output.gateway_toml]
}
