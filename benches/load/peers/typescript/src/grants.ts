// What is on record? One row for each URL that was handed out.

import pg from 'pg'

const CONNECTIONS = 10

const TABLE = `
  create table if not exists grants (
    id uuid primary key,
    tenant text not null,
    subject text not null,
    object_key text not null,
    file_name text not null,
    content_type text not null,
    size bigint not null,
    created_at timestamptz not null,
    expires_at timestamptz not null
  );
  create index if not exists grants_of_a_tenant on grants (tenant, created_at);`

const INSERT = `
  insert into grants (id, tenant, subject, object_key, file_name, content_type, size, created_at, expires_at)
  values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`

export interface Grant {
  id: string
  tenant: string
  subject: string
  key: string
  fileName: string
  contentType: string
  size: number
  createdAt: Date
  expiresAt: Date
}

/** Makes the table. */
export async function prepare(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(TABLE)
  await client.end()
}

/** A pool, and the function that commits one row. */
export function grants(databaseUrl: string) {
  const pool = new pg.Pool({ connectionString: databaseUrl, max: CONNECTIONS })
  // A connection that breaks while it is idle is replaced by the pool; without a listener it would end the process.
  pool.on('error', (error) => console.error(error.message))
  return {
    record: async (grant: Grant): Promise<void> => {
      await pool.query({
        // Prepared once for each connection.
        name: 'record',
        text: INSERT,
        values: [
          grant.id,
          grant.tenant,
          grant.subject,
          grant.key,
          grant.fileName,
          grant.contentType,
          grant.size,
          grant.createdAt,
          grant.expiresAt,
        ],
      })
    },
    end: (): Promise<void> => pool.end(),
  }
}
