// What is an action of the audit called? In words, under the name that the gateway records.

/** The actions that the gateway records, by what they are about. */
export const ACTIONS = {
  Uploads: {
    'upload.granted': 'Upload granted',
    'upload.completed': 'Upload completed',
    'upload.failed': 'Upload failed',
    'upload.expired': 'Upload expired',
    'upload.aborted': 'Upload cancelled',
    'upload.deleted': 'File deleted',
  },
  'Objects in the store': {
    'object.overwritten': 'Object written again',
    'object.deleted': 'Object deleted in the store',
    'object.kept': 'Object kept',
    'object.adopted': 'Object taken up',
    'object.refused': 'Object refused',
  },
  'Credentials and sessions': {
    'url.issued': 'Further URL handed out',
    'credentials.issued': 'Credentials handed out',
    'uppy_session.created': 'Session of Uppy begun',
    'uppy_session.revoked': 'Session of Uppy ended',
  },
  Tenants: {
    'tenant.created': 'Tenant created',
    'tenant.changed': 'Tenant changed',
    'tenant.suspended': 'Tenant suspended',
    'tenant.sessions_revoked': 'What was handed out revoked',
    'tenant.activated': 'Tenant activated',
  },
  'The gateway': {
    'request.refused': 'Request refused',
    'limits.changed': 'Limits changed',
    'limits.reset': 'Limits reset',
    'audit.dropped': 'Month of the audit dropped',
  },
}

const WORDS = Object.assign({}, ...Object.values(ACTIONS))

/** An action in words; one that is new to this page by its own name. */
export const inWords = (action) => (Object.hasOwn(WORDS, action) ? WORDS[action] : action)
