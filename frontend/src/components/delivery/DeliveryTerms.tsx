// "Tax included. Shipping to Germany 4.90 €, free from 60.00 €; you are 6.00 € away from it." Called by the cart, the drawer and the
// product page.
import { useQuery } from '@tanstack/react-query'
import { settingsQuery } from '../../api/checkoutSettings'
import type { Money } from '../../api/types'
import { useVisitorCountry } from './country'
import { cartTerms, productTerms } from './terms'
import styles from './DeliveryTerms.module.css'

type DeliveryTermsProps = { of: 'cart'; value: Money; hasCode: boolean } | { of: 'product'; value: Money }

export function DeliveryTerms(asked: DeliveryTermsProps) {
  const { data: settings, isError } = useQuery(settingsQuery())
  const country = useVisitorCountry(settings?.countries ?? [])
  const { value } = asked
  return (
    <p className={styles.terms} data-testid="delivery-terms" aria-busy={settings === undefined && !isError}>
      {settings !== undefined
        ? asked.of === 'cart'
          ? cartTerms({ settings, country, value, hasCode: asked.hasCode })
          : productTerms({ settings, country, value })
        : isError && 'Shipping and tax are shown before you pay.'}
    </p>
  )
}
