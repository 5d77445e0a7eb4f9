# What does the bucket refuse, whoever asks? It allows nothing: that is the upload role's policy alone.
locals {
  bucket_arn   = "arn:${local.partition}:s3:::${var.bucket}"
  whole_bucket = [local.bucket_arn, "${local.bucket_arn}/*"]

  bucket_policy = {
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TlsAlone"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = local.whole_bucket
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
      {
        Sid       = "NoTlsBefore12"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = local.whole_bucket
        Condition = { NumericLessThan = { "s3:TlsVersion" = "1.2" } }
      },
      # Also URLs that holders of temporary credentials sign for themselves, who could make them last as long as these do. In
      # milliseconds. Requests that are signed in a header are left to S3's own 15 minutes.
      {
        Sid       = "SignedUrlsDieYoung"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = local.whole_bucket
        Condition = {
          StringEquals       = { "s3:authType" = ["REST-QUERY-STRING", "POST"] }
          NumericGreaterThan = { "s3:signatureAge" = tostring(var.url_expiry_seconds * 1000) }
        }
      },
      # The key would be its writer's and S3 forgets it: the gateway could not even look at the object.
      {
        Sid       = "NoKeysOfTheWriters"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/*"
        Condition = { Null = { "s3:x-amz-server-side-encryption-customer-algorithm" = "false" } }
      },
      # Who names no encryption has the bucket's. Who names one, as the gateway's own URLs do, names this: not the account's
      # aws/s3 key, which "aws:kms" without a key means, and whose use no policy of ours can end. Parts name none.
      {
        Sid       = "NoOtherEncryption"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:PutObject"
        Resource  = "${local.bucket_arn}/*"
        Condition = {
          Null            = { "s3:x-amz-server-side-encryption" = "false" }
          StringNotEquals = local.only_encryption
        }
      },
    ]
  }

  only_encryption = local.uses_kms ? { "s3:x-amz-server-side-encryption-aws-kms-key-id" = local.kms_key_arn } : { "s3:x-amz-server-side-encryption" = "AES256" }
}

resource "aws_s3_bucket_policy" "uploads" {
  bucket = aws_s3_bucket.uploads.id
  policy = jsonencode(local.bucket_policy)

  # S3 refuses to judge a policy while public access is being blocked.
  depends_on = [aws_s3_bucket_public_access_block.uploads]
}
