// How does Uppy 5 use the native API, through functions of the page's own?
import AwsS3 from '@uppy/aws-s3'
import Uppy from '@uppy/core'

export default ({ gateway, token, partSize, ...options }) => {
  const call = async (method, path, body) => {
    const answer = await fetch(`${gateway}/v1/uploads${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    if (!answer.ok) throw new Error((await answer.json()).detail)
    return answer.status === 204 ? undefined : answer.json()
  }
  const create = (file, method) =>
    call('POST', '', { fileName: file.name, contentType: file.type, size: file.size, method })
  // A browser sets the length by itself, and lets no page do so.
  const request = ({ url, headers: { 'content-length': _, ...headers } }) => ({ method: 'PUT', url, headers })

  const uppy = new Uppy().use(AwsS3, {
    getUploadParameters: async (file) => request((await create(file, 'put')).request),

    // As the gateway's upload.part_size.
    getChunkSize: () => partSize,
    createMultipartUpload: async (file) => {
      const { id, key } = await create(file, 'multipart')
      return { uploadId: id, key }
    },
    signPart: async (_, { uploadId, partNumber }) => {
      const { parts } = await call('POST', `/${uploadId}/parts`, { partNumbers: [partNumber] })
      return request(parts[0])
    },
    listParts: async (_, { uploadId }) => {
      const { parts } = await call('GET', `/${uploadId}/parts`)
      return parts.map(({ partNumber, etag, size }) => ({ PartNumber: partNumber, ETag: etag, Size: size }))
    },
    completeMultipartUpload: async (_, { uploadId, parts }) => {
      const named = parts.map(({ PartNumber, ETag }) => ({ partNumber: PartNumber, etag: ETag }))
      await call('POST', `/${uploadId}/complete`, { parts: named })
      return {}
    },
    abortMultipartUpload: (_, { uploadId }) => call('DELETE', `/${uploadId}`),
    ...options,
  })
  return uppy
}
