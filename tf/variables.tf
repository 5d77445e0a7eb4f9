# What must everybody say, and what is everything called?
variable "name" {
  description = "What everything is called, or begins with. Two gateways in one account and Region need two names."
  type        = string
  default     = "upload-gateway"

  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{1,22}[a-z0-9]$", var.name))
    error_message = "A name is 3 to 24 lower-case letters, digits and hyphens, and begins with a letter."
  }

  validation {
    condition     = !strcontains(var.name, "--") && !startswith(var.name, "internal-") && !startswith(var.name, "sg-")
    error_message = "A name has no \"--\" (RDS), and begins neither with \"internal-\" (load balancers) nor \"sg-\" (security groups)."
  }
}

variable "bucket" {
  description = "Name of the bucket to make, which holds every tenant's prefix: the gateway's upload.bucket."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name is 3 to 63 lower-case letters, digits and hyphens (S3 also takes dots, with which TLS to the bucket's own host fails)."
  }
}

variable "public_url" {
  description = "How people and partners' pages reach the gateway, such as https://uploads.example.com: its server.public_url, and the portal's place."
  type        = string

  validation {
    condition     = can(regex("^https://[a-z0-9.-]+(:[0-9]{1,5})?$|^http://(localhost|127\\.0\\.0\\.1)(:[0-9]{1,5})?$", var.public_url))
    error_message = "The URL is https, a host in lower case and perhaps a port, without a path: https://uploads.example.com. Only localhost may be http."
  }
}

variable "allowed_origins" {
  description = "Web origins of partners' pages that may call the gateway and send files to the bucket, such as https://partner.example: its server.allowed_origins. The portal's own origin is added."
  type        = list(string)
  default     = []

  validation {
    condition     = length(var.allowed_origins) == length(toset(var.allowed_origins))
    error_message = "Name no origin twice."
  }

  validation {
    condition = alltrue([
      for origin in var.allowed_origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))
    ])
    error_message = "An origin is scheme, host in lower case and port, without a path: https://partner.example. No \"*\": any page of the web could then use a URL that leaked to it."
  }
}
