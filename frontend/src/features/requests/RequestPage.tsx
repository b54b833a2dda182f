// One request: how far it is, who wants it, what was said about it, and what its reader can do.
import { useEffect, useRef } from 'react'
import { Link, Navigate, useLocation, useParams } from 'react-router'
import { useProducts } from '../../api/products'
import { useSession } from '../../api/session'
import type { RequestDocument } from '../../api/types'
import { RequestTimeline } from '../../components/request/RequestTimeline'
import { Thread } from '../../components/request/Thread'
import { isOpen, kindInWords, requestName, requestStateInWords } from '../../components/request/words'
import { WordsForm } from '../../components/request/WordsForm'
import { signInLink } from '../../components/signingIn'
import { Trouble } from '../../components/Trouble'
import { comment } from './api'
import { CancelRequest } from './CancelRequest'
import { FollowButton } from './FollowButton'
import { QuoteOffer } from './QuoteOffer'
import { RequestNotFound, RequestSkeleton } from './RequestStates'
import { SupportButton } from './SupportButton'
import { useRequest } from './useRequest'
import { useShow } from './useShow'
import { whyRefused } from './words'
import styles from './Requests.module.css'

/** What the page before left. */
interface Arrival {
  /** The request is to be shown of this version at least. */
  version?: number
  justAsked?: boolean
  /** What the request was called that is the same as this one. */
  duplicate?: string
}

export function RequestPage() {
  const { id = '' } = useParams()
  return <Asked key={id} id={id} />
}

function Asked({ id }: { id: string }) {
  const arrival = (useLocation().state ?? {}) as Arrival
  const { request, isError, retry } = useRequest(id, arrival.version)

  if (request === null) return <RequestNotFound />
  if (request === undefined) {
    return isError ? (
      <div className="page">
        <title>Request · Cartwright</title>
        <Trouble isPage title="The request did not load" onRetry={retry}>
          Nothing was changed.
        </Trouble>
      </div>
    ) : (
      <RequestSkeleton />
    )
  }
  if (request.state === 'duplicate' && request.duplicate_of !== null) {
    const duplicate = request.title ?? 'The request'
    return <Navigate to={`/requests/${request.duplicate_of}`} replace state={{ duplicate }} />
  }
  return <Shown request={request} arrival={arrival} />
}

function Shown({ request, arrival }: { request: RequestDocument; arrival: Arrival }) {
  const { id, kind, state, sku, description, link, hidden } = request
  const product = useProducts(sku === null ? [] : [sku]).get(sku ?? '')
  const name = requestName(request, product?.name)
  const heading = useRef<HTMLHeadingElement>(null)

  useEffect(() => {
    if (arrival.justAsked === true) heading.current?.focus()
  }, [arrival.justAsked])

  return (
    <div className={`page ${styles.page}`}>
      <title>{`${name} · Cartwright`}</title>
      <div className={styles.story}>
        <header className={styles.head}>
          <p className={styles.soft}>
            <Link to="/requests" className={styles.way}>
              Product requests
            </Link>{' '}
            · {kindInWords(kind)}
          </p>
          <h1 ref={heading} tabIndex={-1}>
            {name}
          </h1>
          <p role="status" className={styles.state} data-state={state}>
            {requestStateInWords(state)}
          </p>
        </header>
        {arrival.justAsked === true && state === 'submitted' && <JustAsked request={request} />}
        {arrival.duplicate !== undefined && (
          <p className={styles.notice}>
            “{arrival.duplicate}” was merged into this request, because it asks for the same. Its supporters
            and followers are counted here.
          </p>
        )}
        {hidden && <p className={styles.notice}>This request is hidden: only you and the shop can see it.</p>}
        <Answer request={request} product={product?.name} />
        {(description !== null || link !== null) && (
          <section aria-label="Description" className={styles.asked}>
            {description !== null && <p className={styles.words}>{description}</p>}
            {link !== null && (
              <p>
                <a href={link} rel="nofollow noopener noreferrer" target="_blank" className={styles.outside}>
                  {hostOf(link)}
                  <span className="visually-hidden"> (opens another site in a new tab)</span>
                </a>
              </p>
            )}
          </section>
        )}
        {kind === 'quote' && <QuoteOffer request={request} />}
      </div>
      <aside className={styles.side} aria-label="About this request">
        {kind !== 'quote' && <SupportButton request={request} name={name} />}
        <FollowButton request={request} />
        <RequestTimeline request={request} />
      </aside>
      <div className={styles.talk}>
        <Thread request={request} empty="No comments yet">
          <Comment request={request} />
        </Thread>
        <CancelRequest request={request} id={id} />
      </div>
    </div>
  )
}

function JustAsked({ request: { kind } }: { request: RequestDocument }) {
  return (
    <p className={styles.notice}>
      {kind === 'quote'
        ? 'Thank you. We’ll review your request and tell you in your inbox.'
        : kind === 'back_in_stock'
          ? 'Alert saved. We’ll tell you in your inbox and by e-mail when it is back in stock.'
          : 'Thank you. Others can support it now, and you get updates in your inbox.'}
    </p>
  )
}

/** What the shop said to it: where it can be had, or why not. */
function Answer({ request, product }: { request: RequestDocument; product: string | undefined }) {
  const { state, sku, decline_reason } = request
  return (
    <>
      {state === 'declined' && (
        <section className={styles.answer} aria-label="Our answer">
          <p>We looked into it, but we cannot offer it.</p>
          {decline_reason !== null && <p className={styles.words}>{decline_reason}</p>}
        </section>
      )}
      {sku !== null && (
        <p className={styles.answer}>
          {state === 'fulfilled' ? 'Available now: ' : 'Product: '}
          <Link to={`/products/${sku}`}>{product ?? sku}</Link>
        </p>
      )}
    </>
  )
}

function Comment({ request: { id, state, kind } }: { request: RequestDocument }) {
  const show = useShow()
  const { pathname } = useLocation()
  const hasAccount = (useSession()?.account ?? null) !== null
  if (!isOpen(state)) return null
  if (!hasAccount) {
    return (
      <p>
        <Link {...signInLink(pathname, 'comment on this request')} className={styles.way}>
          Sign in to comment
        </Link>
      </p>
    )
  }
  return (
    <WordsForm
      label="Your comment"
      hint={
        kind === 'quote'
          ? 'Only you and the shop can read this.'
          : 'Everyone can read this; your name is not shown.'
      }
      missing="Enter a comment."
      action="Post comment"
      send={(key, text) => comment(key, id, text)}
      onDone={({ version }) => void show(id, version)}
      why={whyRefused}
    />
  )
}

function hostOf(link: string): string {
  try {
    return new URL(link).host
  } catch {
    return link
  }
}
