// What does Postgres say of an upload?
import pg from 'pg'
import { eventually } from './eventually.js'
import { sandbox } from './sandbox.js'

/** The uploads under a file name; each test has a name of its own. */
export async function uploadsNamed(fileName) {
  const client = new pg.Client({ connectionString: sandbox.databaseUrl })
  await client.connect()
  try {
    const text = 'select id, status, object_key, stored_size_bytes::int as size, content_type from uploads where file_name = $1'
    return (await client.query(text, [fileName])).rows
  } finally {
    await client.end()
  }
}

/** The one upload under that name, as soon as it has that status. */
export const uploadThatIs = (status, fileName) =>
  eventually(`that ${fileName} is ${status}`, async () => {
    const rows = await uploadsNamed(fileName)
    if (rows.length > 1) throw new Error(`${rows.length} uploads are named ${fileName}`)
    return rows[0]?.status === status ? rows[0] : undefined
  })
