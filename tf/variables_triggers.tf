# How do the Cognito triggers run, and when do they lock an account?
variable "triggers_zip" {
  description = "Path of the zip file that holds the triggers' program, named bootstrap. Default: no triggers, and then access tokens name no tenant, and no account is locked by more than Cognito's own few seconds."
  type        = string
  default     = null

  validation {
    condition     = var.triggers_zip == null ? true : fileexists(var.triggers_zip)
    error_message = "There is no file at the path of the triggers' zip."
  }

  # Without them nothing in the user pool holds a provider to its tenant; the gateway does, but what it does not see does not.
  validation {
    condition     = var.triggers_zip != null || (length(var.saml_providers) == 0 && var.google == null)
    error_message = "Identity providers need the triggers, which bind each to its tenant: set triggers_zip."
  }
}

variable "wire_inbound_federation" {
  description = "Have Terraform itself run the output inbound_federation_command whenever the user pool was changed. Needs, where Terraform runs, bash, jq, an AWS CLI that knows the trigger, and the credentials in the CLI's own surroundings."
  type        = bool
  default     = false

  validation {
    condition     = !var.wire_inbound_federation || var.triggers_zip != null
    error_message = "There is nothing to wire without the triggers: set triggers_zip."
  }
}

variable "triggers_architecture" {
  description = "What the triggers' program was built for: arm64 or x86_64."
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.triggers_architecture)
    error_message = "The architecture is arm64 or x86_64."
  }
}

variable "triggers_memory" {
  description = "Memory of the triggers' function in MiB, 128 to 1024. More memory is also more processor, and so a shorter cold start."
  type        = number
  default     = 256

  validation {
    condition     = var.triggers_memory >= 128 && var.triggers_memory <= 1024 && floor(var.triggers_memory) == var.triggers_memory
    error_message = "The memory is a whole number of MiB from 128 to 1024."
  }
}

variable "triggers_reserved_concurrency" {
  description = "How many sign-ins the triggers serve at once, kept free for them out of the account's concurrency, 1 to 1000. Beyond it people cannot sign in. Default: none kept, none forbidden."
  type        = number
  default     = null

  validation {
    condition     = var.triggers_reserved_concurrency == null ? true : var.triggers_reserved_concurrency >= 1 && var.triggers_reserved_concurrency <= 1000 && floor(var.triggers_reserved_concurrency) == var.triggers_reserved_concurrency
    error_message = "The concurrency is a whole number from 1 to 1000: with 0 nobody could sign in."
  }
}

variable "lockout" {
  description = "After how many failed attempts an account of the user pool itself is locked (2 to 100), for how many minutes (1 to 1440), and whether people get in while the table of attempts does not answer (open) or not (closed). null: accounts are not locked. Whoever knows an address can lock it."
  type = object({
    attempts = optional(number, 5)
    minutes  = optional(number, 15)
    outage   = optional(string, "open")
  })
  default = {}

  validation {
    condition     = var.lockout == null ? true : var.lockout.attempts >= 2 && var.lockout.attempts <= 100 && floor(var.lockout.attempts) == var.lockout.attempts
    error_message = "The attempts are a whole number from 2 to 100."
  }

  validation {
    condition     = var.lockout == null ? true : var.lockout.minutes >= 1 && var.lockout.minutes <= 1440 && floor(var.lockout.minutes) == var.lockout.minutes
    error_message = "A lock lasts a whole number of minutes from 1 to 1440, which is a day."
  }

  validation {
    condition     = var.lockout == null ? true : contains(["open", "closed"], var.lockout.outage)
    error_message = "During an outage the door is open or closed."
  }
}

variable "lockout_point_in_time_recovery" {
  description = "Back up the table of attempts. What is in it is forgotten within minutes anyway."
  type        = bool
  default     = false
}
