# What account, Region and partition is this, and what do several files share?
data "aws_caller_identity" "current" {}

data "aws_region" "current" {}

# Others call the identity pool's service by another name, and some lack what is made here.
data "aws_partition" "current" {
  lifecycle {
    postcondition {
      condition     = self.partition == "aws"
      error_message = "This is written for AWS's partition \"aws\", neither for China nor for GovCloud."
    }
  }
}

locals {
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  # The tenant's claim, and the tag of a tenant's session: the value of the first leads to the tenant, whose slug is the second.
  tenant_claim = "custom:customerName"
  tenant_tag   = "customerName"
}
