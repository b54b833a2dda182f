// Saying which product a request is about. Products that are called alike are proposed: it may be in the catalogue by now.
// Rendered by RequestPanel.tsx.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { CommandAnswer, RequestDocument } from '../../../api/types'
import { availabilityInWords, canBeBought } from '../../../components/availability'
import { Act } from '../Act'
import { linkProduct, productsQuery } from './api'
import { Find } from './Find'
import styles from './Triage.module.css'

interface LinkProductProps {
  request: RequestDocument
  onDone: (answer: CommandAnswer) => void
}

export function LinkProduct({ request: { id, title, sku, kind }, onDone }: LinkProductProps) {
  const [q, setQ] = useState('')
  const proposed = sku === null ? (title ?? '') : ''
  const isAsked = q !== '' || proposed !== ''
  const { data, isError, isFetching } = useQuery(productsQuery(q, proposed))
  const found = isAsked ? data?.filter((product) => product.sku !== sku) : []
  return (
    <section aria-labelledby="panel-product">
      <h2 id="panel-product">{sku === null ? 'Link a product' : 'Link another product'}</h2>
      <Find label="Name of the product" onFind={setQ} />
      <p role="status" className={styles.soft}>
        {isError
          ? 'The products did not load. Try once more.'
          : found === undefined || isFetching
            ? 'Searching'
            : found.length > 0
              ? q === ''
                ? 'It may be in the catalogue now:'
                : 'Found:'
              : !isAsked
                ? ''
                : 'No product matches.'}
      </p>
      <ul className={styles.found}>
        {found?.map((product) => (
          <li key={product.sku}>
            <p>
              {product.name}{' '}
              <span className={styles.soft}>
                {product.sku}, {availabilityInWords(product)}
              </span>
            </p>
            <Act
              label="Link this product"
              of={product.name}
              title={`Link ${product.name}?`}
              action="Link this product"
              send={(key) => linkProduct(key, id, product.sku)}
              onDone={onDone}
            >
              <p>
                {kind === 'missing_product' && canBeBought(product)
                  ? 'It is for sale now: the request is fulfilled, and its followers are told.'
                  : 'The request shows this product from now on. You can link another one later.'}
              </p>
            </Act>
          </li>
        ))}
      </ul>
    </section>
  )
}
