// What our own sources must not do, and no test of what they do would notice: each rule is shown an example of everything that it forbids.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import test from 'node:test'
import { ROOT } from './settings.mjs'

const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .trim()
  .split('\n')
  .filter((file) => fs.existsSync(path.join(ROOT, file)))
const read = (/** @type {string} */ file) => fs.readFileSync(path.join(ROOT, file), 'utf8')

const isOfTests = (/** @type {string} */ file) =>
  /(^|\/)(tests?|testing|e2e|benches|system-tests)\/|(^|[/_.])tests?\.\w+$|testing\.rs$/.test(file)
/** What runs in production. */
const rust = files.filter((file) => file.endsWith('.rs') && !isOfTests(file))
const scripts = files.filter((file) => /^(infra|frontend)\/.*\.(mjs|js|ts|tsx|py)$/.test(file))
const pages = files.filter((file) => /^frontend\/(src\/.*\.tsx?|index\.html)$/.test(file) && !isOfTests(file))

/**
 * Looked for in whole files: formatters break what is long into lines.
 * @param {string[]} where
 * @param {RegExp} forbidden
 * @returns {string[]} file and line
 */
function found(where, forbidden) {
  return where.flatMap((file) => foundIn(read(file), forbidden).map((line) => `${file}:${line}`))
}

/** @param {string} text @param {RegExp} forbidden @returns {string[]} number and text of the line where it ends */
function foundIn(text, forbidden) {
  const everywhere = new RegExp(forbidden, `${forbidden.flags}gm`)
  return [...text.matchAll(everywhere)].map(({ 0: match, index }) => {
    const end = index + match.length
    const line = text.slice(text.lastIndexOf('\n', end - 1) + 1).split('\n', 1)[0]
    return `${text.slice(0, end).split('\n').length}: ${line.trim()}`
  })
}

/** @param {RegExp} forbidden @param {string[]} examples */
function sees(forbidden, examples) {
  for (const example of examples)
    assert.notDeepEqual(foundIn(`first\n${example}\nlast`, forbidden), [], example)
}

test('the files that the rules are about are there', () => {
  for (const some of [rust, scripts, pages]) assert.ok(some.length > 50)
})

