# With which settings does the gateway run? The task's variables and the file of output gateway_toml are both made of this.
locals {
  settings = {
    server = merge(
      { public_url = var.public_url, allowed_origins = var.allowed_origins },
      # The security groups say who reaches these. A task that is stopped serves on for drain: the load balancer hears of it no
      # sooner than the task. A connection is kept for longer than the load balancer's idle_timeout: were the gateway the first to
      # close it, a request on its way would be answered 502.
      local.has_service ? { public_address = "0.0.0.0:${local.public_port}", internal_address = "0.0.0.0:${local.internal_port}", keep_alive = "75s", drain = "15s" } : {},
    )
    database = merge(
      local.has_service ? { url = local.database_url } : {},
      local.has_service && var.database.authentication == "secret" ? { secret_arn = local.database_secret_arn } : {},
      local.has_service && var.database.authentication == "iam" ? { iam = true } : {},
    )
    auth = { tenant_claim = local.tenant_claim }
    aws  = { region = local.region }
    upload = merge(
      {
        bucket           = var.bucket
        role_arn         = aws_iam_role.uploads.arn
        session_duration = "${var.session_duration_seconds}s"
        url_expiry       = "${var.url_expiry_seconds}s"
      },
      # A session may use the key only when the gateway knows of it.
      local.uses_kms ? { kms_key_arn = local.kms_key_arn } : {},
      var.external_id == null ? {} : { external_id = var.external_id },
    )
    events = { queue_url = aws_sqs_queue.events.url }
  }

  user_pool_settings = {
    issuer              = "https://${aws_cognito_user_pool.people.endpoint}"
    client_ids          = local.client_ids
    hosted_ui           = local.hosted_ui_url
    hosted_ui_client_id = local.hosted_ui_client_id
    native_client_id    = local.native_client_id
  }

  # What the operator adds may not speak against what the rest of this module relies on.
  settings_said_twice = flatten([
    for section, entries in var.settings : [
      for key in keys(entries) : "${section}.${key}"
      if contains(contains(keys(local.settings), section) ? keys(local.settings[section]) : [], key) || contains(["aws.access_key_id", "aws.secret_access_key", "auth.pools"], "${section}.${key}")
    ]
  ])

  # No section without an entry, and no list without an item: none is the default of each.
  settings_by_section = {
    for section in setunion(keys(local.settings), keys(var.settings)) : section => {
      for key, value in merge(try(local.settings[section], {}), try(var.settings[section], {})) : key => value
      if try(length(value) > 0, true)
    }
  }

  gateway_toml = join("\n", concat(
    flatten([
      for section, entries in local.settings_by_section : concat(
        ["[${section}]"], [for key, value in entries : "${key} = ${replace(jsonencode(value), "\\u0026", "&")}"], [""],
      ) if length(entries) > 0
    ]),
    ["[[auth.pools]]"],
    [for key, value in local.user_pool_settings : "${key} = ${jsonencode(value)}"],
    [""],
  ))

  gateway_environment = merge(
    [
      for section, entries in merge(local.settings_by_section, { auth__pools__0 = local.user_pool_settings }) : {
        for key, value in entries : "GATEWAY__${upper(section)}__${upper(key)}" => try(join(",", value), tostring(value))
      }
    ]...
  )
}
