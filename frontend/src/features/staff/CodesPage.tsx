// Discount codes: what each takes off and how often it was used. Staff create and disable them.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { DiscountCode } from '../../api/types'
import { formatMoney } from '../../components/money'
import { Trouble } from '../../components/Trouble'
import { When } from '../../components/When'
import { useAccess } from './access'
import { Act } from './Act'
import { codesQuery, disableCode } from './api'
import { NewCodeForm } from './NewCodeForm'
import { useLeaveWhenForbidden } from './useLeaveWhenForbidden'
import { discountInWords } from './words'
import styles from './Staff.module.css'

export function CodesPage() {
  const { canChange } = useAccess()
  const client = useQueryClient()
  const { data: codes, dataUpdatedAt, error, isError, refetch } = useQuery(codesQuery())
  useLeaveWhenForbidden(error)
  const again = () => void client.invalidateQueries({ queryKey: ['staff', 'codes'] })

  return (
    <div className={styles.page}>
      <title>Codes · Staff</title>
      <h1>Discount codes</h1>
      <div className={canChange ? styles.columns : undefined}>
        <div className={styles.stack}>
          {codes === undefined && isError && (
            <Trouble title="The codes did not load" onRetry={() => void refetch()} />
          )}
          {codes === undefined && !isError && (
            <div aria-busy="true" className={`skeleton ${styles.placeOfOrder}`} />
          )}
          {codes?.length === 0 && <p className={styles.empty}>There is no code yet.</p>}
          {codes !== undefined && codes.length > 0 && (
            <Codes codes={codes} now={dataUpdatedAt} onChanged={again} />
          )}
        </div>
        {canChange && <NewCodeForm onDone={again} />}
      </div>
    </div>
  )
}

interface CodesProps {
  codes: DiscountCode[]
  /** When they were read. */
  now: number
  onChanged: () => void
}

function Codes({ codes, now, onChanged }: CodesProps) {
  const { canChange } = useAccess()
  return (
    <table className={styles.table}>
      <caption className="visually-hidden">Discount codes</caption>
      <thead>
        <tr>
          <th scope="col">Code</th>
          <th scope="col">Takes off</th>
          <th scope="col" className={styles.wide}>
            For
          </th>
          <th scope="col" className={styles.number}>
            Used
          </th>
          <th scope="col">State</th>
        </tr>
      </thead>
      <tbody>
        {codes.map((code) => (
          <tr key={code.code}>
            <th scope="row">{code.code}</th>
            <td>{discountInWords(code)}</td>
            <td className={styles.wide}>{termsInWords(code)}</td>
            <td className={styles.number}>
              {code.redeemed}
              {code.limit !== null && ` of ${code.limit}`}
            </td>
            <td>
              <Ends at={code.expires_at} now={now} />
              {code.enabled && !canChange && 'Enabled'}
              {code.enabled ? (
                <Act
                  label="Disable"
                  of={code.code}
                  title={`Disable ${code.code}?`}
                  action={`Disable ${code.code}`}
                  send={(key) => disableCode(key, code.code)}
                  onDone={onChanged}
                >
                  <p>
                    Nobody can use it from then on. Orders that used it keep their discount. It stays
                    disabled.
                  </p>
                </Act>
              ) : (
                'Disabled'
              )}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

function Ends({ at, now }: { at: string | null; now: number }) {
  if (at === null) return null
  return (
    <span className={styles.block}>
      {Date.parse(at) <= now ? 'Ended ' : 'Until '}
      <When at={at} />
    </span>
  )
}

function termsInWords({ minimum, limit_per_customer }: DiscountCode): string {
  const terms = [
    minimum === null ? '' : `orders from ${formatMoney(minimum)}`,
    limit_per_customer === null
      ? ''
      : `${limit_per_customer === 1 ? 'once' : `${limit_per_customer} times`} per customer`,
  ].filter((term) => term !== '')
  return terms.length === 0 ? 'everyone' : terms.join(', ')
}
