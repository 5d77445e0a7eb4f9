// Where is the gateway, and who calls it?
import { readFileSync } from 'node:fs'

const required = (name) => process.env[name] ?? (() => { throw new Error(`${name} is not set: tests/clients/run.sh does`) })()

/** What `upload-gateway sandbox` says of itself. */
export const sandbox = JSON.parse(readFileSync(`${required('SANDBOX')}/sandbox.json`, 'utf8'))
/** The sandbox's data directory. */
export const dataDirectory = required('SANDBOX')
/** Where the pages are. */
export const origin = required('PAGES_ORIGIN')

/** An ID token, for the password. */
export async function signIn(email) {
  const { password } = sandbox.users.find((user) => user.email === email)
  const answer = await fetch(`${sandbox.cognitoUrl}/`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': 'AWSCognitoIdentityProviderService.InitiateAuth',
    },
    body: JSON.stringify({
      AuthFlow: 'USER_PASSWORD_AUTH',
      ClientId: sandbox.clientId,
      AuthParameters: { USERNAME: email, PASSWORD: password },
    }),
  })
  return (await answer.json()).AuthenticationResult.IdToken
}

/** Calls the gateway; throws what it says when it refuses. */
export async function call(token, method, path, body) {
  const answer = await fetch(sandbox.publicUrl + path, {
    method,
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
  return text ? JSON.parse(text) : undefined
}

/** Changes a tenant, as the platform's admin. */
export async function changeTenant(slug, change) {
  const admin = await signIn('admin@platform.example')
  const { items } = await call(admin, 'GET', `/v1/admin/tenants?q=${slug}`)
  await call(admin, 'PATCH', `/v1/admin/tenants/${items.find((tenant) => tenant.slug === slug).id}`, change)
}
