// Redis, from Debian's package. It saves itself once a minute and when it stops, and keeps no log of its own:
// what a crash takes, views and their records lose together, and they catch up from Kafka (decision 0003).
// It never evicts: a document that is gone is a hole in a view.
import fs from 'node:fs'
import path from 'node:path'

/**
 * @param {import('../settings.mjs').Settings} settings
 * @returns {import('../supervisor.mjs').Service}
 */
export function redis(settings) {
  const folder = path.join(settings.dataDir, 'redis')
  const config = path.join(folder, 'redis.conf')
  const port = settings.ports.redis
  const password = settings.redisPassword
  return {
    name: 'redis',
    url: `redis://127.0.0.1:${port}`,
    probe: { kind: 'redis', port, password },
    prepare: () => {
      fs.mkdirSync(folder, { recursive: true })
      fs.writeFileSync(config, redisConfig({ folder, port, password }), { mode: 0o600 })
    },
    command: { argv: ['redis-server', config], cwd: folder },
  }
}

/** A file and not arguments: a password among a process's arguments is everybody's. */
function redisConfig(
  /** @type {{folder: string, port: number, password: string}} */ { folder, port, password },
) {
  return [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir "${folder}"`,
    'daemonize no',
    'save 60 1',
    'appendonly no',
    'maxmemory-policy noeviction',
    ...(password ? [`requirepass "${password}"`] : []),
    '',
  ].join('\n')
}
