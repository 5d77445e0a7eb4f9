# Who can reach whom? Callers the load balancer, it the tasks, they the database, and nothing else comes in anywhere.
locals {
  public_port   = 8080
  internal_port = 9090
}

resource "aws_security_group" "load_balancer" {
  count = local.has_service ? 1 : 0

  name        = "${var.name}-load-balancer"
  description = "Callers of upload-gateway"
  vpc_id      = var.service.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-load-balancer" })
}

resource "aws_security_group" "tasks" {
  count = local.has_service ? 1 : 0

  name        = "${var.name}-tasks"
  description = "Tasks of upload-gateway"
  vpc_id      = var.service.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-tasks" })
}

resource "aws_security_group" "database" {
  count = local.has_service ? 1 : 0

  name        = "${var.name}-database"
  description = "Postgres of upload-gateway"
  vpc_id      = var.service.vpc_id
  tags        = merge(var.tags, { Name = "${var.name}-database" })
}

resource "aws_vpc_security_group_ingress_rule" "callers" {
  #checkov:skip=CKV_AWS_260:port 80 answers with the way to 443 and nothing else
  for_each = {
    for pair in setproduct(try(var.service.caller_cidr_blocks, []), [80, 443]) : "${pair[0]} ${pair[1]}" => { block = pair[0], port = pair[1] }
  }

  security_group_id = aws_security_group.load_balancer[0].id
  description       = "Callers; port 80 only sends them to 443"
  cidr_ipv4         = each.value.block
  ip_protocol       = "tcp"
  from_port         = each.value.port
  to_port           = each.value.port
}

# Requests to the public port, the health check to the internal one.
resource "aws_vpc_security_group_egress_rule" "load_balancer_to_tasks" {
  for_each = local.has_service ? { public = local.public_port, internal = local.internal_port } : {}

  security_group_id            = aws_security_group.load_balancer[0].id
  description                  = "The ${each.key} port of the tasks"
  referenced_security_group_id = aws_security_group.tasks[0].id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_ingress_rule" "tasks_from_load_balancer" {
  for_each = local.has_service ? { public = local.public_port, internal = local.internal_port } : {}

  security_group_id            = aws_security_group.tasks[0].id
  description                  = "The load balancer, to the ${each.key} port"
  referenced_security_group_id = aws_security_group.load_balancer[0].id
  ip_protocol                  = "tcp"
  from_port                    = each.value
  to_port                      = each.value
}

resource "aws_vpc_security_group_ingress_rule" "tasks_from_scrapers" {
  for_each = toset(try(var.service.scraper_security_group_ids, []))

  security_group_id            = aws_security_group.tasks[0].id
  description                  = "Readers of the metrics"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = local.internal_port
  to_port                      = local.internal_port
}

# STS, S3, SQS, Cognito, Secrets Manager, the registry and the logs have no addresses that could be named here.
resource "aws_vpc_security_group_egress_rule" "tasks_to_aws" {
  count = local.has_service ? 1 : 0

  security_group_id = aws_security_group.tasks[0].id
  description       = "AWS over TLS"
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443
}

resource "aws_vpc_security_group_egress_rule" "tasks_to_database" {
  count = local.has_service ? 1 : 0

  security_group_id            = aws_security_group.tasks[0].id
  description                  = "Postgres"
  referenced_security_group_id = aws_security_group.database[0].id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "database_from_tasks" {
  count = local.has_service ? 1 : 0

  security_group_id            = aws_security_group.database[0].id
  description                  = "Tasks of upload-gateway"
  referenced_security_group_id = aws_security_group.tasks[0].id
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}

resource "aws_vpc_security_group_ingress_rule" "database_from_others" {
  for_each = toset(local.has_service ? var.database.client_security_group_ids : [])

  security_group_id            = aws_security_group.database[0].id
  description                  = "Whom the operator lets in"
  referenced_security_group_id = each.value
  ip_protocol                  = "tcp"
  from_port                    = 5432
  to_port                      = 5432
}
