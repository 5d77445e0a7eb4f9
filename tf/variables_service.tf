# Where and how large does the gateway run?
variable "service" {
  description = <<-EOT
    The gateway as a service of ECS on Fargate behind a load balancer, with its Postgres. null makes neither: bring your own compute and Postgres.

    vpc_id, private_subnet_ids (two zones at least, with a way to AWS's endpoints: NAT or VPC endpoints), public_subnet_ids (the load balancer's),
    certificate_arn (of ACM, for public_url's host), image (with a tag or, better, a digest), architecture ("arm64" or "x86_64", the image's),
    size ("small" or "large", see sizes.tf) and, to differ from it, cpu (1024 = one vCPU), memory (MiB), least_tasks, most_tasks;
    internal (a load balancer without public addresses), caller_cidr_blocks (who may call, IPv4), scraper_security_group_ids (who may read /metrics on port 9090),
    load_balancer_log_bucket (its access logs hold paths, and Uppy 6's sessions have their secret there), web_acl_arn (your own web ACL instead of the
    module's), requests_per_address (how many requests of one address to /v1/login and /u/ the module's web ACL lets through in five minutes; 0 makes no
    web ACL), deletion_protection (of the load balancer).
  EOT
  type = object({
    vpc_id                     = string
    private_subnet_ids         = list(string)
    public_subnet_ids          = list(string)
    certificate_arn            = string
    image                      = string
    architecture               = optional(string, "arm64")
    size                       = optional(string, "small")
    cpu                        = optional(number)
    memory                     = optional(number)
    least_tasks                = optional(number)
    most_tasks                 = optional(number)
    internal                   = optional(bool, false)
    caller_cidr_blocks         = optional(list(string), ["0.0.0.0/0"])
    scraper_security_group_ids = optional(list(string), [])
    load_balancer_log_bucket   = optional(string)
    web_acl_arn                = optional(string)
    requests_per_address       = optional(number, 3000)
    deletion_protection        = optional(bool, true)
  })
  default = null

  validation {
    condition     = var.service == null || can(regex("^[a-z0-9][A-Za-z0-9./_:-]*(:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}|@sha256:[0-9a-f]{64})$", var.service.image)) && !endswith(try(var.service.image, ""), ":latest")
    error_message = "The image has a digest (…@sha256:…) or a tag that stands for one version, not \"latest\": a task that is started again must be the same program."
  }

  validation {
    condition     = var.service == null || contains(["small", "large"], try(var.service.size, ""))
    error_message = "The size is \"small\" or \"large\"."
  }

  validation {
    condition     = var.service == null || contains(["arm64", "x86_64"], try(var.service.architecture, ""))
    error_message = "The architecture is \"arm64\" or \"x86_64\"."
  }

  validation {
    condition     = var.service == null || try(length(distinct(var.service.private_subnet_ids)) >= 2 && length(distinct(var.service.public_subnet_ids)) >= 2, false)
    error_message = "The load balancer and the database each want two subnets, in different zones."
  }

  validation {
    condition     = var.service == null || can(regex("^arn:aws[a-z-]*:acm:", var.service.certificate_arn))
    error_message = "The certificate is named by its ARN in ACM."
  }

  validation {
    condition     = var.service == null || try(coalesce(var.service.least_tasks, 1) >= 1 && coalesce(var.service.most_tasks, 100) >= coalesce(var.service.least_tasks, 1) && coalesce(var.service.most_tasks, 100) <= 100, false)
    error_message = "At least one task, at most 100, and least_tasks no more than most_tasks."
  }

  validation {
    condition     = var.service == null || try(alltrue([for block in var.service.caller_cidr_blocks : can(cidrnetmask(block))]) && length(var.service.caller_cidr_blocks) > 0, false)
    error_message = "Who may call is a list of IPv4 blocks such as 0.0.0.0/0 or 10.0.0.0/8: the load balancer has no address of IPv6."
  }

  validation {
    condition     = var.service == null || try(length(var.service.caller_cidr_blocks) == length(distinct(var.service.caller_cidr_blocks)), false)
    error_message = "Name no block of callers twice."
  }

  validation {
    condition     = var.service == null || try(var.service.requests_per_address == 0 || (var.service.requests_per_address >= 10 && var.service.requests_per_address <= 2000000000), false)
    error_message = "A web ACL counts 10 to 2,000,000,000 requests; 0 makes none."
  }

  validation {
    condition     = var.service == null || can(regex("^https://[^:]+$", var.public_url))
    error_message = "The load balancer listens on port 443 alone: public_url is https and has no port."
  }
}

variable "settings" {
  description = "Further settings of the gateway (`upload-gateway check-config --print-defaults` shows all), by section and name, as text; lists with commas: { limits = { max_upload_bytes = \"1 GiB\" }, log = { filter = \"warn\" } }."
  type        = map(map(string))
  default     = {}
  nullable    = false

  validation {
    condition     = alltrue(flatten([for section, entries in var.settings : [for key in keys(entries) : can(regex("^[a-z0-9_]+$", key)) && can(regex("^[a-z0-9]+$", section))]]))
    error_message = "Sections and settings are named in lower case, as the gateway's default.toml has them."
  }
}
