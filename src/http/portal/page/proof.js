// What does a sign-in prove itself with? Values nobody can guess, and the challenge of PKCE (RFC 7636).

const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')

/** 256 random bits: a `state`, a `nonce` or a code verifier. */
export const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

/** The S256 challenge of a verifier. */
export const challengeOf = async (verifier) =>
  base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)))

/** A token's claims. They came from the token endpoint over TLS, so their signature is not looked at (OIDC Core 3.1.3.7). */
export function claimsOf(token) {
  const payload = token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0))))
}
