# A whole set-up: two customers who sign in at their own companies, the gateway as a small service. Replace every value.
bucket          = "acme-uploads-eu"
public_url      = "https://uploads.example.com"
allowed_origins = ["https://partner.example"]
alarm_topic_arn = "arn:aws:sns:eu-central-1:123456789012:operators"

triggers_zip = "triggers.zip"
saml_providers = {
  AcmeSSO   = { metadata_url = "https://sso.acme.example/metadata", tenant = "acme", email_domains = ["acme.example"] }
  GlobexSSO = { metadata_url = "https://login.globex.example/metadata", tenant = "globex", email_domains = ["globex.example", "globex.test"] }
}

service = {
  vpc_id             = "vpc-0123456789abcdef0"
  private_subnet_ids = ["subnet-0123456789abcde01", "subnet-0123456789abcde02"]
  public_subnet_ids  = ["subnet-0123456789abcde03", "subnet-0123456789abcde04"]
  certificate_arn    = "arn:aws:acm:eu-central-1:123456789012:certificate/00000000-0000-0000-0000-000000000000"
  image              = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/upload-gateway:1.0.0"
  size               = "small"
}

settings = { limits = { max_upload_bytes = "5 GiB", allowed_content_types = "image/*,application/pdf" } }

tags = { service = "upload-gateway" }
