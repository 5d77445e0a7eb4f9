// What does the service need to know from its environment?

export interface Settings {
  port: number
  workers: number
  databaseUrl: string
  issuer: string
  clientId: string
  s3Endpoint: string
  stsEndpoint: string
  bucket: string
  region: string
  roleArn: string
}

/** Reads them all. Throws with the name of the one that is missing. */
export function settings(environment: NodeJS.ProcessEnv, cores: number): Settings {
  const required = (name: string): string => {
    const value = environment[name]
    if (!value) throw new Error(`${name} is not set`)
    return value
  }
  const whole = (name: string, value: string): number => {
    const number = Number(value)
    if (!Number.isInteger(number) || number < 1) throw new Error(`${name} is not a positive whole number`)
    return number
  }
  return {
    port: whole('PORT', required('PORT')),
    // One process a core: JavaScript runs on one thread of each.
    workers: whole('WORKERS', environment['WORKERS'] || String(cores)),
    databaseUrl: required('DATABASE_URL'),
    issuer: required('ISSUER'),
    clientId: required('CLIENT_ID'),
    s3Endpoint: required('S3_ENDPOINT'),
    stsEndpoint: required('STS_ENDPOINT'),
    bucket: required('BUCKET'),
    region: required('REGION'),
    roleArn: required('ROLE_ARN'),
  }
}
