// How does Uppy 6 sign for itself, with temporary credentials of the gateway?
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'

export default async ({ gateway, token, ...options }) => {
  const getCredentials = async () => {
    const answer = await fetch(`${gateway}/companion/s3/sts`, { headers: { authorization: `Bearer ${token}` } })
    if (!answer.ok) throw new Error((await answer.json()).detail)
    return answer.json()
  }
  const { s3Endpoint, prefix } = await getCredentials()
  const uppy = new Uppy().use(AwsS3, {
    s3Endpoint,
    getCredentials,
    generateObjectKey: (file) => `${prefix}${crypto.randomUUID()}/${file.name}`,
    ...options,
  })
  return uppy
}
