# What may the gateway do in its own name? Never touch an object: for that it is a tenant's session.
locals {
  gateway_policy = {
    Version = "2012-10-17"
    Statement = concat(
      [
        # The role's trust decides about tags. If this did too, `doctor` could not tell that the trust is too wide.
        {
          Sid      = "ActForATenant"
          Effect   = "Allow"
          Action   = ["sts:AssumeRole", "sts:TagSession"]
          Resource = aws_iam_role.uploads.arn
        },
        {
          Sid      = "HearOfObjects"
          Effect   = "Allow"
          Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage"]
          Resource = aws_sqs_queue.events.arn
        },
      ],
      [
        for secret in local.has_service && var.database.authentication == "secret" ? [local.database_secret_arn] : [] : {
          Sid      = "ReadTheDatabasesPassword"
          Effect   = "Allow"
          Action   = "secretsmanager:GetSecretValue"
          Resource = secret
        }
      ],
      [
        for id in local.has_service && var.database.authentication == "iam" ? [local.database_resource_id] : [] : {
          Sid      = "SignInAtTheDatabase"
          Effect   = "Allow"
          Action   = "rds-db:connect"
          Resource = "arn:${local.partition}:rds-db:${local.region}:${local.account_id}:dbuser:${id}/${local.database_user}"
        }
      ],
      [
        for role in var.revocation ? [aws_iam_role.uploads.arn] : [] : {
          Sid      = "RevokeWhatWasHandedOut"
          Effect   = "Allow"
          Action   = "iam:PutRolePolicy"
          Resource = role
        }
      ],
      var.doctor ? local.looks_of_the_doctor : [],
    )
  }

  # Settings alone, of these three things alone. src/doctor says what it does with each.
  looks_of_the_doctor = [
    {
      Sid    = "LookAtTheBucket"
      Effect = "Allow"
      Action = [
        "s3:GetBucketNotification",
        "s3:GetBucketOwnershipControls",
        "s3:GetBucketPolicy",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "s3:GetEncryptionConfiguration",
        "s3:GetLifecycleConfiguration",
      ]
      Resource = local.bucket_arn
    },
    {
      Sid      = "LookAtTheQueue"
      Effect   = "Allow"
      Action   = ["sqs:GetQueueAttributes"]
      Resource = aws_sqs_queue.events.arn
    },
    {
      Sid      = "LookAtTheUserPool"
      Effect   = "Allow"
      Action   = ["cognito-idp:DescribeUserPool", "cognito-idp:DescribeUserPoolClient", "cognito-idp:ListUserPoolClients"]
      Resource = aws_cognito_user_pool.people.arn
    },
  ]
}
