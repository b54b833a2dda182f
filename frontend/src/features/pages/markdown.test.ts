// What a file in content/ may be: build/markdown.ts refuses the rest while the storefront is built.
import { describe, expect, it } from 'vitest'
import { contentOf } from '../../../build/markdown'

const head = '---\ntitle: Imprint\ndescription: Who we are.\n---\n'

describe('a page', () => {
  it('has its fields and its text as HTML, with the slots between', () => {
    expect(contentOf(`${head}\n## Seller\n\n<!-- seller -->\n\nCall us.\n`, 'imprint.md')).toEqual({
      title: 'Imprint',
      description: 'Who we are.',
      isSample: false,
      blocks: [
        { nodes: [{ tag: 'h2', children: ['Seller'] }] },
        { slot: 'seller' },
        { nodes: [{ tag: 'p', children: ['Call us.'] }] },
      ],
    })
  })

  it('keeps what a text needs: emphasis, links, lists, tables, line breaks, what is written with a backslash', () => {
    const text = 'A **b** *c* [d](/pages/d)\\\ne\\*\n\n1. f\n\n| g |\n| - |\n| h |\n\n> i\n'
    expect(contentOf(head + text, 'imprint.md').blocks).toEqual([
      {
        nodes: [
          {
            tag: 'p',
            children: [
              'A ',
              { tag: 'strong', children: ['b'] },
              ' ',
              { tag: 'em', children: ['c'] },
              ' ',
              { href: '/pages/d', children: ['d'] },
              { tag: 'br', children: [] },
              'e',
              '*',
            ],
          },
          { tag: 'ol', children: [{ tag: 'li', children: ['f'] }] },
          {
            tag: 'table',
            children: [
              { tag: 'thead', children: [{ tag: 'tr', children: [{ tag: 'th', children: ['g'] }] }] },
              { tag: 'tbody', children: [{ tag: 'tr', children: [{ tag: 'td', children: ['h'] }] }] },
            ],
          },
          { tag: 'blockquote', children: [{ tag: 'p', children: ['i'] }] },
        ],
      },
    ])
  })

  it('is a sample until its owner says no more that it is one', () => {
    expect(contentOf(head.replace('title', 'sample: yes\ntitle'), 'imprint.md').isSample).toBe(true)
  })

  it.each([
    ['HTML', `${head}<script>alert(1)</script>`, /imprint\.md: HTML is not allowed/],
    ['HTML within a line', `${head}A <b onclick="x">word</b>`, /HTML is not allowed/],
    ['an entity', `${head}A &amp; B`, /write the character itself/],
    ['a picture', `${head}![A mug](/mug.png)`, /image is not supported/],
    ['a second title', `${head}# Imprint`, /headings are ##/],
    ['no fields', '# Imprint', /begins with title and description/],
    ['no title', '---\ndescription: D\n---\nText', /title is missing/],
    ['a field without a value', '---\ntitle\n---\nText', /“title” is not/],
  ])('with %s fails the build', (_, source, why) => {
    expect(() => contentOf(source, 'imprint.md')).toThrow(why)
  })
})
