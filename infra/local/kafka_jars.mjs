// Kafka's jars, fetched from Maven Central as kafka/pom.xml pins them, once for all copies on this machine.
import fs from 'node:fs'
import path from 'node:path'
import { digestOf } from './digest.mjs'
import { mustRun } from './processes.mjs'
import { ROOT } from './settings.mjs'

/** @param {import('./settings.mjs').Settings} settings */
export async function fetchKafkaJars(settings) {
  const project = path.join(ROOT, 'infra/local/kafka')
  const wanted = digestOf([path.join(project, 'pom.xml')])
  const fetched = path.join(settings.kafkaDir, 'pom.digest')
  if (fs.existsSync(fetched) && fs.readFileSync(fetched, 'utf8') === wanted) return 'already here'

  // Beside the final folder and renamed at the end: two copies may do this at once, and an interrupted one
  // leaves nothing half.
  fs.mkdirSync(settings.cacheDir, { recursive: true })
  const fresh = fs.mkdtempSync(path.join(settings.cacheDir, 'kafka-'))
  await mustRun(
    {
      argv: ['mvn', '--batch-mode', '--quiet', 'dependency:copy-dependencies', `-DoutputDirectory=${fresh}`],
      cwd: project,
      output: 'capture',
      logFile: path.join(settings.logsDir, 'kafka-jars.log'),
      timeoutMs: 15 * 60_000,
    },
    "Kafka's jars cannot be fetched from Maven Central",
  )
  fs.writeFileSync(path.join(fresh, 'pom.digest'), wanted)
  fs.rmSync(settings.kafkaDir, { recursive: true, force: true })
  fs.renameSync(fresh, settings.kafkaDir)
  return 'fetched'
}
