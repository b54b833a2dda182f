// One request beside the board: what it says, and everything that staff do with it. Loaded when a card is opened.
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams, useSearchParams } from 'react-router'
import { useProducts } from '../../../api/products'
import type { Product, RequestDocument } from '../../../api/types'
import { RequestTimeline } from '../../../components/request/RequestTimeline'
import { Thread } from '../../../components/request/Thread'
import {
  isOpen,
  kindInWords,
  peopleInWords,
  requestName,
  requestStateInWords,
} from '../../../components/request/words'
import { WordsForm } from '../../../components/request/WordsForm'
import { Sheet } from '../../../components/Sheet'
import { Trouble } from '../../../components/Trouble'
import { When } from '../../../components/When'
import { comment, requestQuery } from './api'
import { useBoard } from './BoardPage'
import { columnOf, moveInWords, movesFrom } from './columns'
import { Facts } from './Facts'
import { Hiding } from './Hiding'
import { LinkProduct } from './LinkProduct'
import { Merge } from './Merge'
import { QuoteForm } from './QuoteForm'
import { whyRefused } from './words'
import styles from './Triage.module.css'
import { formatNumber } from '../../../components/locale'

const RETURNS_AFTER_MS = 80
const MOST_RETURNS = 12

/**
 * The card that the panel was opened from gets the focus: it was drawn anew since, perhaps. The sheet takes its time to close and lets
 * go of the focus last of all, so this looks again, and takes it from nobody who has it by then, but from the page as a whole, which takes
 * it when the address changes. It ends at once when somebody does something: that says where the focus is to be.
 */
function returnTo(id: string) {
  const acted = new AbortController()
  for (const act of ['pointerdown', 'keydown'])
    document.addEventListener(act, () => acted.abort(), { capture: true, signal: acted.signal })
  let looks = 0
  const look = () => {
    if (acted.signal.aborted) return
    const focused = document.activeElement
    const isFree =
      focused === null || focused === document.body || focused === document.getElementById('main')
    if (looks === 0 || isFree) document.querySelector<HTMLElement>(`[data-card="${id}"]`)?.focus()
    looks += 1
    if (looks > MOST_RETURNS) acted.abort()
    else setTimeout(look, RETURNS_AFTER_MS)
  }
  setTimeout(look, RETURNS_AFTER_MS)
}

export function RequestPanel() {
  const { id = '' } = useParams()
  const [params] = useSearchParams()
  const navigate = useNavigate()
  const { data: request, isError, refetch } = useQuery(requestQuery(id))
  const sku = request?.sku ?? null
  const product = useProducts(sku === null ? [] : [sku]).get(sku ?? '')
  const name = request === null || request === undefined ? 'Request' : requestName(request, product?.name)

  const close = () => {
    void navigate(`/staff/requests${params.size === 0 ? '' : `?${params}`}`)
    returnTo(id)
  }
  return (
    <Sheet title={name} isOpen onOpenChange={(now) => !now && close()} from="side">
      <title>{`${name} · Staff`}</title>
      {request === null && <p>There is no such request.</p>}
      {request === undefined &&
        (isError ? (
          <Trouble title="The request did not load" onRetry={() => void refetch()} />
        ) : (
          <div aria-busy="true" className={`skeleton ${styles.placeOfPanel}`} />
        ))}
      {request !== null && request !== undefined && (
        <Shown key={id} request={request} name={name} product={product} />
      )}
    </Sheet>
  )
}

interface ShownProps {
  request: RequestDocument
  name: string
  product: Product | undefined
}

function Shown({ request, name, product }: ShownProps) {
  const { askToMove, show } = useBoard()
  const { id, kind, state, sku, created_at, supporters, followers, description, link, duplicate_of } = request
  const moves = movesFrom(state)
  const canAnswer = isOpen(state)
  return (
    <div className={styles.panel}>
      <div className={styles.panelHead}>
        <p role="status">
          <strong>{requestStateInWords(state)}</strong> · {kindInWords(kind)}
        </p>
        <p className={styles.soft}>
          {kind === 'quote'
            ? null
            : `${peopleInWords(supporters)} ${supporters === 1 ? 'wants' : 'want'} it, `}
          {peopleInWords(followers)} {followers === 1 ? 'follows' : 'follow'} it · since{' '}
          <When at={created_at} />
        </p>
        {sku !== null && (
          <p>
            About <a href={`/products/${sku}`}>{product?.name ?? sku}</a>
            {request.quantity !== null && `, ${formatNumber(request.quantity)} of it`}
          </p>
        )}
        {sku === null && request.quantity !== null && <p>{formatNumber(request.quantity)} of it</p>}
        <Facts request={request} name={name} product={product} />
        {duplicate_of !== null && (
          <p>
            Goes on with <a href={`/staff/requests/${duplicate_of}`}>another request</a>
          </p>
        )}
        {description !== null && <p className={styles.words}>{description}</p>}
        {link !== null && (
          <p className={styles.words}>
            <a href={link} rel="nofollow noopener noreferrer" target="_blank">
              {link}
              <span className="visually-hidden"> (opens another site in a new tab)</span>
            </a>
          </p>
        )}
        {request.decline_reason !== null && <p className={styles.words}>Why not: {request.decline_reason}</p>}
      </div>
      {moves.length > 0 && (
        <section aria-labelledby="panel-move">
          <h2 id="panel-move">Status</h2>
          <div className={styles.buttons}>
            {moves.map((to) => (
              <button key={to} type="button" className="button" onClick={() => askToMove(request, name, to)}>
                {moveInWords(to)}
              </button>
            ))}
          </div>
        </section>
      )}
      {kind === 'quote' && <QuoteForm key={request.quote?.id ?? 'first'} request={request} onDone={show} />}
      {canAnswer && kind !== 'back_in_stock' && (
        <LinkProduct request={request} onDone={(answer) => void show(answer)} />
      )}
      {canAnswer && kind !== 'quote' && <Merge request={request} onDone={(answer) => void show(answer)} />}
      <Thread request={request} empty="No comments yet.">
        {canAnswer && (
          <WordsForm
            label="Answer in the shop’s name"
            hint={
              kind === 'quote'
                ? 'Only the customer reads it.'
                : 'Everybody can read it, and whoever follows is told.'
            }
            missing="Write something first."
            action="Answer"
            send={(key, text) => comment(key, id, text)}
            onDone={(answer) => void show(answer)}
            why={whyRefused}
          />
        )}
      </Thread>
      <Hiding request={request} onDone={(answer) => void show(answer)} />
      <RequestTimeline request={request} />
      {columnOf(state) === null && <p className={styles.soft}>It is not on the board any more.</p>}
    </div>
  )
}
