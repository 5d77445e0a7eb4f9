# How do people sign in, and for how long?
variable "sign_in_deletion_protection" {
  description = "Refuse to delete the user pool and the table of locked accounts. With the pool every account is lost, and every subject in the ledger stands for nobody."
  type        = bool
  default     = true
}

variable "user_pool_tier" {
  description = "Cognito's feature plan: ESSENTIALS or PLUS, which adds threat protection. LITE lacks the trigger that adds the tenant to access tokens."
  type        = string
  default     = "ESSENTIALS"

  validation {
    condition     = contains(["ESSENTIALS", "PLUS"], var.user_pool_tier)
    error_message = "The plan is ESSENTIALS or PLUS."
  }
}

variable "threat_protection" {
  description = "What the PLUS plan does about stolen passwords and odd sign-ins: ENFORCED acts, AUDIT only records. Without PLUS it has no effect."
  type        = string
  default     = "ENFORCED"

  validation {
    condition     = contains(["AUDIT", "ENFORCED"], var.threat_protection)
    error_message = "Threat protection is AUDIT or ENFORCED."
  }
}

variable "password_minimum_length" {
  description = "Shortest password of the people of the user pool itself, in characters."
  type        = number
  default     = 12

  validation {
    condition     = var.password_minimum_length >= 12 && var.password_minimum_length <= 99 && floor(var.password_minimum_length) == var.password_minimum_length
    error_message = "A password's shortest length is a whole number from 12 to 99."
  }
}

variable "mfa" {
  description = "Second factor (TOTP, an authenticator app) of the people of the user pool itself; identity providers see to their own. ON, OPTIONAL or OFF. The sign-in page asks nobody to set one up when it is OPTIONAL."
  type        = string
  default     = "ON"

  validation {
    condition     = contains(["ON", "OPTIONAL", "OFF"], var.mfa)
    error_message = "MFA is ON, OPTIONAL or OFF."
  }
}

variable "passkeys" {
  description = "Offer passkeys beside passwords. Needs managed_login, and mfa other than ON: where a second factor is demanded, Cognito takes no passkey unless set so by a setting that the provider does not know. Allows the native app client to sign people in by API."
  type        = bool
  default     = false

  validation {
    condition     = !var.passkeys || var.managed_login
    error_message = "Passkeys are offered by managed login alone: set managed_login = true."
  }

  validation {
    condition     = !var.passkeys || var.mfa != "ON"
    error_message = "With mfa = \"ON\" nobody could sign in with a passkey: choose OPTIONAL or OFF."
  }
}

variable "managed_login" {
  description = "Show Cognito's newer sign-in pages instead of the classic hosted UI. They stay unavailable until each app client has a branding style: run what the output managed_login_branding_commands says."
  type        = bool
  default     = false
}

variable "domain_prefix" {
  description = "Host name of the sign-in page before .auth.REGION.amazoncognito.com. Default: the name and the account's number."
  type        = string
  default     = null

  validation {
    condition     = var.domain_prefix == null || can(regex("^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$", var.domain_prefix))
    error_message = "A domain prefix is 1 to 63 lower-case letters, digits and inner hyphens."
  }

  validation {
    condition     = !can(regex("aws|amazon|cognito", coalesce(var.domain_prefix, var.name)))
    error_message = "Cognito takes no domain prefix that holds \"aws\", \"amazon\" or \"cognito\"; the default is made of var.name."
  }
}