test('the storefront writes no markup and runs no text', () => {
  const forbidden =
    /\b(innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|setHTMLUnsafe|srcdoc|createContextualFragment|DOMParser)\b|\bdocument\s*\.\s*write(ln)?\b|\beval\s*\(|\bnew\s+Function\b|\b(setTimeout|setInterval)\(\s*['"`]/i
  sees(forbidden, [
    '<p dangerouslySetInnerHTML={{ __html: title }} />',
    'element.innerHTML = title',
    "element['outerHTML'] = title",
    'element.insertAdjacentHTML("beforeend", title)',
    'document.write(title)',
    '<iframe srcDoc={title} />',
    'eval(title)',
    'new Function(title)()',
    "setTimeout('alert(1)')",
  ])
  assert.deepEqual(found(pages, forbidden), [])
})

test('no program of the shop starts another one', () => {
  const forbidden = /\bprocess::Command\b|\bCommand::new\b|\blibc::(system|exec\w*)\b/
  sees(forbidden, [
    'use std::process::Command;',
    'tokio::process::Command::new("sh")',
    'Command::new(program)',
  ])
  // A failpoint stops its own process with `kill`; without --dev there are none.
  const failpoints = 'infra/telemetry/src/failpoint.rs'
  assert.deepEqual(
    found(
      rust.filter((file) => file !== failpoints),
      forbidden,
    ),
    [],
  )
  assert.equal(found([failpoints], forbidden).length, 1)
})

test('no script puts a value into a command that a shell reads', () => {
  const forbidden =
    /\bimport\s*{[^}]*\b(exec|execSync|fork)\b[^}]*}\s*from\s*'(node:)?child_process'|\.exec(Sync)?\(\s*[`'"]|\bshell\s*[:=]\s*(true|True|['"])|\bos\.(system|popen)\(|\b(sh|bash)['"],\s*['"]-c['"],\s*(`|f['"]|['"][^'"]*['"]\s*\+)/
  sees(forbidden, [
    "import { exec } from 'node:child_process'",
    "import { execSync, spawn } from 'child_process'",
    'childProcess.execSync(`kill ${pid}`)',
    "spawn('kill', [pid], { shell: true })",
    'subprocess.run(command, shell=True)',
    'os.system(command)',
    "argv: ['sh', '-c', `kill ${pid}`]",
    "argv: ['sh', '-c', 'kill ' + pid]",
    "import {\n  exec,\n  spawn,\n} from 'node:child_process'",
    "argv: [\n  'sh',\n  '-c',\n  `kill ${pid}`,\n]",
  ])
  const us = 'infra/local/source_rules.test.mjs'
  assert.deepEqual(
    found(
      scripts.filter((file) => file !== us),
      forbidden,
    ),
    [],
  )
  // A script that has a name is the same each time: values are its arguments or its environment.
  for (const file of scripts.filter((file) => file !== us)) {
    for (const [, name] of read(file).matchAll(/\b(?:sh|bash)['"],\s*['"]-c['"],\s*([A-Za-z_]\w*)/g)) {
      assert.match(read(file), new RegExp(`const ${name} = '[^'\\n]*'\\n`), file)
    }
  }
})

test('nothing lets pages of other sites in by CORS', () => {
  const forbidden =
    /access-control-allow|access_control_allow|\bCorsLayer\b|tower_http::cors|features\s*=\s*\[[^\]]*"cors"/i
  sees(forbidden, [
    'header::ACCESS_CONTROL_ALLOW_ORIGIN',
    'add_header Access-Control-Allow-Origin *;',
    '.layer(CorsLayer::permissive())',
    'tower-http = { version = "0.6", features = ["cors", "trace"] }',
    'features = [\n  "trace",\n  "cors",\n]',
  ])
  const served = files.filter((file) => /(^|\/)Cargo\.toml$|^infra\/docker\//.test(file))
  assert.ok(served.includes('infra/docker/nginx.conf.template'))
  assert.deepEqual(found([...rust, ...served], forbidden), [])
})

test('no broken hash or cipher is used: no MD5, and SHA-1 in one-time codes alone, where RFC 6238 has it', () => {
  const forbidden =
    /^\s*(md-?5|sha-?1|sha1_smol|rc4|des|blowfish)\b\s*(=|\.)|\b(md5|sha1|rc4|des|blowfish)::|\b(Md5|Sha1)\b|create(Hash|Hmac)\(\s*['"](md5|sha-?1)['"]|EVP_md5|MessageDigest::(md5|sha1)/i
  sees(forbidden, [
    'md-5 = "0.10"',
    'sha1.workspace = true',
    'use sha1::Digest;',
    'Hmac<Sha1>',
    "createHash('md5')",
    'MessageDigest::sha1()',
  ])
  const manifests = files.filter((file) => file.endsWith('Cargo.toml'))
  const programs = [...rust, ...manifests, ...scripts.filter((file) => !isOfTests(file))]
  assert.deepEqual(found(programs, forbidden), [])
})

test('what has to be unguessable is made by the operating system: other random numbers are waiting times and names of traces', () => {
  const forbidden = /\b(fastrand|rand|oorandom)::|\bMath\.random\b|^\s*(rand|fastrand|oorandom)\b\s*(=|\.)/
  sees(forbidden, ['fastrand::u8(..)', 'use rand::Rng;', 'Math.random()', 'fastrand.workspace = true'])
  const jitter = /\bfastrand::(f64\(\)|u64\(COME_BACK\))/
  const traces = 'infra/telemetry/src/trace.rs'
  const programs = [...rust, ...pages].filter((file) => file !== traces)
  assert.deepEqual(
    found(programs, forbidden).filter((line) => !jitter.test(line)),
    [],
  )
  assert.deepEqual(found(['command-api/session/Cargo.toml'], forbidden), [])
  // What sessions, API keys and links of mails are named by: 256 bits.
  const secret = /pub fn secret\(\) [^}]*\blet mut random = \[0; 32\];\s*getrandom::fill\(&mut random\)/
  assert.match(read('command-api/session/src/lib.rs'), secret)
  assert.deepEqual(
    rust.filter((file) => /\/(accounts|session)\//.test(file) && forbidden.test(read(file))),
    [],
  )
})

test('no route takes or shows a hint at a password or a question about its owner', () => {
  const description = JSON.parse(read('docs/openapi/command-api.json'))
  const names = fieldsOf(description)
  assert.ok(names.includes('password'))
  assert.deepEqual(
    names.filter((name) => /hint|question|remind|maiden|birth/i.test(name)),
    [],
  )
})

/** @param {any} description @returns {string[]} */
function fieldsOf(description) {
  if (description === null || typeof description !== 'object') return []
  const own = Array.isArray(description) ? [] : Object.keys(description.properties ?? {})
  return [...own, ...Object.values(description).flatMap(fieldsOf)]
}
