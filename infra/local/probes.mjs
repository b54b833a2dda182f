// "Is it ready?" asked of one service, without any client library. A probe is data, so that `status` can ask
// from another process what the supervisor asked at the start.
import { execFile } from 'node:child_process'
import https from 'node:https'
import net from 'node:net'
import tls from 'node:tls'
import { promisify } from 'node:util'

/**
 * @typedef {{kind: 'http', url: string}
 *   | {kind: 'https', port: number, host: string}
 *   | {kind: 'postgres', isReady: string, port: number}
 *   | {kind: 'redis', port: number, password: string}
 *   | {kind: 'kafka', port: number}
 *   | {kind: 'smtp', port: number}} Probe
 */

/** A service that has not answered by then is not ready. */
const ANSWER_WITHIN_MS = 3000

/**
 * @param {Probe} probe
 * @returns {Promise<string | null>} null = ready, otherwise why not
 */
export async function whyNotReady(probe) {
  try {
    switch (probe.kind) {
      case 'http':
        return await askHttp(probe.url)
      case 'https':
        return await askHttps(probe)
      case 'postgres':
        await promisify(execFile)(probe.isReady, ['-q', '-h', '127.0.0.1', '-p', String(probe.port)], {
          timeout: ANSWER_WITHIN_MS,
        })
        return null
      case 'redis':
        return await askRedis(probe)
      case 'kafka':
        return await askKafka(probe)
      case 'smtp':
        return await askSmtp(probe)
    }
  } catch (error) {
    const { code, message } = /** @type {NodeJS.ErrnoException} */ (error)
    return code === 'ECONNREFUSED' ? 'nobody answers yet' : message.trim()
  }
}

/** @param {string} url */
async function askHttp(url) {
  let answer
  try {
    answer = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) })
  } catch (error) {
    const cause = /** @type {{cause?: NodeJS.ErrnoException, message: string}} */ (error)
    return cause.cause?.code === 'ECONNREFUSED' ? 'nobody answers yet' : cause.message
  }
  const body = await answer.text()
  return answer.ok ? null : `${url} answers ${answer.status}: ${body.slice(0, 300)}`
}

/**
 * A page over TLS, with a certificate that is of this host and of today. Who signed it is not looked at: here nobody may trust them.
 * @param {{port: number, host: string}} server
 * @returns {Promise<string | null>}
 */
function askHttps({ port, host }) {
  const url = `https://${host}/ on port ${port}`
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      servername: host,
      headers: { host },
      rejectUnauthorized: false,
    }
    const request = https.get({ ...options, agent: false, timeout: ANSWER_WITHIN_MS }, (answer) => {
      const certificate = /** @type {tls.TLSSocket} */ (answer.socket).getPeerCertificate()
      answer.resume()
      request.destroy()
      if (answer.statusCode !== 200) return resolve(`${url} answers ${answer.statusCode}`)
      const now = Date.now()
      if (now > Date.parse(certificate.valid_to) || now < Date.parse(certificate.valid_from))
        return resolve(
          `the certificate of ${host} is valid from ${certificate.valid_from} to ${certificate.valid_to}`,
        )
      resolve(tls.checkServerIdentity(host, certificate)?.message ?? null)
    })
    request.on('timeout', () => request.destroy(new Error('it does not answer')))
    request.on('error', reject)
  })
}

/** @param {{port: number, password: string}} redis */
async function askRedis({ port, password }) {
  const hello = password ? `AUTH ${password}\r\n` : ''
  const answer = await exchange(port, Buffer.from(`${hello}PING\r\n`), (bytes) =>
    /PONG|^-/m.test(bytes.toString()),
  )
  const text = answer.toString()
  return text.includes('PONG') ? null : text.trim() // -LOADING while it reads its file
}

/**
 * An ApiVersions request. The broker opens its port to clients only when it has caught up and may serve, so
 * any answer means ready.
 * @param {{port: number}} kafka
 */
async function askKafka({ port }) {
  // length 10 · api key 18, version 0 · correlation id 1 · no client id
  const request = Buffer.from([0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 255, 255])
  const answer = await exchange(port, request, (bytes) => bytes.length >= 10)
  const error = answer.readInt16BE(8)
  return error === 0 ? null : `the broker answers with error ${error}`
}

/** A mail server greets by itself. @param {{port: number}} mail */
async function askSmtp({ port }) {
  const greeting = await exchange(port, Buffer.alloc(0), (bytes) => bytes.includes('\n'))
  const text = greeting.toString()
  return text.startsWith('220') ? null : text.trim()
}

/**
 * @param {number} port
 * @param {Buffer} request
 * @param {(bytes: Buffer) => boolean} complete
 * @returns {Promise<Buffer>}
 */
function exchange(port, request, complete) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1' }, () => socket.write(request))
    let bytes = Buffer.alloc(0)
    const end = (/** @type {Error | null} */ error) => {
      socket.destroy()
      if (error) reject(error)
      else resolve(bytes)
    }
    socket.setTimeout(ANSWER_WITHIN_MS, () => end(new Error('it does not answer')))
    socket.on('error', end)
    socket.on('close', () => end(new Error('it closed the connection')))
    socket.on('data', (chunk) => {
      bytes = Buffer.concat([bytes, chunk])
      if (complete(bytes)) end(null)
    })
  })
}
