// nginx serves the built storefront and routes both APIs under one origin, with the template that the
// frontend image uses as well. It runs as whoever runs this, with every file that it writes in the data
// folder.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { ROOT } from '../settings.mjs'
import { Stop, USAGE } from '../stop.mjs'
import { listen, transport } from './nginx_tls.mjs'

const TEMPLATE = path.join(ROOT, 'infra/docker/nginx.conf.template')

/**
 * @param {import('../settings.mjs').Settings} settings
 * @returns {import('../supervisor.mjs').Service}
 */
export function nginx(settings) {
  const folder = path.join(settings.dataDir, 'nginx')
  const config = path.join(folder, 'nginx.conf')
  const { storefront, plainHttp } = settings.ports
  const hasTls = Boolean(settings.env.TLS_CERTIFICATE)
  /** @type {import('../probes.mjs').Probe} */
  const alive = { kind: 'http', url: `http://127.0.0.1:${hasTls ? plainHttp : storefront}/healthz` }
  return {
    name: 'nginx',
    url: settings.publicOrigins[0],
    // What a browser sees. A certificate that expired is nothing that a new start would mend.
    probe: hasTls
      ? { kind: 'https', port: storefront, host: new URL(settings.publicOrigins[0]).hostname }
      : alive,
    alive,
    stopSignal: 'SIGQUIT', // answers what it has accepted
    prepare: () => {
      fs.mkdirSync(folder, { recursive: true })
      fs.writeFileSync(config, fillIn(fs.readFileSync(TEMPLATE, 'utf8'), nginxVariables(settings, folder)))
    },
    command: {
      argv: ['nginx', '-p', folder, '-e', 'stderr', '-c', config, '-g', 'daemon off;'],
      cwd: folder,
    },
  }
}

/**
 * What is wrong with the settings, before anything is started or built.
 * @param {import('../settings.mjs').Settings} settings
 */
export function checkNginxSettings(settings) {
  nginxVariables(settings, settings.dataDir)
  for (const name of ['TLS_CERTIFICATE', 'TLS_CERTIFICATE_KEY']) {
    const file = settings.env[name]
    if (!file) continue
    try {
      fs.accessSync(file, fs.constants.R_OK)
    } catch (error) {
      throw new Stop(
        `${name} is ${file}, which cannot be read (${/** @type {NodeJS.ErrnoException} */ (error).code}).`,
        USAGE,
      )
    }
  }
}

/**
 * @param {import('../settings.mjs').Settings} settings
 * @param {string} folder
 */
function nginxVariables(settings, folder) {
  const { storefront, plainHttp, commandApi, queryApi } = settings.ports
  const hasIpv6 = Object.values(os.networkInterfaces()).some((all) =>
    all?.some(({ address }) => address === '::1'),
  )
  return {
    RUN_DIR: folder,
    // The clone may lie where only its owner can read, and root's workers would otherwise become somebody
    // else.
    USER_DIRECTIVE: process.getuid?.() === 0 ? 'user root;' : '',
    LISTEN: listen(hasIpv6 ? ['127.0.0.1', '[::1]'] : ['127.0.0.1'], {
      port: storefront,
      plainPort: settings.env.TLS_CERTIFICATE ? plainHttp : null,
    }),
    STOREFRONT_DIR: path.join(ROOT, 'frontend/dist'),
    COMMAND_API: `127.0.0.1:${commandApi}`,
    QUERY_API: `127.0.0.1:${queryApi}`,
    REAL_IP_FROM: realIpFrom(settings.env.LOAD_BALANCERS),
    ...transport({
      origins: settings.publicOrigins,
      certificate: settings.env.TLS_CERTIFICATE,
      key: settings.env.TLS_CERTIFICATE_KEY,
      balancers: networks(settings.env.LOAD_BALANCERS),
    }),
    // Every shopper of a developer's machine comes from one address.
    REQUESTS_OF_ONE_ADDRESS: '4096',
    ...pagePolicy(settings.env.PAYMENT_GATEWAY),
    ...securityContact(settings.env.SECURITY_CONTACT),
  }
}

/** RFC 9116 wants less than a year. */
const CONTACT_LASTS_DAYS = 180

/**
 * Whom people tell of holes in the shop, and until when that is true.
 * @param {string | undefined} contact a `mailto:` or `https:` URI
 */
export function securityContact(contact) {
  if (contact && !/^(mailto:|https:\/\/)[^\s"\\${}]+$/.test(contact))
    throw new Stop(`SECURITY_CONTACT is ${contact}, which is no mailto: or https: URI`, USAGE)
  const until = new Date(Date.now() + CONTACT_LASTS_DAYS * 24 * 60 * 60 * 1000)
  return {
    SECURITY_CONTACT: contact || 'mailto:security@cartwright.example',
    SECURITY_EXPIRES: until.toISOString().replace(/\.\d+Z$/, 'Z'),
  }
}

/**
 * Whose `X-Forwarded-For` is believed. Nobody's where there is no load balancer.
 * @param {string | undefined} balancers
 */
export function realIpFrom(balancers) {
  return networks(balancers)
    .map((network) => `set_real_ip_from ${network};`)
    .join(' ')
}

/**
 * What stands before nginx.
 * @param {string | undefined} balancers addresses and networks with commas between them
 */
function networks(balancers) {
  const named = (balancers ?? '').split(',').map((network) => network.trim())
  for (const network of named.filter(Boolean)) {
    if (!/^[0-9a-fA-F.:]+(\/\d{1,3})?$/.test(network))
      throw new Stop(`LOAD_BALANCERS names ${network}, which is neither an address nor a network`, USAGE)
  }
  return named.filter(Boolean)
}

/**
 * From where a page may load scripts and frames, and to where it may talk. A card's number goes from the browser to Stripe
 * itself, so where Stripe takes the payments its card form is let in; the sandbox needs nobody.
 * @param {string | undefined} gateway
 */
export function pagePolicy(gateway) {
  if (gateway !== 'stripe') return { SCRIPTS_FROM: "'self'", FRAMES_FROM: "'none'", CONNECTS_TO: "'self'" }
  const form = 'https://js.stripe.com https://*.js.stripe.com'
  return {
    SCRIPTS_FROM: `'self' ${form}`,
    FRAMES_FROM: `${form} https://hooks.stripe.com`,
    CONNECTS_TO: "'self' https://api.stripe.com",
  }
}

/**
 * What envsubst does in the image: only the variables that are named are replaced, so nginx's own `$uri`
 * stays.
 * @param {string} template
 * @param {Record<string, string>} variables
 */
export function fillIn(template, variables) {
  const filled = template.replace(/\$\{([A-Z_]+)\}/g, (whole, name) => variables[name] ?? whole)
  const left = /\$\{([A-Z_]+)\}/.exec(filled)
  if (left) throw new Error(`nginx.conf.template has a variable that nobody fills in: ${left[1]}`)
  return filled
}
