# How are objects kept, for how long, and who hears of them?
variable "encryption" {
  description = "How objects are encrypted at rest: \"kms\" with a key of KMS (the module's own, or kms_key_arn), \"s3\" with S3's own keys, which nobody can withdraw."
  type        = string
  default     = "kms"
  nullable    = false

  validation {
    condition     = contains(["kms", "s3"], var.encryption)
    error_message = "The encryption is \"kms\" or \"s3\"."
  }
}

variable "kms_key_arn" {
  description = "ARN of a key to encrypt objects with, for those who have one; the module then makes none. Its key policy must let this account's IAM policies decide."
  type        = string
  default     = null

  validation {
    condition     = var.kms_key_arn == null || can(regex("^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$", var.kms_key_arn))
    error_message = "A key is named by its ARN, not by an alias: the gateway's URLs and the bucket's policy compare ARNs."
  }

  validation {
    condition     = var.kms_key_arn == null || var.encryption == "kms"
    error_message = "With encryption = \"s3\" no key of KMS is used."
  }
}

variable "versioning" {
  description = "Keep what is overwritten or deleted as noncurrent versions. Off by default: the gateway's URLs write a key once, so there is little to keep, and what a person or the gateway deletes (a file that breaks its grant) should be gone. On, it is kept, and paid for, until noncurrent_expiry_days are over; nobody reaches it through the gateway."
  type        = bool
  default     = false
  nullable    = false
}

variable "noncurrent_expiry_days" {
  description = "After how many days a noncurrent version is deleted for good, 1 to 3650: versioning makes them, and leaves them when it is switched off."
  type        = number
  default     = 30
  nullable    = false

  validation {
    condition     = floor(var.noncurrent_expiry_days) == var.noncurrent_expiry_days && var.noncurrent_expiry_days >= 1 && var.noncurrent_expiry_days <= 3650
    error_message = "A whole number of days, 1 to 3650."
  }
}

variable "object_expiry_days" {
  description = "After how many days S3 deletes an object, 1 to 36500; null keeps objects. The gateway's record of the upload stays \"completed\": S3 tells nobody of it."
  type        = number
  default     = null

  validation {
    condition     = var.object_expiry_days == null || try(floor(var.object_expiry_days) == var.object_expiry_days && var.object_expiry_days >= 1 && var.object_expiry_days <= 36500, false)
    error_message = "A whole number of days, 1 to 36500, or null."
  }
}

variable "abort_multipart_after_days" {
  description = "After how many days S3 frees the parts of a multipart upload that nobody ended, 2 to 365. The gateway aborts its own after a day (upload.multipart_expiry); this is for what is left when it died in between."
  type        = number
  default     = 7
  nullable    = false

  validation {
    condition     = floor(var.abort_multipart_after_days) == var.abort_multipart_after_days && var.abort_multipart_after_days >= 2 && var.abort_multipart_after_days <= 365
    error_message = "A whole number of days, 2 to 365: a multipart upload may live for a day."
  }
}

variable "access_log_bucket" {
  description = "Name of a bucket, of this account and Region, that takes S3's server access logs; null keeps none. They hold keys, and with them slugs and subjects."
  type        = string
  default     = null
}

variable "url_expiry_seconds" {
  description = "How long a presigned URL works: the gateway's upload.url_expiry. The bucket refuses older ones, whoever signed them."
  type        = number
  default     = 300
  nullable    = false

  validation {
    condition     = floor(var.url_expiry_seconds) == var.url_expiry_seconds && var.url_expiry_seconds >= 1 && var.url_expiry_seconds <= var.session_duration_seconds - 60
    error_message = "A whole number of seconds, at least 1, and at least a minute shorter than session_duration_seconds, whose credentials sign the URL."
  }
}

variable "session_duration_seconds" {
  description = "How long a tenant's session with the upload role lasts: the gateway's upload.session_duration, 900 to 43200. A gateway that is itself a role (a task of ECS, say) is given 3600 at most."
  type        = number
  default     = 3600
  nullable    = false

  validation {
    condition     = floor(var.session_duration_seconds) == var.session_duration_seconds && var.session_duration_seconds >= 900 && var.session_duration_seconds <= 43200
    error_message = "A whole number of seconds, 900 to 43200."
  }

  validation {
    condition     = var.service == null || var.session_duration_seconds <= 3600
    error_message = "STS gives a role that assumes another one hour at most, and the service's task is a role."
  }
}
