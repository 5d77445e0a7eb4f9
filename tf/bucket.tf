# Where do the objects lie, out of everybody's reach but the upload role's?
resource "aws_s3_bucket" "uploads" {
  #checkov:skip=CKV_AWS_21:versioning is var.versioning, whose description says why it is off
  #checkov:skip=CKV_AWS_144:a copy in another Region is the operator's choice, and doubles what people's files cost
  #checkov:skip=CKV_AWS_18:access logs go to var.access_log_bucket when there is one
  bucket        = var.bucket
  force_destroy = false
  tags          = var.tags
}

resource "aws_s3_bucket_public_access_block" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

# Access control lists are switched off: nobody can give an object away.
resource "aws_s3_bucket_ownership_controls" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  rule {
    # One call to KMS for many objects.
    bucket_key_enabled = local.uses_kms

    apply_server_side_encryption_by_default {
      sse_algorithm     = local.uses_kms ? "aws:kms" : "AES256"
      kms_master_key_id = local.uses_kms ? local.kms_key_arn : null
    }
  }
}

# S3 knows no way back to "never versioned": taking this away suspends it.
resource "aws_s3_bucket_versioning" "uploads" {
  count  = var.versioning ? 1 : 0
  bucket = aws_s3_bucket.uploads.id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_logging" "uploads" {
  count  = var.access_log_bucket == null ? 0 : 1
  bucket = aws_s3_bucket.uploads.id

  target_bucket = var.access_log_bucket
  target_prefix = "${var.bucket}/"
}
