// How nginx is reached: by TLS of its own, by a load balancer that ends TLS, or by plain http on a developer's machine.
import path from 'node:path'
import { Stop, USAGE } from '../stop.mjs'

/**
 * @typedef {object} Transport
 * @property {string[]} origins under which browsers see the shop
 * @property {string} [certificate] a PEM file: the certificate, then those that lead to the public root
 * @property {string} [key] a PEM file
 * @property {string[]} balancers addresses and networks that end TLS before nginx
 */

/**
 * The variables of nginx.conf.template about https. A setting with which nobody could be served is an error.
 * @param {Transport} transport
 */
export function transport({ origins, certificate, key, balancers }) {
  if (!certificate !== !key)
    throw new Stop('TLS_CERTIFICATE and TLS_CERTIFICATE_KEY are set together, or neither is.', USAGE)
  const https = origins.map((origin) => new URL(origin)).filter(({ protocol }) => protocol === 'https:')
  if (certificate && https.length < origins.length)
    throw new Stop('TLS_CERTIFICATE is set, and PUBLIC_ORIGIN is not https: set it to https://HOST.', USAGE)
  if (https.length > 0 && !certificate && balancers.length === 0)
    throw new Stop(
      'PUBLIC_ORIGIN is https, and neither TLS_CERTIFICATE nor LOAD_BALANCERS says how that is reached.',
      USAGE,
    )
  return {
    HTTPS_ORIGINS: httpsOrigins(https),
    BALANCER_NETWORKS: balancers.map((network) => `${network} 1;`).join(' '),
    CERTIFICATE:
      certificate && key ? `ssl_certificate ${quoted(certificate)}; ssl_certificate_key ${quoted(key)};` : '',
  }
}

/**
 * To which origin a page is redirected, by the host that was asked; any other host is led to the first origin.
 * @param {URL[]} https
 */
function httpsOrigins(https) {
  const [first] = https
  if (!first) return ''
  const byHost = new Map(https.toReversed().map(({ hostname, origin }) => [hostname, origin]))
  return [`default ${first.origin};`, ...[...byHost].map((entry) => `${entry.join(' ')};`)].join(' ')
}

/** nginx would read a relative path below its own folder. @param {string} file */
function quoted(file) {
  if (/["\\$\n]/.test(file))
    throw new Stop(
      `nginx cannot read a file of the name ${file}: choose one without quotes, backslashes and $.`,
      USAGE,
    )
  return `"${path.resolve(file)}"`
}

/**
 * @param {string[]} addresses
 * @param {{port: number, plainPort: number | null}} ports with `plainPort`, `port` speaks TLS alone: whoever comes by http is led there.
 *   It speaks HTTP/2 as well: browsers ask for many files over one connection, and have six for HTTP/1.1
 */
export function listen(addresses, { port, plainPort }) {
  return addresses
    .map((address) =>
      plainPort === null
        ? `listen ${address}:${port};`
        : `listen ${address}:${port} ssl http2; listen ${address}:${plainPort};`,
    )
    .join(' ')
}
