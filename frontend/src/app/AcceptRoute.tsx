// Where a quote meets the checkout and the account. Loaded when somebody accepts one.
import { Navigate, useParams } from 'react-router'
import { Trouble } from '../components/Trouble'
import { QuoteCheckout } from '../features/checkout/QuoteCheckout'
import { RequestNotFound, RequestSkeleton } from '../features/requests/RequestStates'
import { useRequest } from '../features/requests/useRequest'
import { useShopper } from './useShopper'

export function AcceptRoute() {
  const { id = '' } = useParams()
  const { request, isError, retry } = useRequest(id, undefined)
  const shopper = useShopper()

  if (shopper.kind === 'guest') {
    return <Navigate to={`/sign-in?then=${encodeURIComponent(`/requests/${id}/accept`)}`} replace />
  }
  if (request === null) return <RequestNotFound />
  if (request === undefined) {
    return isError ? (
      <div className="page">
        <title>Quote · Cartwright</title>
        <Trouble isPage title="The quote did not load" onRetry={retry}>
          Nothing was changed.
        </Trouble>
      </div>
    ) : (
      <RequestSkeleton />
    )
  }
  // Answered, expired or replaced: its page says what now.
  if (request.state !== 'quoted' || request.quote === null) {
    return <Navigate to={request.order === null ? `/requests/${id}` : `/orders/${request.order}`} replace />
  }
  return (
    <QuoteCheckout
      key={request.quote.id}
      offer={{ request: id, quote: request.quote.id }}
      shopper={shopper}
    />
  )
}
