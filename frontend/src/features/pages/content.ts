// The texts of the pages, each in a file of its own that is loaded when its page is opened. build/markdown.ts makes them.
import { queryOptions } from '@tanstack/react-query'
import type { Content } from '../../../build/markdown'
import { loadPart } from '../../components/loadPart'

const DIRECTORY = '../../../content/'
const files = import.meta.glob<Content>('../../../content/*.md', { import: 'default' })

export const slugs = Object.keys(files).map((file) => file.slice(DIRECTORY.length, -'.md'.length))

/** Null where there is no such page. */
async function contentOf(slug: string): Promise<Content | null> {
  const load = Object.hasOwn(files, `${DIRECTORY}${slug}.md`) ? files[`${DIRECTORY}${slug}.md`] : undefined
  return load === undefined ? null : loadPart(load)
}

export function contentQuery(slug: string) {
  return queryOptions({
    queryKey: ['page', slug],
    queryFn: () => contentOf(slug),
    staleTime: Infinity,
    // It is tried again already.
    retry: false,
  })
}
