"""Prints what is put over the module for the emulator at URL, whose certificate is signed by CA: the provider, and what it cannot make."""

import sys

SERVICES = [
    "acm", "applicationautoscaling", "autoscaling", "cloudwatch", "cloudwatchlogs", "cognitoidentity", "cognitoidp", "dynamodb",
    "ec2", "ecs", "elbv2", "events", "iam", "kms", "lambda", "rds", "s3", "secretsmanager", "sns", "sqs", "sts", "wafv2"]

# It has no Application Auto Scaling.
UNKNOWN = ["aws_appautoscaling_target.gateway", "aws_appautoscaling_policy.cpu", "aws_appautoscaling_policy.requests"]

url, authority = sys.argv[1:3]
endpoints = "\n".join(f'    {service} = "{url}"' for service in SERVICES)
# The root key is asked no questions: Terraform sets the table, and is not the one who is tried.
print(f"""# The emulator in the place of AWS.
provider "aws" {{
  region                      = "us-east-1"
  access_key                  = "test"
  secret_key                  = "test"
  custom_ca_bundle            = "{authority}"
  s3_use_path_style           = true
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true

  endpoints {{
{endpoints}
  }}
}}""")

for kind, name in (address.split(".") for address in UNKNOWN):
    print(f"""
resource "{kind}" "{name}" {{
  count = 0
}}""")
