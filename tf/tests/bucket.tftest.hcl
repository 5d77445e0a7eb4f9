# Is the bucket shut, does it refuse what it must whoever asks, and does it tell its queue alone? Policies are compared whole.
mock_provider "aws" {
  source = "./tests/account"
}

variables {
  bucket                 = "uploads-example"
  public_url             = "https://uploads.example.com"
  allowed_origins        = ["https://partner.example"]
  gateway_principal_arns = ["arn:aws:iam::123456789012:role/my-gateway"]
}

run "is_shut_and_encrypted_and_tells_its_own_queue" {
  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.uploads.block_public_acls,
      aws_s3_bucket_public_access_block.uploads.block_public_policy,
      aws_s3_bucket_public_access_block.uploads.ignore_public_acls,
      aws_s3_bucket_public_access_block.uploads.restrict_public_buckets,
    ])
    error_message = "The bucket can be opened to the public."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.uploads.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "Whoever writes an object could give it away by its access control list."
  }

  assert {
    condition     = aws_s3_bucket.uploads.force_destroy == false
    error_message = "To destroy the set-up would destroy people's files."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.uploads.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "TlsAlone"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::uploads-example", "arn:aws:s3:::uploads-example/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          Sid       = "NoTlsBefore12"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::uploads-example", "arn:aws:s3:::uploads-example/*"]
          Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
        },
        {
          Sid       = "SignedUrlsDieYoung"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:*"
          Resource  = ["arn:aws:s3:::uploads-example", "arn:aws:s3:::uploads-example/*"]
          Condition = {
            StringEquals       = { "s3:authType" = ["REST-QUERY-STRING", "POST"] }
            NumericGreaterThan = { "s3:signatureAge" = "300000" }
          }
        },
        {
          Sid       = "NoKeysOfTheWriters"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:PutObject"
          Resource  = "arn:aws:s3:::uploads-example/*"
          Condition = { Null = { "s3:x-amz-server-side-encryption-customer-algorithm" = "false" } }
        },
        {
          Sid       = "NoOtherEncryption"
          Effect    = "Deny"
          Principal = "*"
          Action    = "s3:PutObject"
          Resource  = "arn:aws:s3:::uploads-example/*"
          Condition = {
            Null = { "s3:x-amz-server-side-encryption" = "false" }
            StringNotEquals = {
              "s3:x-amz-server-side-encryption-aws-kms-key-id" = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001"
            }
          }
        },
      ]
    }
    error_message = "The bucket's policy is another: ${aws_s3_bucket_policy.uploads.policy}"
  }

  assert {
    condition = one(aws_s3_bucket_server_side_encryption_configuration.uploads.rule).bucket_key_enabled && (
      one(one(aws_s3_bucket_server_side_encryption_configuration.uploads.rule).apply_server_side_encryption_by_default) == {
        sse_algorithm     = "aws:kms"
        kms_master_key_id = "arn:aws:kms:eu-central-1:123456789012:key/00000000-0000-0000-0000-000000000001"
      }
    )
    error_message = "Objects are not encrypted with the module's key and a bucket key."
  }

  assert {
    condition     = aws_kms_key.uploads[0].enable_key_rotation && aws_kms_key.uploads[0].deletion_window_in_days == 30
    error_message = "The key is never changed, or is gone too fast."
  }

  assert {
    condition = jsondecode(aws_kms_key.uploads[0].policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "PoliciesOfThisAccountDecide"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::123456789012:root" }
        Action    = "kms:*"
        Resource  = "*"
      }]
    }
    error_message = "Others than this account may use the key: ${aws_kms_key.uploads[0].policy}"
  }

  assert {
    condition = jsonencode([
      for rule in aws_s3_bucket_lifecycle_configuration.uploads.rule : [
        rule.id, rule.status, one(rule.abort_incomplete_multipart_upload[*].days_after_initiation),
        one(rule.noncurrent_version_expiration[*].noncurrent_days), coalesce(one(rule.expiration[*].days), 0), one(rule.expiration[*].expired_object_delete_marker),
      ]
      ]) == jsonencode([
      ["unfinished-multipart-uploads", "Enabled", 7, null, 0, null],
      ["noncurrent-versions", "Enabled", null, 30, 0, null],
      ["lone-delete-markers", "Enabled", null, null, 0, true],
    ])
    error_message = "Parts of abandoned uploads stay, or what versioning left when it was switched off, or something is thrown away that nobody asked to be."
  }

  assert {
    condition     = length(aws_s3_bucket_versioning.uploads) == 0
    error_message = "Versions are kept that nobody asked for."
  }

  assert {
    condition = [for queue in aws_s3_bucket_notification.uploads.queue : [queue.queue_arn, queue.events, try(length(queue.filter_prefix), 0), try(length(queue.filter_suffix), 0)]] == [
      ["arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events", toset(["s3:ObjectCreated:*"]), 0, 0],
    ]
    error_message = "Objects are created of which the gateway never hears."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.events.policy) == {
      Version = "2012-10-17"
      Statement = [
        {
          Sid       = "ThisBucketTells"
          Effect    = "Allow"
          Principal = { Service = "s3.amazonaws.com" }
          Action    = "sqs:SendMessage"
          Resource  = "arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events"
          Condition = {
            ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::uploads-example" }
            StringEquals = { "aws:SourceAccount" = "123456789012" }
          }
        },
        {
          Sid       = "TlsAlone"
          Effect    = "Deny"
          Principal = "*"
          Action    = "sqs:*"
          Resource  = "arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events"
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
      ]
    }
    error_message = "Others than this bucket may send, or anything else may be done: ${aws_sqs_queue_policy.events.policy}"
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.dead_letters.policy) == {
      Version = "2012-10-17"
      Statement = [{
        Sid       = "TlsAlone"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events-dead-letters"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    }
    error_message = "Somebody may use the dead letters: ${aws_sqs_queue_policy.dead_letters.policy}"
  }

  assert {
    condition     = jsondecode(aws_sqs_queue.events.redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events-dead-letters", maxReceiveCount = 100 }
    error_message = "What cannot be read comes for ever."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_redrive_allow_policy.dead_letters.redrive_allow_policy) == {
      redrivePermission = "byQueue"
      sourceQueueArns   = ["arn:aws:sqs:eu-central-1:123456789012:upload-gateway-events"]
    }
    error_message = "Any queue may put its dead letters here."
  }

  assert {
    condition     = aws_sqs_queue.events.sqs_managed_sse_enabled && aws_sqs_queue.dead_letters.sqs_managed_sse_enabled
    error_message = "Keys, and with them slugs and subjects, lie in the queues as plain text."
  }

  assert {
    condition     = aws_sqs_queue.events.visibility_timeout_seconds >= 30
    error_message = "Events come again while they are being dealt with."
  }

  assert {
    condition     = one(aws_s3_bucket_cors_configuration.uploads.cors_rule).allowed_origins == toset(["https://uploads.example.com", "https://partner.example"])
    error_message = "Other pages than those named may use the bucket, or with an AWS SDK."
  }
}

run "is_encrypted_by_s3_when_asked" {
  variables {
    encryption         = "s3"
    url_expiry_seconds = 60
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.uploads.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256"
    error_message = "Objects are not encrypted by S3."
  }

  assert {
    condition = jsondecode(aws_s3_bucket_policy.uploads.policy).Statement[4].Condition == {
      Null            = { "s3:x-amz-server-side-encryption" = "false" }
      StringNotEquals = { "s3:x-amz-server-side-encryption" = "AES256" }
    }
    error_message = "Objects can be encrypted with keys that the gateway knows nothing of."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.uploads.policy).Statement[2].Condition.NumericGreaterThan == { "s3:signatureAge" = "60000" }
    error_message = "A URL lives longer than the gateway's own."
  }
}

run "throws_away_what_it_was_asked_to" {
  variables {
    versioning             = true
    object_expiry_days     = 90
    noncurrent_expiry_days = 14
  }

  assert {
    condition = [for rule in aws_s3_bucket_lifecycle_configuration.uploads.rule : rule.id] == [
      "unfinished-multipart-uploads", "noncurrent-versions", "old-objects",
    ]
    error_message = "Other rules than those asked for."
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.uploads.rule[2].expiration).days == 90
    error_message = "Objects are not deleted after 90 days."
  }

  assert {
    condition     = one(aws_s3_bucket_lifecycle_configuration.uploads.rule[1].noncurrent_version_expiration).noncurrent_days == 14
    error_message = "Noncurrent versions are not deleted after 14 days."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.uploads[0].versioning_configuration).status == "Enabled"
    error_message = "Versions are not kept."
  }
}

run "removes_lone_delete_markers_of_versions" {
  variables {
    versioning = true
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.uploads.rule : rule.id] == ["unfinished-multipart-uploads", "noncurrent-versions", "lone-delete-markers"]
    error_message = "Delete markers without a version pile up."
  }
}
