variable "bucket" {
  description = "Name of the existing bucket that holds every tenant's prefix: the gateway's upload.bucket."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$", var.bucket))
    error_message = "A bucket's name is 3 to 63 lower-case letters, digits, dots and hyphens."
  }
}

variable "allowed_origins" {
  description = "Web origins whose pages may send files to the bucket: the gateway's server.allowed_origins, such as https://partner.example, and the origin of server.public_url for the portal."
  type        = list(string)

  validation {
    condition     = length(var.allowed_origins) > 0 && length(var.allowed_origins) == length(toset(var.allowed_origins))
    error_message = "Name at least one origin, and none twice."
  }

  validation {
    condition = alltrue([
      for origin in var.allowed_origins : can(regex("^https?://[a-z0-9.-]+(:[0-9]{1,5})?$", origin))
    ])
    error_message = "An origin is scheme, host in lower case and port, without a path: https://partner.example. No \"*\": any page of the web could then use a URL that leaked to it."
  }
}
