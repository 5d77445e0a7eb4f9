// How does Uppy 6, which sends its Companion no token, use the gateway as one? Through a session whose secret is in the path.
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'

export default async ({ gateway, token, ...options }) => {
  const answer = await fetch(`${gateway}/v1/uppy-sessions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  })
  if (!answer.ok) throw new Error((await answer.json()).detail)
  const { companionEndpoint } = await answer.json()
  const uppy = new Uppy().use(AwsS3, { companionEndpoint, ...options })
  return uppy
}
