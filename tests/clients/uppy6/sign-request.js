// How does Uppy 6 have each request to S3 signed by the gateway?
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'

export default ({ gateway, token, ...options }) => {
  const uppy = new Uppy().use(AwsS3, {
    signRequest: async (request) => {
      const answer = await fetch(`${gateway}/s3/sign`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify(request),
      })
      if (!answer.ok) throw new Error((await answer.json()).detail)
      return answer.json()
    },
    ...options,
  })
  return uppy
}
