#!/usr/bin/env bash
# Makes everything that the gateway wants of AWS in an emulator, with the AWS CLI, and writes its settings: `furnish.sh URL FILE`.
# $DATABASE_HOST (or $DATABASE_URL whole), $DATABASE_PASSWORD_FILE, $PEOPLE_PASSWORD_FILE. People: admin@platform.example, a platform admin;
# alice@acme.example and bob@globex.example, of tenants that the admin has to create first.
set -euo pipefail
url=$1 file=$2
people=$(<"$PEOPLE_PASSWORD_FILE")
database=${DATABASE_URL:-postgres://gateway:$(<"$DATABASE_PASSWORD_FILE")@$DATABASE_HOST/gateway}

# The emulator's root, whom it asks no questions.
export AWS_ENDPOINT_URL=$url AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_PAGER='' AWS_DEFAULT_OUTPUT=text
region=$AWS_DEFAULT_REGION
account=000000000000

# Started again, while the emulator still has what was made and the gateway its settings, there is nothing to do.
if [ -s "$file" ] && aws iam get-user --user-name gateway >/dev/null 2>&1; then
    exit
fi

aws s3api create-bucket --bucket uploads >/dev/null
aws s3api put-bucket-cors --bucket uploads --cors-configuration '{"CORSRules": [{"AllowedOrigins": ["http://127.0.0.1:8080", "http://localhost:8080"],
    "AllowedMethods": ["GET", "PUT", "POST", "DELETE"], "AllowedHeaders": ["*"], "ExposeHeaders": ["ETag", "Location"]}]}' >/dev/null

aws iam create-user --user-name gateway >/dev/null
aws iam put-user-policy --user-name gateway --policy-name may --policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
    "Action": ["sts:AssumeRole", "sts:TagSession"], "Resource": "*"}]}'
read -r key secret < <(aws iam create-access-key --user-name gateway --query 'AccessKey.[AccessKeyId, SecretAccessKey]')
# A gateway that forgets to say whose session it is gets none.
aws iam create-role --role-name uploads --assume-role-policy-document '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::'$account':user/gateway"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
    "Condition": {"StringLike": {"aws:RequestTag/customerName": "?*"}}}]}' >/dev/null
aws iam put-role-policy --role-name uploads --policy-name may --policy-document '{"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Action": ["s3:PutObject", "s3:GetObject", "s3:DeleteObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        "Resource": "arn:aws:s3:::uploads/*"},
    {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::uploads"}]}'

pool=$(aws cognito-idp create-user-pool --pool-name gateway --username-attributes email --auto-verified-attributes email \
    --admin-create-user-config AllowAdminCreateUserOnly=true \
    --schema 'Name=customerName,AttributeDataType=String,Mutable=true,StringAttributeConstraints={MinLength=1,MaxLength=64}' \
    --query UserPool.Id)
client=$(aws cognito-idp create-user-pool-client --user-pool-id "$pool" --client-name gateway \
    --explicit-auth-flows ALLOW_USER_PASSWORD_AUTH ALLOW_REFRESH_TOKEN_AUTH --write-attributes email \
    --read-attributes email email_verified custom:customerName --query UserPoolClient.ClientId)
aws cognito-idp create-group --user-pool-id "$pool" --group-name platform-admins >/dev/null

# person EMAIL ATTRIBUTES…
person() {
    aws cognito-idp admin-create-user --user-pool-id "$pool" --username "$1" --message-action SUPPRESS \
        --user-attributes "Name=email,Value=$1" Name=email_verified,Value=true "${@:2}" >/dev/null
    aws cognito-idp admin-set-user-password --user-pool-id "$pool" --username "$1" --password "$people" --permanent
}
person admin@platform.example
aws cognito-idp admin-add-user-to-group --user-pool-id "$pool" --username admin@platform.example --group-name platform-admins
person alice@acme.example Name=custom:customerName,Value=acme
person bob@globex.example Name=custom:customerName,Value=globex

umask 077
cat >"$file.new" <<SETTINGS
[server]
public_address = "0.0.0.0:8080"
internal_address = "0.0.0.0:9090"
public_url = "http://127.0.0.1:8080"

[database]
url = "$database"

[auth]
tenant_claim = "custom:customerName"
platform_admin_group = "platform-admins"

[[auth.pools]]
issuer = "https://cognito-idp.$region.amazonaws.com/$pool"
client_ids = ["$client"]
jwks_url = "$url/$pool/.well-known/jwks.json"

[aws]
region = "$region"
endpoint_url = "$url"
access_key_id = "$key"
secret_access_key = "$secret"
force_path_style = true

[upload]
bucket = "uploads"
role_arn = "arn:aws:iam::$account:role/uploads"
SETTINGS
mv "$file.new" "$file"
