#!/usr/bin/env bash
# Wires the user pool's inbound federation trigger, which the Terraform provider cannot (hashicorp/terraform-provider-aws#46216):
#
#     bash triggers_inbound_federation.sh REGION USER_POOL_ID FUNCTION_ARN
#
# Cognito sets whatever an update of a user pool leaves out back to its default, so this sends all that the pool says of itself,
# with the trigger added. For the same reason each update by Terraform takes the trigger away, without a word in the plan
# (#49707): run this again after every apply that changed the pool, or let wire_inbound_federation do so. Needs jq, and an AWS
# CLI of a version that knows the trigger.
set -euo pipefail

if [[ $# -ne 3 ]]; then
    echo "usage: $0 REGION USER_POOL_ID FUNCTION_ARN" >&2
    exit 2
fi
region=$1 pool=$2 function=$3

described() {
    aws cognito-idp describe-user-pool --region "$region" --user-pool-id "$pool" --query UserPool --output json
}

# What UpdateUserPool takes of what DescribeUserPool gives. The age of unused accounts is the password policy's by now, and an
# update that says both is refused; so is one that says something empty.
# https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
# shellcheck disable=SC2016 # jq's own variables
settings='{UserPoolId: .Id, PoolName: .Name} + with_entries(select(.key | IN(
    "AccountRecoverySetting", "AdminCreateUserConfig", "AutoVerifiedAttributes", "DeletionProtection", "DeviceConfiguration",
    "EmailConfiguration", "EmailVerificationMessage", "EmailVerificationSubject", "IssuerConfiguration", "KeyConfiguration",
    "LambdaConfig", "MfaConfiguration", "Policies", "SmsAuthenticationMessage", "SmsConfiguration", "SmsVerificationMessage",
    "UserAttributeUpdateSettings", "UserPoolAddOns", "UserPoolTags", "UserPoolTier", "VerificationMessageTemplate")))
    | del(.AdminCreateUserConfig.UnusedAccountValidityDays)
    | with_entries(select(.value | IN("", {}, []) | not))'
# shellcheck disable=SC2016 # jq's own variable
trigger='.LambdaConfig.InboundFederation = {LambdaVersion: "V1_0", LambdaArn: $function}'

before=$(described | jq -S "$settings")
wanted=$(jq -S --arg function "$function" "$trigger" <<<"$before")
if [[ $before == "$wanted" ]]; then
    echo "The inbound federation trigger is wired already."
    exit 0
fi

aws cognito-idp update-user-pool --region "$region" --cli-input-json "$wanted"

# It is only done when the pool says so, and says everything else as before.
if ! difference=$(diff <(echo "$wanted") <(described | jq -S "$settings")); then
    echo "The user pool is not what it should be now (<: wanted, >: is):" >&2
    echo "$difference" >&2
    exit 1
fi
echo "The inbound federation trigger is wired."
