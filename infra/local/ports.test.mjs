import assert from 'node:assert/strict'
import net from 'node:net'
import test from 'node:test'
import { baseBeside, isFree, portPlan, requireFree } from './ports.mjs'
import { Stop } from './stop.mjs'

test('one variable moves every port', () => {
  const usual = portPlan(7400)
  assert.equal(usual.storefront, 7400)
  assert.equal(usual.postgres, 7432)
  assert.equal(usual.redis, 7479)
  assert.equal(usual.kafkaController, 7493)
  for (const [name, port] of Object.entries(portPlan(9000))) {
    assert.equal(port - 9000, usual[/** @type {keyof typeof usual} */ (name)] - 7400)
  }
})

test('no two services share a port', () => {
  const ports = Object.values(portPlan(7400))
  assert.equal(new Set(ports).size, ports.length)
})

test('a base that leaves no room for the others is refused', () => {
  for (const base of [NaN, 80, 1.5, 65_500]) assert.throws(() => portPlan(base), /PORT_BASE must be/)
})

test('tests and benchmarks run beside, below the ports of outgoing connections', () => {
  assert.deepEqual([baseBeside(7400, 10_000), baseBeside(7400, 20_000)], [17_400, 27_400])
  for (const base of [7400, 12_700, 24_400, 30_000]) {
    const three = [base, baseBeside(base, 10_000), baseBeside(base, 20_000)]
    assert.equal(new Set(three).size, 3)
    assert.ok(
      three.every((one) => one > 1024 && one < 32_700),
      String(three),
    )
  }
})

test('a port in use is named, with what it is for and the process that holds it', async () => {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = /** @type {net.AddressInfo} */ (server.address())
  try {
    assert.equal(await isFree(port), false)
    await assert.rejects(requireFree({ commandApiAdmin: port }, 0), (error) => {
      assert.ok(error instanceof Stop)
      assert.equal(error.code, 1)
      assert.match(error.message, new RegExp(`${port} \\(for command api admin\\) by .*pid ${process.pid}`))
      return true
    })
  } finally {
    await new Promise((resolve) => server.close(resolve))
  }
  assert.equal(await isFree(port), true)
})
