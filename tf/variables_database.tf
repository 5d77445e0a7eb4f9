# What of the service's Postgres differs from its size's preset?
variable "database" {
  description = <<-EOT
    authentication: "secret" (the password that RDS keeps in Secrets Manager and changes by itself) or "iam" (a token of the task's role, no password at
    all; README.md says the one line of SQL before it). kind ("instance" or "cluster", Aurora Serverless v2), engine_version (major, at least 15; RDS chooses the minor one),
    certificate_bundle (where the image has AWS's certificate authorities for RDS), kms_key_arn (null: the account's aws/rds key),
    instance_class, storage_gib and most_storage_gib, multi_az of an instance; least_capacity and most_capacity (ACU) of a cluster;
    backup_days, client_security_group_ids (who else may connect, a bastion say), deletion_protection, apply_immediately (changes that stop Postgres for
    a while, a new engine_version above all, do not wait for the maintenance window).
  EOT
  type = object({
    authentication            = optional(string, "secret")
    kind                      = optional(string)
    engine_version            = optional(string, "17")
    certificate_bundle        = optional(string, "/etc/ssl/rds/global-bundle.pem")
    kms_key_arn               = optional(string)
    instance_class            = optional(string)
    storage_gib               = optional(number, 20)
    most_storage_gib          = optional(number, 200)
    multi_az                  = optional(bool)
    least_capacity            = optional(number)
    most_capacity             = optional(number)
    backup_days               = optional(number)
    client_security_group_ids = optional(list(string), [])
    deletion_protection       = optional(bool, true)
    apply_immediately         = optional(bool, false)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["secret", "iam"], var.database.authentication)
    error_message = "The gateway signs in with the \"secret\" of RDS or by \"iam\"."
  }

  validation {
    condition     = var.database.kind == null || contains(["instance", "cluster"], coalesce(var.database.kind, "none"))
    error_message = "The database is an \"instance\" or a \"cluster\"."
  }

  validation {
    condition     = can(regex("^(1[5-9]|[2-9][0-9])$", var.database.engine_version))
    error_message = "A major version of Postgres, 15 or later, such as \"17\": RDS goes to newer minor ones by itself, and a plan that names one would go back."
  }

  validation {
    condition     = can(regex("^/[A-Za-z0-9._/-]+$", var.database.certificate_bundle))
    error_message = "The bundle is an absolute path in the image."
  }

  validation {
    condition     = var.database.backup_days == null || try(var.database.backup_days >= 1 && var.database.backup_days <= 35, false)
    error_message = "Backups are kept for 1 to 35 days; without any, what was granted to whom would be lost with the disk."
  }

  validation {
    condition     = var.database.storage_gib >= 20 && var.database.most_storage_gib >= var.database.storage_gib * 1.1 && var.database.most_storage_gib <= 65536
    error_message = "At least 20 GiB, room to grow by a tenth, and at most 65536 GiB."
  }

  validation {
    condition = alltrue([
      for capacity in [for given in [var.database.least_capacity, var.database.most_capacity] : given if given != null] :
      capacity >= 0.5 && capacity <= 256 && floor(capacity * 2) == capacity * 2
    ])
    error_message = "Capacity is 0.5 to 256 ACU, in steps of 0.5."
  }
}
