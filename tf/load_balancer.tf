# Where do callers come in?
resource "aws_lb" "gateway" {
  #checkov:skip=CKV_AWS_91:access logs hold paths, and with them the secrets of Uppy 6's sessions: the operator's choice
  count = local.has_service ? 1 : 0

  name               = var.name
  load_balancer_type = "application"
  internal           = var.service.internal
  subnets            = var.service.public_subnet_ids
  security_groups    = [aws_security_group.load_balancer[0].id]

  enable_deletion_protection = var.service.deletion_protection
  drop_invalid_header_fields = true
  desync_mitigation_mode     = "defensive"
  tags                       = var.tags

  # Less than the 75 seconds for which the gateway keeps an idle connection: were it the first to close one, a request already on
  # its way there would be answered with 502.
  idle_timeout = 60

  dynamic "access_logs" {
    for_each = var.service.load_balancer_log_bucket[*]

    content {
      enabled = true
      bucket  = access_logs.value
      prefix  = var.name
    }
  }
}

resource "aws_lb_target_group" "gateway" {
  #checkov:skip=CKV_AWS_378:TLS ends at the load balancer; from there to the tasks it is the VPC, whose packets AWS keeps apart
  count = local.has_service ? 1 : 0

  name                 = var.name
  vpc_id               = var.service.vpc_id
  target_type          = "ip"
  port                 = local.public_port
  protocol             = "HTTP"
  deregistration_delay = 30
  tags                 = var.tags

  # A task is given requests when it says that it is ready, and has five minutes before it is replaced: a database that fails
  # over takes two, and new tasks would not find it sooner.
  health_check {
    port                = local.internal_port
    protocol            = "HTTP"
    path                = "/readyz"
    matcher             = "200"
    interval            = 30
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = 10
  }
}

resource "aws_lb_listener" "https" {
  count = local.has_service ? 1 : 0

  load_balancer_arn = aws_lb.gateway[0].arn
  port              = 443
  protocol          = "HTTPS"
  certificate_arn   = var.service.certificate_arn
  # TLS 1.3, and 1.2 with forward secrecy and authenticated encryption.
  ssl_policy = "ELBSecurityPolicy-TLS13-1-2-Res-2021-06"
  tags       = var.tags

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.gateway[0].arn
  }
}

resource "aws_lb_listener" "http" {
  count = local.has_service ? 1 : 0

  load_balancer_arn = aws_lb.gateway[0].arn
  port              = 80
  protocol          = "HTTP"
  tags              = var.tags

  default_action {
    type = "redirect"

    redirect {
      protocol    = "HTTPS"
      port        = "443"
      status_code = "HTTP_301"
    }
  }
}
