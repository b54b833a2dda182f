// Has anything changed since last time? A digest over the content of files; times do not count, since a fresh
// clone has new ones.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

/**
 * @param {string[]} roots files and folders; one that does not exist counts as empty
 * @returns {string}
 */
export function digestOf(roots) {
  const hash = createHash('sha256')
  for (const root of roots) {
    for (const file of filesBelow(root)) {
      hash
        .update(`${path.relative(root, file)}\0`)
        .update(fs.readFileSync(file))
        .update('\0')
    }
  }
  return hash.digest('hex')
}

/**
 * @param {string} root
 * @returns {string[]} sorted
 */
export function filesBelow(root) {
  if (!fs.existsSync(root)) return []
  if (fs.statSync(root).isFile()) return [root]
  return fs
    .readdirSync(root)
    .sort()
    .flatMap((name) => filesBelow(path.join(root, name)))
}
