// The three Rust processes, as `up` runs them: every role of the command API in one process. What each
// variable means is in the doc comments of that binary's config.rs.
import path from 'node:path'
import { processEnv } from '../settings.mjs'
import { inBackground } from './background.mjs'
import { databaseEnv } from './database_roles.mjs'

/** @typedef {import('../settings.mjs').Settings} Settings */
/** @typedef {import('../supervisor.mjs').Service} Service */

/** The processes of a shop. */
export const SERVERS = ['command-api', 'projectors', 'query-api']

/**
 * @param {Settings} settings
 * @param {string} name
 */
export function binary(settings, name) {
  return path.join(settings.binDir, name)
}

/** @param {Settings} settings @returns {Service} */
export function commandApi(settings) {
  return rustService(settings, {
    argv: ['command-api', 'serve', '--dev'],
    needs: ['postgres', 'redis'], // Kafka may come later: commands go on without it
    url: `http://127.0.0.1:${settings.ports.commandApi}`,
    adminPort: settings.ports.commandApiAdmin,
  })
}

/** @param {Settings} settings @returns {Service} */
export function projectors(settings) {
  const adminPort = settings.ports.projectorsAdmin
  const service = rustService(settings, {
    argv: ['projectors', 'run', '--dev'],
    needs: ['postgres', 'redis', 'kafka'],
    url: `http://127.0.0.1:${adminPort}/metrics`,
    adminPort,
  })
  return {
    ...service,
    command: { ...service.command, argv: inBackground(service.command.argv) },
  }
}

/** @param {Settings} settings @returns {Service} */
export function queryApi(settings) {
  return rustService(settings, {
    argv: ['query-api', 'serve', '--dev'],
    needs: ['redis'],
    url: `http://127.0.0.1:${settings.ports.queryApi}`,
    adminPort: settings.ports.queryApiAdmin,
  })
}

/**
 * @param {Settings} settings
 * @param {{argv: string[], needs: string[], url: string, adminPort: number}} service
 * @returns {Service}
 */
function rustService(settings, { argv: [name, ...args], needs, url, adminPort }) {
  return {
    name,
    url,
    needs,
    probe: { kind: 'http', url: `http://127.0.0.1:${adminPort}/readyz` },
    alive: { kind: 'http', url: `http://127.0.0.1:${adminPort}/healthz` },
    command: {
      argv: [binary(settings, name), ...args],
      // There is one of each: after a restart it gets its Kafka partitions back at once.
      env: {
        LOG_FORMAT: 'text',
        GROUP_INSTANCE_ID: name,
        ...processEnv(settings),
        ...databaseEnv(settings, name),
        ADMIN_PORT: String(adminPort),
      },
    },
  }
}
