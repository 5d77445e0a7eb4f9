# Who may act as the gateway, and what goes for every role and resource?
variable "gateway_principal_arns" {
  description = "ARNs of roles or users, besides the service's own task role, that run the gateway and so may assume the upload role. Needed when service is null; give them output gateway_policy_json."
  type        = list(string)
  default     = []
  nullable    = false

  validation {
    condition     = alltrue([for arn in var.gateway_principal_arns : can(regex("^arn:aws[a-z-]*:iam::[0-9]{12}:(role|user)/[A-Za-z0-9+=,.@_/-]+$", arn))])
    error_message = "Each is the ARN of one role or user. An account (…:root), a wildcard or a session would let in more than the gateway."
  }

  validation {
    condition     = var.service != null || length(var.gateway_principal_arns) > 0
    error_message = "Without a service, say who runs the gateway: nobody could assume the upload role."
  }
}

variable "external_id" {
  description = "An external id that the gateway must state when it assumes the upload role (upload.external_id), 2 to 1224 characters; null demands none. AWS does not treat it as a secret, and it is in the task's definition."
  type        = string
  default     = null

  validation {
    condition     = var.external_id == null || try(length(var.external_id) >= 2 && length(var.external_id) <= 1224 && can(regex("^[A-Za-z0-9+=,.@:/_-]+$", var.external_id)), false)
    error_message = "2 to 1224 letters, digits and characters of +=,.@:/_-."
  }
}

variable "doctor" {
  description = "Let the gateway's role look at the bucket's, the queue's and the user pool's configuration, so that `upload-gateway doctor` can judge them. It reads settings alone; serving does not need it."
  type        = bool
  default     = true
  nullable    = false
}

variable "revocation" {
  description = "Let the gateway's role write inline policies of the upload role (iam:PutRolePolicy), so that a suspension can revoke what was handed out (`revokeOutstanding`). The upload role then gets a permissions boundary that allows what its own policy allows, or the gateway could give it more."
  type        = bool
  default     = false
  nullable    = false

  validation {
    condition     = !var.revocation || var.permissions_boundary == null
    error_message = "A role has one boundary, and with revocation the upload role's must be the module's own: leave permissions_boundary null."
  }
}

variable "permissions_boundary" {
  description = "ARN of a policy that bounds every role that is made here; null for none."
  type        = string
  default     = null

  validation {
    condition     = var.permissions_boundary == null || can(regex("^arn:aws[a-z-]*:iam::([0-9]{12}|aws):policy/", var.permissions_boundary))
    error_message = "A boundary is the ARN of a policy."
  }
}

variable "tags" {
  description = "Tags of everything that is made here. Never customerName or subject, in whatever case: IAM would take a role's tag for that of a session which has none, and such a session would be that tenant's."
  type        = map(string)
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue([for key in keys(var.tags) : !contains(["customername", "subject"], lower(key))])
    error_message = "The tags customerName and subject belong to sessions alone: on a role, they make every untagged session that tenant's."
  }
}
