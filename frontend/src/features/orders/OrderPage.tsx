// One order, by its link or by the session of whoever placed it: where it stands now, and what can be done with it. How to
// pay and how to fill the cart again are other features' business, and handed in by app/OrderRoute.tsx.
import { useQuery } from '@tanstack/react-query'
import type { ComponentType } from 'react'
import { Navigate, useLocation, useNavigate, useParams, useSearchParams } from 'react-router'
import { orderAddress } from '../../api/orderKey'
import type { Money, OrderDocument } from '../../api/types'
import { orderNumber } from '../../components/orderWords'
import { Trouble } from '../../components/Trouble'
import { Waiting } from '../../components/Waiting'
import { contactQuery, type AtLeast, type OrderLink } from './api'
import { lastAttempt, phaseOf } from './phase'
import { OrderActions } from './OrderActions'
import { OrderHead } from './OrderHead'
import { OrderNotFound, OrderSkeleton } from './OrderStates'
import { Receipt } from './Receipt'
import { Shipments } from './Shipments'
import { Timeline } from './Timeline'
import { useBackFromBank, useBank } from './useBank'
import { useKey } from './useKey'
import { useOrder } from './useOrder'
import styles from './OrderPage.module.css'

/** Of an order that waits to be paid. */
export interface ChangeProps {
  order: OrderDocument
  orderKey: string | null
  /** It is not as it is shown any more. */
  onMoved: () => void
}

export interface OrderPageProps {
  Pay: ComponentType<{
    order: string
    orderKey: string | null
    total: Money
    onStarted: (paymentVersion: number | null) => void
  }>
  Change: ComponentType<ChangeProps>
  PutBack: ComponentType<{ order: OrderDocument }>
  /** What is offered below it to whoever has no account. */
  Invitation?: ComponentType<{ email: string | null }>
}

/** What the page before left: of which versions the order is to be shown, and whether Pay was just pressed. */
interface Arrival extends AtLeast {
  justPaid?: boolean
}

export function OrderPage(props: OrderPageProps) {
  const { id = '' } = useParams()
  const { key, moved } = useKey(id)
  const { state } = useLocation() as { state: unknown }
  return moved === null ? (
    <OpenOrder {...props} id={id} orderKey={key} />
  ) : (
    <Navigate to={moved} replace state={state} />
  )
}

interface OpenOrderProps extends OrderPageProps {
  id: string
  orderKey: string | null
}

function OpenOrder({ Pay, Change, PutBack, Invitation, id, orderKey: key }: OpenOrderProps) {
  const [params] = useSearchParams()
  const navigate = useNavigate()
  const arrival = (useLocation().state ?? {}) as Arrival
  const link: OrderLink = { id, key }
  const { order, isPaymentBehind, isError, retry, await: awaitVersion } = useOrder(link, arrival)
  const contact = useQuery({
    ...contactQuery(link),
    enabled: Invitation !== undefined && order !== undefined && order !== null,
  })
  const isBack = useBackFromBank(params.get('returned') === '1', link, retry)
  const phase =
    order === null || order === undefined ? null : isPaymentBehind ? 'checking' : phaseOf(order, isBack)
  const attempt = order === null || order === undefined ? null : (lastAttempt(order)?.id ?? null)
  const bank = useBank(link, phase === 'bank' && arrival.justPaid === true ? attempt : null, retry)

  if (order === null) return <OrderNotFound />
  if (order === undefined || phase === null) {
    return isError ? (
      <div className="page">
        <title>Order · Cartwright</title>
        <Trouble isPage title="Your order did not load" onRetry={retry}>
          Your order is safe.
        </Trouble>
      </div>
    ) : arrival.justPaid === true || params.get('returned') === '1' ? (
      <div className={`page ${styles.layout}`}>
        <Checking id={id} />
      </div>
    ) : (
      <OrderSkeleton />
    )
  }

  const started = (paymentVersion: number | null) => {
    if (paymentVersion === null) return retry()
    awaitVersion({ paymentVersion })
    void navigate(orderAddress(id, key), {
      replace: true,
      state: { ...arrival, paymentVersion, justPaid: true },
    })
  }
  return (
    <div className={`page ${styles.layout}`}>
      <div className={styles.status}>
        {phase === 'checking' ? (
          <Checking id={id} />
        ) : (
          <OrderHead
            link={link}
            order={order}
            phase={phase}
            bankTrouble={bank.trouble}
            onBank={bank.go}
            pay={<Pay order={id} orderKey={key} total={order.totals.total} onStarted={started} />}
            putBack={<PutBack order={order} />}
          />
        )}
        {(phase === 'declined' || phase === 'unpaid' || phase === 'bank') && (
          <Change order={order} orderKey={key} onMoved={retry} />
        )}
        <Shipments order={order} />
        <OrderActions link={link} order={order} onDone={(version) => awaitVersion({ version })} />
        <Timeline order={order} />
        {Invitation !== undefined && (
          <div className={styles.invitation}>
            <Invitation email={contact.data?.email ?? null} />
          </div>
        )}
      </div>
      <Receipt link={link} order={order} />
    </div>
  )
}

/** From Pay, or from the bank, until there is a result: nobody wonders whether something happens. */
function Checking({ id }: { id: string }) {
  return (
    <div className={styles.checking}>
      <title>Checking your payment · Cartwright</title>
      <p className={styles.number}>Order {orderNumber(id)}</p>
      <Waiting title="We are checking your payment">
        This takes a few seconds. You may reload or close this page: its address shows how it ended, and
        nothing is paid twice.
      </Waiting>
    </div>
  )
}
