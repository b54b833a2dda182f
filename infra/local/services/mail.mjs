// aiosmtpd, from Debian's package, in the place of the mail server that a shop has: it takes every mail and puts
// it into a Maildir; mail/serve.py is all of it.
import path from 'node:path'
import { ROOT } from '../settings.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

/** Debian's own, which knows Debian's packages; another one may come first in the path. */
const PYTHON = '/usr/bin/python3'

/** The Maildir: each mail is a file in its `new`. @param {Settings} settings */
export function mailFolder(settings) {
  return path.join(settings.dataDir, 'mail')
}

/** @param {Settings} settings @returns {import('../supervisor.mjs').Service} */
export function mail(settings) {
  const port = settings.ports.mail
  return {
    name: 'mail',
    url: `smtp://127.0.0.1:${port}`,
    probe: { kind: 'smtp', port },
    command: {
      argv: [PYTHON, path.join(ROOT, 'infra/local/mail/serve.py'), String(port), mailFolder(settings)],
    },
  }
}
