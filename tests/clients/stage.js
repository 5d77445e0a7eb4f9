// What does each page do with its client? It uploads the file that was chosen, and tells what it saw.

/** Puts `begin` on the page. */
export default (makeUploader) => {
  /**
   * Uploads the chosen file. `resume` is what an earlier page gave back as `stopped`; `pauseAfter` and `cancelAfter` are
   * numbers of finished parts after which the page stops, or takes the upload back.
   */
  window.begin = async (settings, { resume, pauseAfter, cancelAfter } = {}) => {
    const uppy = await makeUploader(settings)
    const [data] = document.querySelector('input').files
    const seen = { progress: [], parts: [] }
    const id = uppy.addFile({ name: data.name, type: data.type, data })
    // What Golden Retriever does with a file that it remembers.
    if (resume) uppy.setFileState(id, { s3Multipart: resume })

    uppy.on('upload-progress', (_, { bytesUploaded, bytesTotal }) => seen.progress.push([bytesUploaded, bytesTotal]))
    const halted = new Promise((resolve) => {
      uppy.on('s3-multipart:part-uploaded', (_, part) => {
        seen.parts.push(part.PartNumber)
        if (seen.parts.length === pauseAfter) {
          uppy.pauseAll()
          resolve({ ...seen, stopped: uppy.getFile(id).s3Multipart })
        }
        if (seen.parts.length === cancelAfter) {
          uppy.cancelAll()
          resolve(seen)
        }
      })
    })
    const uploaded = uppy.upload().then(({ successful, failed }) => ({
      ...seen,
      successful: successful.length,
      failed: failed.map((file) => file.error),
    }))
    return Promise.race([halted, uploaded])
  }
}
