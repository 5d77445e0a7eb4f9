// How does Uppy 5 sign for itself, with temporary credentials of the gateway?
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'

export default ({ gateway, token, ...options }) => {
  const uppy = new Uppy().use(AwsS3, {
    endpoint: `${gateway}/companion`,
    headers: { authorization: `Bearer ${token}` },
    getTemporarySecurityCredentials: true,
    // Always: for a single PUT this version makes up a key without a prefix, which S3 refuses.
    shouldUseMultipart: true,
    ...options,
  })
  return uppy
}
