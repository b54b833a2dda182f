// Somebody else's server that speaks Stripe's API, for the tests of the Stripe adapter. It holds what it is told in
// memory; localstripe/serve.py starts it.
import path from 'node:path'
import { ROOT } from '../settings.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */

/** @param {Settings} settings */
export function localstripeUrl(settings) {
  return `http://127.0.0.1:${settings.ports.localstripe}`
}

/**
 * @param {Settings} settings
 * @param {string} python one that knows localstripe (tools.mjs)
 * @returns {import('../supervisor.mjs').Service}
 */
export function localstripe(settings, python) {
  const url = localstripeUrl(settings)
  const serve = path.join(ROOT, 'infra/local/localstripe/serve.py')
  return {
    name: 'localstripe',
    url,
    probe: { kind: 'http', url: `${url}/js.stripe.com/v3/` }, // the one page that asks for no key
    command: { argv: [python, serve, String(settings.ports.localstripe)] },
  }
}
