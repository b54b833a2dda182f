// Turns the Markdown files of content/ into modules while the storefront is built: no browser gets a Markdown parser, and no text
// becomes markup, for what comes out is a tree of known elements.
import { lexer, type Token, type Tokens } from 'marked'
import type { Plugin } from 'vite'

/** What a page may have between its paragraphs that comes from the shop's settings: `<!-- seller -->` on a line of its own. */
const SLOT = /^<!-- ([a-z-]+) -->$/m

type Tag =
  | 'p'
  | 'h2'
  | 'h3'
  | 'ul'
  | 'ol'
  | 'li'
  | 'blockquote'
  | 'strong'
  | 'em'
  | 'br'
  | 'table'
  | 'thead'
  | 'tbody'
  | 'tr'
  | 'th'
  | 'td'

export type ContentNode =
  string | { tag: Tag; children: ContentNode[] } | { href: string; children: ContentNode[] }

export interface Content {
  title: string
  description: string
  /** The text is an example that the owner of the shop still has to replace. */
  isSample: boolean
  /** Paragraphs and the like, and the names of slots, in turn. */
  blocks: ({ nodes: ContentNode[] } | { slot: string })[]
}

export function markdownPages(): Plugin {
  return {
    name: 'markdown-pages',
    transform(source, id) {
      if (!id.endsWith('.md')) return null
      return { code: `export default ${JSON.stringify(contentOf(source, id))}`, map: null }
    },
  }
}

/** @throws Error that names the file: a fault in a page is a fault of the build. */
export function contentOf(source: string, file: string): Content {
  try {
    const [, head, body] = /^---\n(.*?)\n---\n(.*)$/s.exec(source) ?? []
    if (head === undefined || body === undefined) {
      throw new Error('the file begins with title and description between ---')
    }
    const fields = fieldsOf(head)
    const blocks = body.split(SLOT).map((text, place) =>
      // split puts the names that it found between the texts.
      place % 2 === 1 ? { slot: text } : { nodes: lexer(text).flatMap(nodesOf) },
    )
    return {
      title: field(fields, 'title'),
      description: field(fields, 'description'),
      isSample: fields.get('sample') === 'yes',
      blocks: blocks.filter((block) => 'slot' in block || block.nodes.length > 0),
    }
  } catch (error) {
    throw new Error(`${file}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

function fieldsOf(head: string): Map<string, string> {
  return new Map(
    head.split('\n').map((line) => {
      const [, name, value] = /^([a-z]+): (.+)$/.exec(line) ?? []
      if (name === undefined || value === undefined) throw new Error(`“${line}” is not “name: value”`)
      return [name, value]
    }),
  )
}

function field(fields: Map<string, string>, name: string): string {
  const value = fields.get(name)
  if (value === undefined) throw new Error(`${name} is missing`)
  return value
}

const childrenOf = (tokens: Token[] | undefined) => (tokens ?? []).flatMap(nodesOf)

function nodesOf(token: Token): ContentNode[] {
  switch (token.type) {
    case 'space':
      return []
    case 'text':
    case 'escape':
      return token.type === 'text' && token.tokens !== undefined
        ? childrenOf(token.tokens)
        : [textOf(token as Tokens.Text)]
    case 'heading':
      if (token.depth !== 2 && token.depth !== 3)
        throw new Error('headings are ## and ###; the title is the first')
      return [{ tag: token.depth === 2 ? 'h2' : 'h3', children: childrenOf(token.tokens) }]
    case 'paragraph':
      return [{ tag: 'p', children: childrenOf(token.tokens) }]
    case 'blockquote':
    case 'strong':
    case 'em':
      return [{ tag: token.type, children: childrenOf(token.tokens) }]
    case 'br':
      return [{ tag: 'br', children: [] }]
    case 'link':
      return [{ href: token.href, children: childrenOf(token.tokens) }]
    case 'list':
      return [listOf(token as Tokens.List)]
    case 'table':
      return [tableOf(token as Tokens.Table)]
    case 'html':
      throw new Error('HTML is not allowed; write Markdown')
    default:
      throw new Error(`${token.type} is not supported: ${token.raw.slice(0, 40)}`)
  }
}

function textOf({ text }: Tokens.Text): string {
  if (/&(#\d+|#x[\da-f]+|[a-z]+);/i.test(text))
    throw new Error(`write the character itself instead of “${text}”`)
  return text
}

function listOf({ ordered, items }: Tokens.List): ContentNode {
  return {
    tag: ordered ? 'ol' : 'ul',
    children: items.map((item) => ({ tag: 'li', children: childrenOf(item.tokens) })),
  }
}

function tableOf({ header, rows }: Tokens.Table): ContentNode {
  const row = (cells: Tokens.TableCell[], tag: 'th' | 'td'): ContentNode => ({
    tag: 'tr',
    children: cells.map((cell) => ({ tag, children: childrenOf(cell.tokens) })),
  })
  return {
    tag: 'table',
    children: [
      { tag: 'thead', children: [row(header, 'th')] },
      { tag: 'tbody', children: rows.map((cells) => row(cells, 'td')) },
    ],
  }
}
