// Which files of the build the service worker keeps: the page, what it loads first, and what one press opens. Called by
// vite.worker.config.ts, after the storefront was built.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'

interface Chunk {
  file: string
  css?: string[]
  imports?: string[]
}

export interface KeptFile {
  url: string
  /** Null where the name has a digest already. */
  revision: string | null
}

/** What opens over a page: a press on it must not fail for want of a connection. */
const OVERLAYS = [
  'src/features/cart/CartDrawer.tsx',
  'src/features/catalog/FilterSheet.tsx',
  'src/components/ConfirmDialog.tsx',
]

export function shellFiles(dist: string): KeptFile[] {
  const page = fs.readFileSync(path.join(dist, 'index.html'), 'utf8')
  const chunks = JSON.parse(fs.readFileSync(path.join(dist, '.vite/manifest.json'), 'utf8')) as Record<
    string,
    Chunk
  >
  const hashed = new Set(
    [...page.matchAll(/(?:src|href)="\/(assets\/[^"]+)"/g)].map(([, file]) => String(file)),
  )
  for (const name of ['index.html', ...OVERLAYS]) addAll(chunks, name, hashed)
  const digest = createHash('sha256').update(page).digest('hex').slice(0, 16)
  return [
    { url: '/index.html', revision: digest },
    ...[...hashed].sort().map((file) => ({ url: `/${file}`, revision: null })),
  ]
}

/** A part, and all that it imports. */
function addAll(chunks: Record<string, Chunk>, name: string, files: Set<string>): void {
  const chunk = chunks[name]
  if (chunk === undefined) throw new Error(`The build has no ${name}, which the service worker is to keep.`)
  if (files.has(chunk.file) && name !== 'index.html') return
  for (const file of [chunk.file, ...(chunk.css ?? [])]) files.add(file)
  for (const imported of chunk.imports ?? []) addAll(chunks, imported, files)
}
