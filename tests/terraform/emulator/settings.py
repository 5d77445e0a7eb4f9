"""Prints the module's variables for the emulator, with a network and a certificate that are made for them: URL TRIGGERS_ZIP."""

import json
import sys

import boto3

url, triggers = sys.argv[1:3]


def client(service):
    return boto3.client(
        service, endpoint_url=url, region_name="us-east-1", aws_access_key_id="test", aws_secret_access_key="test")


ec2 = client("ec2")
vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
subnets = [
    ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
    for number, zone in enumerate("abab")]
certificate = client("acm").request_certificate(DomainName="uploads.example.com", ValidationMethod="DNS")["CertificateArn"]
topic = client("sns").create_topic(Name="on-call")["TopicArn"]


def provider(tenant):
    return {
        "metadata_url": f"https://idp.{tenant}.example/metadata", "tenant": tenant, "slug": tenant,
        "email_domains": [f"{tenant}.example"]}


print(json.dumps({
    "bucket": "uploads-emulated",
    "public_url": "https://uploads.example.com",
    "allowed_origins": ["https://partner.example"],
    "alarm_topic_arn": topic,
    # Nobody here holds an authenticator app.
    "mfa": "OFF",
    "enable_identity_pool": True,
    "identity_pool_tenants": ["acme", "globex"],
    "saml_providers": {"AcmeSSO": provider("acme"), "GlobexSSO": provider("globex")},
    "triggers_zip": triggers,
    # Its database keeps no secret in Secrets Manager by itself.
    "database": {"authentication": "iam"},
    "service": {
        "vpc_id": vpc, "private_subnet_ids": subnets[:2], "public_subnet_ids": subnets[2:], "certificate_arn": certificate,
        "image": "registry.example/upload-gateway:0.1.0", "architecture": "x86_64"},
}, indent=2))
