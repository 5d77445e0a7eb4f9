# Who asks too often from one address? What can be asked without a token is bounded here; the gateway bounds people and tenants.
locals {
  makes_web_acl = local.has_service && try(var.service.web_acl_arn, null) == null && try(var.service.requests_per_address, 0) > 0
  has_web_acl   = local.makes_web_acl || try(var.service.web_acl_arn, null) != null
}

resource "aws_wafv2_web_acl" "gateway" {
  #checkov:skip=CKV_AWS_192:no Java, and so no Log4j, is behind it
  #checkov:skip=CKV2_AWS_31:its log would hold paths, and with them the secrets of Uppy 6's sessions
  count = local.makes_web_acl ? 1 : 0

  name        = var.name
  description = "Bounds what one address may ask of upload-gateway without a token"
  scope       = "REGIONAL"
  tags        = var.tags

  default_action {
    allow {}
  }

  rule {
    name     = "one-address"
    priority = 0

    action {
      block {
        custom_response {
          response_code = 429
        }
      }
    }

    statement {
      rate_based_statement {
        limit                 = var.service.requests_per_address
        evaluation_window_sec = 300
        aggregate_key_type    = "IP"

        scope_down_statement {
          or_statement {
            # Sign-in by address, and Uppy 6's sessions, whose secret is in the path.
            dynamic "statement" {
              for_each = ["/v1/login", "/u/"]

              content {
                byte_match_statement {
                  search_string         = statement.value
                  positional_constraint = "STARTS_WITH"

                  field_to_match {
                    uri_path {}
                  }

                  # Or "/%76%31/login" would be another path here.
                  text_transformation {
                    priority = 0
                    type     = "URL_DECODE"
                  }
                }
              }
            }
          }
        }
      }
    }

    visibility_config {
      cloudwatch_metrics_enabled = true
      metric_name                = "${var.name}-one-address"
      sampled_requests_enabled   = false
    }
  }

  visibility_config {
    cloudwatch_metrics_enabled = true
    metric_name                = var.name
    sampled_requests_enabled   = false
  }
}

resource "aws_wafv2_web_acl_association" "gateway" {
  count = local.has_web_acl ? 1 : 0

  resource_arn = aws_lb.gateway[0].arn
  web_acl_arn  = local.makes_web_acl ? aws_wafv2_web_acl.gateway[0].arn : var.service.web_acl_arn
}
