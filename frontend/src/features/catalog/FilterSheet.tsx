// The filters on a phone. Loaded when it is first opened.
import type { Facets } from '../../api/types'
import { Sheet } from '../../components/Sheet'
import { FilterPanel } from './FilterPanel'
import type { Filters } from './filters'
import { countLabel } from './labels'

interface FilterSheetProps {
  filters: Filters
  facets: Facets | undefined
  total: number | undefined
  onChange: (change: Partial<Filters>) => void
  onClose: () => void
}

export default function FilterSheet({ total, onClose, ...panel }: FilterSheetProps) {
  return (
    <Sheet
      title="Filter"
      from="below"
      isOpen
      onOpenChange={(open) => !open && onClose()}
      footer={
        <button type="button" className="button" style={{ width: '100%' }} onClick={onClose}>
          Show {total === undefined ? 'what is left' : countLabel(total)}
        </button>
      }
    >
      <FilterPanel {...panel} />
    </Sheet>
  )
}
