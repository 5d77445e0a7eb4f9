# How does the gateway hear that an object is there, so that uploads complete by themselves?
resource "aws_sqs_queue" "events" {
  name = "${var.name}-events"

  # Longer than the gateway takes for ten messages. An event that it could not see through comes again after it.
  visibility_timeout_seconds = 60
  message_retention_seconds  = 1209600
  sqs_managed_sse_enabled    = true

  # A message that cannot be read is put aside. Receptions also pass while the database is away, about one a minute, and what
  # was written with temporary credentials is known by its event alone: so many, rather than the usual five.
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.dead_letters.arn, maxReceiveCount = 100 })
  tags           = var.tags
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.name}-events-dead-letters"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}

resource "aws_sqs_queue_redrive_allow_policy" "dead_letters" {
  queue_url            = aws_sqs_queue.dead_letters.id
  redrive_allow_policy = jsonencode({ redrivePermission = "byQueue", sourceQueueArns = [aws_sqs_queue.events.arn] })
}

locals {
  # Bucket names are given up and taken again by others, so the account is named too.
  events_queue_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "ThisBucketTells"
        Effect    = "Allow"
        Principal = { Service = "s3.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.events.arn
        Condition = {
          ArnEquals    = { "aws:SourceArn" = local.bucket_arn }
          StringEquals = { "aws:SourceAccount" = local.account_id }
        }
      },
      merge(local.tls_alone, { Resource = aws_sqs_queue.events.arn }),
    ]
  }

  tls_alone = {
    Sid       = "TlsAlone"
    Effect    = "Deny"
    Principal = "*"
    Action    = "sqs:*"
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }
}

resource "aws_sqs_queue_policy" "events" {
  queue_url = aws_sqs_queue.events.id
  policy    = jsonencode(local.events_queue_policy)
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [merge(local.tls_alone, { Resource = aws_sqs_queue.dead_letters.arn })]
  })
}

resource "aws_s3_bucket_notification" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  queue {
    id        = "created"
    queue_arn = aws_sqs_queue.events.arn
    events    = ["s3:ObjectCreated:*"]
  }

  # S3 sends a test event at once, and takes no queue that refuses it.
  depends_on = [aws_sqs_queue_policy.events]
}
