// How does Uppy 5 use the gateway as its Companion?
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'

export default ({ gateway, token, ...options }) => {
  const uppy = new Uppy().use(AwsS3, {
    endpoint: `${gateway}/companion`,
    headers: { authorization: `Bearer ${token}` },
    ...options,
  })
  return uppy
}
