// One of the pages that are texts: imprint, terms, privacy and the like.
import { useQuery } from '@tanstack/react-query'
import { createElement, type ComponentType, type ReactNode } from 'react'
import { Link, useParams } from 'react-router'
import type { ContentNode } from '../../../build/markdown'
import { Trouble } from '../../components/Trouble'
import { contentQuery } from './content'
import styles from './ContentPage.module.css'

/** What is put between the paragraphs, by the name that the text has for it. */
export type Slots = Record<string, ComponentType>

export function ContentPage({ NotFound, slots }: { NotFound: ComponentType; slots: Slots }) {
  const { slug = '' } = useParams()
  const { data: content, isError, refetch } = useQuery(contentQuery(slug))
  if (content === null) return <NotFound />
  if (content === undefined) {
    return (
      <div className={`page ${styles.page}`} aria-busy={!isError}>
        <title>Cartwright</title>
        {isError && <Trouble isPage title="This page did not load" onRetry={() => void refetch()} />}
      </div>
    )
  }
  return (
    <article className={`page ${styles.page}`}>
      <title>{`${content.title} · Cartwright`}</title>
      <h1>{content.title}</h1>
      {content.isSample && (
        <p className={styles.sample} role="note">
          <strong>Sample text: replace it before you sell.</strong> It shows what belongs on this page, and is
          not legal advice.
        </p>
      )}
      {content.blocks.map((block, place) =>
        'slot' in block ? (
          <Slot key={place} name={block.slot} slots={slots} />
        ) : (
          <div key={place} className={styles.text}>
            {shown(block.nodes)}
          </div>
        ),
      )}
    </article>
  )
}

function Slot({ name, slots }: { name: string; slots: Slots }) {
  const Part = slots[name]
  return Part === undefined ? null : <Part />
}

function shown(nodes: ContentNode[]): ReactNode[] {
  return nodes.map((node, place) => {
    if (typeof node === 'string') return node
    const children = node.children.length === 0 ? null : shown(node.children)
    if ('tag' in node) return createElement(node.tag, { key: place }, children)
    return node.href.startsWith('/') ? (
      <Link key={place} to={node.href}>
        {children}
      </Link>
    ) : (
      <a key={place} href={node.href}>
        {children}
      </a>
    )
  })
}
