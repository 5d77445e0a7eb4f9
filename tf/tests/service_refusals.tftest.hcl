# Is a service that could not run, or not safely, refused before anything is made?
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket     = "uploads-example"
  public_url = "https://uploads.example.com"
  service = {
    vpc_id             = "vpc-1"
    private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
    public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
    certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
    image              = "ghcr.io/example/upload-gateway:1.2.3"
  }
}

run "an_image_of_no_version_and_a_way_to_sign_in_that_is_none" {
  command = plan
  variables {
    database = { authentication = "password" }
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway"
    }
  }
  expect_failures = [var.service, var.database]
}

run "whatever_image_is_the_latest_and_a_database_that_is_none" {
  command = plan
  variables {
    database = { kind = "file" }
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:latest"
    }
  }
  expect_failures = [var.service, var.database]
}

run "a_size_that_is_none_and_a_postgres_too_old" {
  command = plan
  variables {
    database = { engine_version = "14" }
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      size               = "medium"
    }
  }
  expect_failures = [var.service, var.database]
}

run "an_architecture_that_is_none_and_a_bundle_that_is_not_in_the_image" {
  command = plan
  variables {
    database = { certificate_bundle = "global-bundle.pem" }
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      architecture       = "riscv64"
    }
  }
  expect_failures = [var.service, var.database]
}

run "a_single_zone_and_no_backups" {
  command = plan
  variables {
    database = { backup_days = 0 }
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
    }
  }
  expect_failures = [var.service, var.database]
}

run "a_certificate_that_is_none_and_backups_longer_than_rds_keeps_them" {
  command = plan
  variables {
    database = { backup_days = 36 }
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:iam::123456789012:server-certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
    }
  }
  expect_failures = [var.service, var.database]
}

run "no_task_at_all_and_a_disk_that_cannot_grow" {
  command = plan
  variables {
    database = { storage_gib = 100, most_storage_gib = 100 }
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      least_tasks        = 0
    }
  }
  expect_failures = [var.service, var.database]
}

run "fewer_tasks_at_most_than_at_least" {
  command = plan
  variables {
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      least_tasks        = 5
      most_tasks         = 4
    }
  }
  expect_failures = [var.service]
}

run "more_tasks_than_the_database_bears" {
  command = plan
  variables {
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      most_tasks         = 101
    }
  }
  expect_failures = [var.service]
}

run "callers_from_nowhere" {
  command = plan
  variables {
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      caller_cidr_blocks = []
    }
  }
  expect_failures = [var.service]
}

run "callers_from_what_is_no_block" {
  command = plan
  variables {
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      caller_cidr_blocks = ["anywhere"]
    }
  }
  expect_failures = [var.service]
}

run "a_web_acl_that_counts_too_little" {
  command = plan
  variables {
    service = {
      vpc_id               = "vpc-1"
      private_subnet_ids   = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids    = ["subnet-public-a", "subnet-public-b"]
      certificate_arn      = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image                = "ghcr.io/example/upload-gateway:1.2.3"
      requests_per_address = 9
    }
  }
  expect_failures = [var.service]
}

run "a_public_url_with_a_port_that_is_not_listened_on" {
  command = plan
  variables {
    public_url = "https://uploads.example.com:8443"
  }
  expect_failures = [var.service]
}

run "sessions_longer_than_a_role_is_given" {
  command = plan
  variables {
    session_duration_seconds = 3601
  }
  expect_failures = [var.session_duration_seconds]
}

run "callers_by_ipv6" {
  command = plan
  variables {
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      caller_cidr_blocks = ["0.0.0.0/0", "::/0"]
    }
  }
  expect_failures = [var.service]
}

run "callers_named_twice_and_a_pinned_minor_version" {
  command = plan
  variables {
    database = { engine_version = "17.5" }
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      caller_cidr_blocks = ["10.0.0.0/8", "10.0.0.0/8"]
    }
  }
  expect_failures = [var.service, var.database]
}

run "a_task_that_fargate_does_not_have" {
  command = plan
  variables {
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway:1.2.3"
      memory             = 4096
    }
  }
  expect_failures = [aws_ecs_task_definition.gateway]
}

run "more_storage_than_rds_has" {
  command = plan
  variables {
    database = { most_storage_gib = 65537 }
  }
  expect_failures = [var.database]
}

run "a_capacity_between_the_steps" {
  command = plan
  variables {
    database = { least_capacity = 0.75 }
  }
  expect_failures = [var.database]
}

run "a_least_capacity_above_the_presets_most" {
  command = plan
  variables {
    database = { kind = "cluster", least_capacity = 8 }
  }
  expect_failures = [aws_rds_cluster.gateway]
}
