// Writes into index.html what can be seen before the storefront's code is there: the header, and the words with which a page begins.
// src/main.tsx takes it away. The build alone does this: a developer's page has its code at once.
import { createHash } from 'node:crypto'
import type { HtmlTagDescriptor, Plugin } from 'vite'
import { categories } from '../src/features/catalog/categories.ts'
import { ALL_LINE, ALL_TITLE, HOME_HEADLINE, HOME_LEAD } from '../src/features/catalog/words.ts'
import { firstSteps } from './firstSteps.ts'

export function shell(): Plugin {
  const script = `(${firstSteps.toString()})(location,document)\n`
  const digest = createHash('sha256').update(script).digest('base64url').slice(0, 8)
  const fileName = `assets/first-${digest}.js`
  return {
    name: 'shell',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName, source: script })
    },
    transformIndexHtml(): HtmlTagDescriptor[] {
      return [
        { tag: 'script', attrs: { src: `/${fileName}` }, injectTo: 'head-prepend' },
        { tag: 'div', attrs: { id: 'shell' }, children: [header, ...beginnings()], injectTo: 'body-prepend' },
      ]
    },
  }
}

const header: HtmlTagDescriptor = {
  tag: 'header',
  attrs: { class: 'shell-header' },
  children: [
    {
      tag: 'div',
      attrs: { class: 'page shell-bar' },
      children: [
        { tag: 'a', attrs: { class: 'shell-name', href: '/' }, children: 'Cartwright' },
        {
          tag: 'ul',
          attrs: { class: 'shell-rooms' },
          children: categories.map(({ slug, name }) => ({
            tag: 'li',
            children: [{ tag: 'a', attrs: { href: `/shop?category=${slug}` }, children: name }],
          })),
        },
        { tag: 'a', attrs: { class: 'shell-cart', href: '/cart' }, children: 'Cart' },
      ],
    },
  ],
}

/** One for each page that begins with words; `data-page` chooses. */
function beginnings(): HtmlTagDescriptor[] {
  const rooms = categories.map(({ slug, name, line }) => beginning(slug, name, line))
  return [beginning('home', HOME_HEADLINE, HOME_LEAD), beginning('all', ALL_TITLE, ALL_LINE), ...rooms]
}

function beginning(page: string, title: string, line: string): HtmlTagDescriptor {
  return {
    tag: 'div',
    attrs: { class: 'page shell-page', 'data-for': page },
    children: [
      { tag: 'h1', children: title },
      { tag: 'p', children: line },
    ],
  }
}
