# What browsers may do with the bucket, besides having a signature for it. `upload-gateway doctor` asks the bucket for the
# same, and says which kind of client will not work when something is missing here.
resource "aws_s3_bucket_cors_configuration" "uploads" {
  bucket = aws_s3_bucket.uploads.id

  cors_rule {
    allowed_origins = distinct(concat([var.public_url], var.allowed_origins))
    allowed_methods = ["GET", "PUT", "POST", "DELETE"]

    # Whatever the gateway may sign and a page sets by itself.
    allowed_headers = [
      "content-type",
      "if-none-match",
      "x-amz-checksum-crc32c",
      "x-amz-checksum-crc64nvme",
      "x-amz-checksum-sha256",
      "x-amz-server-side-encryption",
      "x-amz-server-side-encryption-aws-kms-key-id",
    ]

    # Parts are named by their entity tags; a form's answer says where the object is.
    expose_headers  = ["ETag", "Location"]
    max_age_seconds = 3600
  }

  # An AWS SDK signs its requests in headers, and adds some of its own.
  dynamic "cors_rule" {
    for_each = var.enable_identity_pool || var.allow_sdk_clients ? [true] : []

    content {
      allowed_origins = distinct(concat([var.public_url], var.allowed_origins))
      allowed_methods = ["GET", "PUT", "POST", "DELETE"]
      allowed_headers = ["amz-sdk-*", "authorization", "content-type", "if-none-match", "x-amz-*"]
      expose_headers  = ["ETag", "Location"]
      max_age_seconds = 3600
    }
  }
}
