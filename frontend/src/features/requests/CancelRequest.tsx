// Taking back what one asked for, as long as nobody else wants it. Rendered by RequestPage.tsx.
import type { RequestDocument } from '../../api/types'
import { AskedButton } from '../../components/AskedButton'
import { isOpen } from '../../components/request/words'
import { cancel } from './api'
import { useShow } from './useShow'
import { whyRefused } from './words'

export function CancelRequest({ request, id }: { request: RequestDocument; id: string }) {
  const show = useShow()
  const { you, state, supporters, kind } = request
  const others = supporters - Number(you?.supports === true)
  if (you?.customer !== true || !isOpen(state) || others > 0 || kind === 'back_in_stock') return null
  return (
    <div>
      <AskedButton
        label="Withdraw request"
        title="Withdraw this request?"
        action="Withdraw request"
        instead="Keep request"
        send={(key) => cancel(key, id)}
        onDone={({ version }) => void show(id, version)}
        inWords={whyRefused}
      >
        <p>The request ends, and nobody can support it any more. You can make a new one at any time.</p>
      </AskedButton>
    </div>
  )
}
