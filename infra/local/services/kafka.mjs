// Apache Kafka from Maven Central: one KRaft node that is broker and controller, started from the jars of
// kafka/pom.xml. Topics are made by `command-api migrate`; one that nobody made is an error, not a topic with
// the wrong number of partitions.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { mustRun } from '../processes.mjs'
import { inBackground } from './background.mjs'

/**
 * @param {import('../settings.mjs').Settings} settings
 * @returns {import('../supervisor.mjs').Service}
 */
export function kafka(settings) {
  const folder = path.join(settings.dataDir, 'kafka')
  const config = path.join(folder, 'server.properties')
  const { kafka: port, kafkaController } = settings.ports
  return {
    name: 'kafka',
    url: `kafka://127.0.0.1:${port}`,
    probe: { kind: 'kafka', port },
    readyWithinMs: 90_000,
    prepare: async () => {
      fs.mkdirSync(folder, { recursive: true })
      fs.writeFileSync(config, serverProperties({ folder: path.join(folder, 'data'), port, kafkaController }))
      if (!fs.existsSync(path.join(folder, 'data/meta.properties'))) await format(settings, config)
    },
    command: { argv: inBackground([...java(settings), '-Xms256m', 'kafka.Kafka', config]), cwd: folder },
  }
}

/** @param {import('../settings.mjs').Settings} settings */
function java(settings) {
  const logging = ['defaultLogLevel=warn', 'showDateTime=true', 'dateTimeFormat=HH:mm:ss']
  return [
    ...['java', '-Xmx512m', '-XX:+UseSerialGC', '-cp', `${settings.kafkaDir}/*`],
    ...logging.map((setting) => `-Dorg.slf4j.simpleLogger.${setting}`),
  ]
}

/**
 * @param {import('../settings.mjs').Settings} settings
 * @param {string} config
 */
async function format(settings, config) {
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A')
  const tool = [
    'kafka.tools.StorageTool',
    'format',
    '--standalone',
    '--ignore-formatted',
    '-t',
    clusterId,
    '-c',
    config,
  ]
  await mustRun(
    { argv: [...java(settings), ...tool], output: 'capture' },
    "Kafka's data folder cannot be formatted",
  )
}

/** @param {{folder: string, port: number, kafkaController: number}} broker */
function serverProperties({ folder, port, kafkaController }) {
  return Object.entries({
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${kafkaController}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'controller.quorum.bootstrap.servers': `127.0.0.1:${kafkaController}`,
    'log.dirs': folder,
    'auto.create.topics.enable': false,
    'num.partitions': 6,
    // As the relay's topics have it (topics.rs): an event is far smaller, one of an older release may not be.
    'message.max.bytes': 4_194_304,
    // One broker holds the only copy of everything.
    'default.replication.factor': 1,
    'min.insync.replicas': 1,
    'offsets.topic.replication.factor': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Small internal topics: fewer files to open at the start.
    'offsets.topic.num.partitions': 10,
    'transaction.state.log.num.partitions': 3,
    'share.coordinator.state.topic.num.partitions': 3,
    'group.initial.rebalance.delay.ms': 0, // the first consumer need not wait for others
    // A broker that was killed is let in again once its old session has ended: the default lets everybody wait for 9 s.
    'broker.session.timeout.ms': 4_000,
    'broker.heartbeat.interval.ms': 500,
    'log.retention.ms': -1, // events are kept
    'log.cleaner.dedupe.buffer.size': 16_777_216, // the default is a quarter of this heap
  })
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')
}
