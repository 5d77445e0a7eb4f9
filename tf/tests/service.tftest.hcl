# Is the service what its size says, shut to all but callers, and may it do no more than it needs?
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
    image              = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/upload-gateway:1.2.3"
  }
}

run "may_do_little_runs_as_nobody_and_is_reached_by_tls_alone" {
  assert {
    condition = jsondecode(aws_iam_role_policy.gateway[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "ActForATenant"
          Effect   = "Allow"
          Action   = ["sts:AssumeRole", "sts:TagSession"]
          Resource = "arn:aws:iam::123456789012:role/upload-gateway-uploads-eu-central-1"
        },
        {
          Sid      = "HearOfObjects"
          Effect   = "Allow"
          Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
          Resource = "arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events"
        },
        {
          Sid      = "ReadTheDatabasesPassword"
          Effect   = "Allow"
          Action   = "secretsmanager:GetSecretValue"
          Resource = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:rds!db-1"
        },
        {
          Sid    = "LookAtTheBucket"
          Effect = "Allow"
          Action = [
            "s3:GetBucketNotification", "s3:GetBucketOwnershipControls", "s3:GetBucketPolicy", "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketVersioning", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration",
          ]
          Resource = "arn:aws:s3:::uploads-example"
        },
        {
          Sid      = "LookAtTheQueue"
          Effect   = "Allow"
          Action   = ["sqs:GetQueueAttributes"]
          Resource = "arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events"
        },
        {
          Sid      = "LookAtTheUserPool"
          Effect   = "Allow"
          Action   = ["cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:ListUserPoolClients"]
          Resource = "arn:aws:cognito-idp:eu-central-1:123456789012:userpool/eu-central-1_AbC123xyz"
        },
      ]
    }
    error_message = "The gateway's own role may do something else: ${aws_iam_role_policy.gateway[0].policy}"
  }

  assert {
    condition     = output.gateway_policy_json == aws_iam_role_policy.gateway[0].policy
    error_message = "Own compute is told of another policy."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.task_execution[0].policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid      = "WriteItsLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = "arn:aws:logs:eu-central-1:123456789012:log-group:/upload-gateway/gateway:*"
        },
        {
          Sid      = "PullItsImage"
          Effect   = "Allow"
          Action   = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
          Resource = "arn:aws:ecr:eu-central-1:123456789012:repository/team/upload-gateway"
        },
        { Sid = "SignInAtTheRegistry", Effect = "Allow", Action = "ecr:GetAuthorizationToken", Resource = "*" },
      ]
    }
    error_message = "ECS may do something else: ${aws_iam_role_policy.task_execution[0].policy}"
  }

  assert {
    condition = alltrue([
      for trust in [aws_iam_role.gateway[0].assume_role_policy, aws_iam_role.task_execution[0].assume_role_policy] : jsondecode(trust) == {
        Version = "2012-10-17"
        Statement = [{
          Effect    = "Allow"
          Principal = { Service = "ecs-tasks.amazonaws.com" }
          Action    = "sts:AssumeRole"
          Condition = {
            StringEquals = { "aws:SourceAccount" = "123456789012" }
            ArnLike      = { "aws:SourceArn" = "arn:aws:ecs:eu-central-1:123456789012:*" }
          }
        }]
      }
    ])
    error_message = "Others than tasks of this account may be the gateway."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role.uploads.assume_role_policy).Statement : statement.Principal.AWS] == [["arn:aws:iam::123456789012:role/upload-gateway-gateway-eu-central-1"], ["arn:aws:iam::123456789012:role/upload-gateway-gateway-eu-central-1"]]
    error_message = "Others than the task's role may assume the upload role."
  }

  assert {
    condition = { for key, value in jsondecode(aws_ecs_task_definition.gateway[0].container_definitions)[0] : key => value if !contains(["environment", "logConfiguration"], key) } == {
      name                   = "gateway"
      image                  = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/team/upload-gateway:1.2.3"
      essential              = true
      command                = ["serve", "--migrate"]
      user                   = "65532:65532"
      readonlyRootFilesystem = true
      privileged             = false
      linuxParameters        = { capabilities = { drop = ["ALL"] } }
      stopTimeout            = 60
      ulimits                = [{ name = "nofile", softLimit = 65536, hardLimit = 65536 }]
      portMappings           = [{ containerPort = 8080, hostPort = 8080, protocol = "tcp" }, { containerPort = 9090, hostPort = 9090, protocol = "tcp" }]
    }
    error_message = "The container is another: ${aws_ecs_task_definition.gateway[0].container_definitions}"
  }

  assert {
    condition = alltrue([
      !aws_ecs_service.gateway[0].enable_execute_command,
      !one(aws_ecs_service.gateway[0].network_configuration).assign_public_ip,
      one(aws_ecs_service.gateway[0].deployment_circuit_breaker).enable,
      one(aws_ecs_service.gateway[0].deployment_circuit_breaker).rollback,
    ])
    error_message = "Somebody may step into a task, or reach it from outside, or a version that never gets ready stays."
  }

  assert {
    condition     = one(aws_ecs_service.gateway[0].network_configuration).subnets == toset(["subnet-private-a", "subnet-private-b"])
    error_message = "The tasks are not in the private subnets."
  }

  assert {
    condition = [aws_lb_listener.https[0].port, aws_lb_listener.https[0].protocol, aws_lb_listener.https[0].ssl_policy, aws_lb_listener.https[0].certificate_arn] == [
      443, "HTTPS", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "arn:aws:acm:eu-central-1:123456789012:certificate/1",
    ]
    error_message = "Callers are let in by something weaker than TLS 1.2 with forward secrecy."
  }

  assert {
    condition     = one(aws_lb_listener.http[0].default_action).type == "redirect" && one(one(aws_lb_listener.http[0].default_action).redirect).protocol == "HTTPS"
    error_message = "Port 80 serves something else than the way to 443."
  }

  assert {
    condition     = aws_lb.gateway[0].drop_invalid_header_fields && aws_lb.gateway[0].enable_deletion_protection && !aws_lb.gateway[0].internal
    error_message = "The load balancer passes on broken headers, or can be deleted by a slip."
  }

  assert {
    condition     = [one(aws_lb_target_group.gateway[0].health_check).path, one(aws_lb_target_group.gateway[0].health_check).port, aws_lb_target_group.gateway[0].port] == ["/readyz", "9090", 8080]
    error_message = "Requests go elsewhere, or to tasks that are not ready."
  }

  assert {
    condition = { for key, rule in aws_vpc_security_group_ingress_rule.callers : key => [rule.cidr_ipv4, rule.ip_protocol, rule.from_port, rule.to_port] } == {
      "0.0.0.0/0 80"  = ["0.0.0.0/0", "tcp", 80, 80]
      "0.0.0.0/0 443" = ["0.0.0.0/0", "tcp", 443, 443]
    }
    error_message = "The load balancer has other ports open."
  }

  assert {
    condition = [
      for rules in [aws_vpc_security_group_ingress_rule.tasks_from_load_balancer, aws_vpc_security_group_egress_rule.load_balancer_to_tasks] : {
        for key, rule in rules : key => [rule.cidr_ipv4 == null, rule.from_port, rule.to_port]
      }
    ] == [for _ in range(2) : { public = [true, 8080, 8080], internal = [true, 9090, 9090] }]
    error_message = "Others than the load balancer reach the tasks."
  }

  assert {
    condition     = length(aws_vpc_security_group_ingress_rule.tasks_from_scrapers) == 0 && length(aws_vpc_security_group_ingress_rule.database_from_others) == 0
    error_message = "Somebody reaches the metrics or the database whom nobody let in."
  }

  assert {
    condition = [
      for rule in [aws_vpc_security_group_ingress_rule.database_from_tasks[0], aws_vpc_security_group_egress_rule.tasks_to_database[0], aws_vpc_security_group_egress_rule.tasks_to_aws[0]] :
      [coalesce(rule.cidr_ipv4, "none"), rule.from_port, rule.to_port]
    ] == [["none", 5432, 5432], ["none", 5432, 5432], ["0.0.0.0/0", 443, 443]]
    error_message = "The tasks reach, or the database is reached by, something else."
  }

  assert {
    condition = alltrue([
      one(one(one(aws_wafv2_web_acl.gateway[0].rule).statement).rate_based_statement).limit == 3000,
      [
        for statement in one(one(one(one(one(aws_wafv2_web_acl.gateway[0].rule).statement).rate_based_statement).scope_down_statement).or_statement).statement :
        [one(statement.byte_match_statement).search_string, one(one(statement.byte_match_statement).text_transformation).type]
      ] == [["/v1/login", "URL_DECODE"], ["/u/", "URL_DECODE"]],
      aws_wafv2_web_acl_association.gateway[0].web_acl_arn == aws_wafv2_web_acl.gateway[0].arn,
    ])
    error_message = "One address may ask as often as it likes."
  }
}

