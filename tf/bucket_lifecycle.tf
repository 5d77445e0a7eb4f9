# What does S3 throw away by itself?
resource "aws_s3_bucket_lifecycle_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  # The one thing that the gateway can leave behind, when it dies between S3's answer and its own record.
  rule {
    id     = "unfinished-multipart-uploads"
    status = "Enabled"

    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = var.abort_multipart_after_days
    }
  }

  # Without versioning too: when it is switched off, what it kept is still there.
  rule {
    id     = "noncurrent-versions"
    status = "Enabled"

    filter {}

    noncurrent_version_expiration {
      noncurrent_days = var.noncurrent_expiry_days
    }
  }

  dynamic "rule" {
    for_each = var.object_expiry_days[*]

    content {
      id     = "old-objects"
      status = "Enabled"

      filter {}

      expiration {
        days = rule.value
      }
    }
  }

  # Markers with no version behind them. Where objects expire in days, S3 removes these by itself.
  dynamic "rule" {
    for_each = var.object_expiry_days == null ? [true] : []

    content {
      id     = "lone-delete-markers"
      status = "Enabled"

      filter {}

      expiration {
        expired_object_delete_marker = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.uploads]
}
