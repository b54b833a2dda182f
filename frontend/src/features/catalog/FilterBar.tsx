// What stands above the list: in which order it is, and the chosen filters, each with a way to take it back.
import type { Sort } from '../../api/types'
import { SHOP_CURRENCY } from '../../components/money'
import { noFilters, sortShown, type Filters } from './filters'
import { activeFilters, sortLabels } from './labels'
import styles from './CataloguePage.module.css'

export function SortChoice({
  filters,
  onChange,
}: {
  filters: Filters
  onChange: (sort: Sort | null) => void
}) {
  const offered = (Object.keys(sortLabels) as Sort[]).filter(
    (sort) => sort !== 'relevance' || filters.q.trim() !== '',
  )
  const usual = sortShown({ ...filters, sort: null })
  return (
    <label className={styles.sort}>
      <span>Sort by</span>
      <select
        value={sortShown(filters)}
        onChange={(event) => {
          const sort = event.target.value as Sort
          onChange(sort === usual ? null : sort)
        }}
      >
        {offered.map((sort) => (
          <option key={sort} value={sort}>
            {sortLabels[sort]}
          </option>
        ))}
      </select>
    </label>
  )
}

interface FilterChangeProps {
  filters: Filters
  onChange: (change: Partial<Filters>) => void
}

export function ActiveFilters({ filters, onChange }: FilterChangeProps) {
  const active = activeFilters(filters, SHOP_CURRENCY)
  if (active.length === 0) return null
  return (
    <ul className={styles.active} aria-label="Chosen filters">
      {active.map(({ label, without }) => (
        <li key={label}>
          <button type="button" className={styles.chip} onClick={() => onChange(without)}>
            <span className="visually-hidden">Remove filter </span>
            {label}
            <span aria-hidden="true">×</span>
          </button>
        </li>
      ))}
      <li>
        <button
          type="button"
          className="text-button"
          onClick={() => onChange({ ...noFilters, sort: filters.sort })}
        >
          Clear all
        </button>
      </li>
    </ul>
  )
}