run "looks_at_nothing_when_told_not_to_and_signs_in_without_a_password" {
  variables {
    doctor   = false
    database = { authentication = "iam" }
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.gateway[0].policy).Statement : statement.Sid] == ["ActForATenant", "HearOfObjects", "SignInAtTheDatabase"]
    error_message = "The gateway may do more than it needs: ${aws_iam_role_policy.gateway[0].policy}"
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.gateway[0].policy).Statement[2] == {
      Sid      = "SignInAtTheDatabase"
      Effect   = "Allow"
      Action   = "rds-db:connect"
      Resource = "arn:aws:rds-db:eu-central-1:123456789012:dbuser:db-INSTANCE/upload_gateway"
    }
    error_message = "It may sign in elsewhere, or as somebody else."
  }

  assert {
    condition = (
      output.gateway_environment.GATEWAY__DATABASE__IAM == "true"
      && !contains(keys(output.gateway_environment), "GATEWAY__DATABASE__SECRET_ARN")
      && strcontains(output.gateway_toml, "\niam = true\n")
    )
    error_message = "The gateway is not told to sign in by IAM."
  }
}

run "is_bounded_by_the_operators_web_acl_instead" {
  variables {
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "ghcr.io/example/upload-gateway@sha256:0000000000000000000000000000000000000000000000000000000000000000"
      web_acl_arn        = "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/mine/1"
    }
  }

  assert {
    condition     = length(aws_wafv2_web_acl.gateway) == 0 && aws_wafv2_web_acl_association.gateway[0].web_acl_arn == "arn:aws:wafv2:eu-central-1:123456789012:regional/webacl/mine/1"
    error_message = "The operator's web ACL is not asked, or not alone."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.task_execution[0].policy).Statement : statement.Sid] == ["WriteItsLog"]
    error_message = "ECS may ask a registry that it needs nothing from."
  }
}

run "pulls_its_image_by_the_registrys_other_name_too" {
  variables {
    service = {
      vpc_id             = "vpc-1"
      private_subnet_ids = ["subnet-private-a", "subnet-private-b"]
      public_subnet_ids  = ["subnet-public-a", "subnet-public-b"]
      certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/1"
      image              = "123456789012.dkr-ecr.eu-west-1.on.aws/team/upload-gateway:1.2.3"
    }
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.task_execution[0].policy).Statement : statement.Resource if statement.Sid == "PullItsImage"] == ["arn:aws:ecr:eu-west-1:123456789012:repository/team/upload-gateway"]
    error_message = "ECS may not pull the image, or may pull another: ${aws_iam_role_policy.task_execution[0].policy}"
  }
}