variable "custom_domain" {
  description = "The sign-in page's own host, such as auth.example.com, and its ACM certificate, which has to be in us-east-1. The parent domain needs an A record before, and the host an alias to the output hosted_ui_alias after."
  type = object({
    name            = string
    certificate_arn = string
  })
  default = null

  validation {
    condition     = var.custom_domain == null ? true : length(var.custom_domain.name) <= 253 && can(regex("^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.){2,}[a-z]{2,63}$", var.custom_domain.name))
    error_message = "A custom domain is a host below a domain of your own, in lower case, such as auth.example.com, of at most 253 characters."
  }

  validation {
    condition     = var.custom_domain == null ? true : can(regex("^arn:aws[a-z-]*:acm:us-east-1:[0-9]{12}:certificate/[A-Za-z0-9-]+$", var.custom_domain.certificate_arn))
    error_message = "The certificate's ARN names one of ACM's in us-east-1, wherever the user pool is: arn:aws:acm:us-east-1:123456789012:certificate/…"
  }
}

variable "callback_urls" {
  description = "Further pages that may take people back after signing in, besides the portal. https, or http on localhost."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.callback_urls) <= 99 && alltrue([for url in var.callback_urls : length(url) <= 1024 && can(regex("^(https://[a-z0-9.-]+|http://localhost|http://127\\.0\\.0\\.1)(:[0-9]{1,5})?/[A-Za-z0-9._~%/?=&-]*$", url))])
    error_message = "A callback URL is https://host/path, or http://localhost/path, of at most 1,024 characters, without a fragment, a wildcard or credentials; there are at most 99."
  }
}

variable "logout_urls" {
  description = "Further pages that people may be taken to after signing out, besides the portal. https, or http on localhost."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.logout_urls) <= 99 && alltrue([for url in var.logout_urls : length(url) <= 1024 && can(regex("^(https://[a-z0-9.-]+|http://localhost|http://127\\.0\\.0\\.1)(:[0-9]{1,5})?/[A-Za-z0-9._~%/?=&-]*$", url))])
    error_message = "A logout URL is https://host/path, or http://localhost/path, of at most 1,024 characters, without a fragment, a wildcard or credentials; there are at most 99."
  }
}

variable "token_minutes" {
  description = "Life of ID and access tokens, in minutes, 15 to 60. A token that was revoked, or whose owner was disabled, still verifies until then."
  type        = number
  default     = 15

  validation {
    condition     = var.token_minutes >= 15 && var.token_minutes <= 60 && floor(var.token_minutes) == var.token_minutes
    error_message = "Tokens live a whole number of minutes from 15 to 60."
  }
}

variable "refresh_hours" {
  description = "Life of refresh tokens, in hours, 1 to 720: how long somebody stays signed in without the identity provider being asked again."
  type        = number
  default     = 12

  validation {
    condition     = var.refresh_hours >= 1 && var.refresh_hours <= 720 && floor(var.refresh_hours) == var.refresh_hours
    error_message = "Refresh tokens live a whole number of hours from 1 to 720."
  }
}

variable "email_sender" {
  description = "Who sends invitations and codes: an SES identity's ARN, the address with or without a name, and perhaps where answers go and a configuration set. Default: Cognito's own sender, which sends 50 a day."
  type = object({
    identity_arn      = string
    from              = string
    reply_to          = optional(string)
    configuration_set = optional(string)
  })
  default = null

  validation {
    condition     = var.email_sender == null ? true : can(regex("^arn:aws[a-z-]*:ses:[a-z0-9-]+:[0-9]{12}:identity/.+$", var.email_sender.identity_arn))
    error_message = "The sender's identity is an ARN of SES: arn:aws:ses:eu-central-1:123456789012:identity/example.com"
  }

  validation {
    condition = var.email_sender == null ? true : alltrue([
      for address in [var.email_sender.from, coalesce(var.email_sender.reply_to, "a@b")] : can(regex("^[^[:cntrl:]]{0,190}[^\\s@]{1,64}@[^\\s@]{1,255}$", address)) && length(address) <= 320
    ])
    error_message = "Senders and receivers of answers are an address, with or without a name: Uploads <uploads@example.com>, of at most 320 characters."
  }

  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", try(coalesce(var.email_sender.configuration_set), "none")))
    error_message = "SES names a configuration set by 1 to 64 letters, digits, hyphens and underscores."
  }
}
