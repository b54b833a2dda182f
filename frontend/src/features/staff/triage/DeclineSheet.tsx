// Why a request is declined: told to everybody who follows it. Rendered by BoardPage.tsx.
import { ErrorSummary } from '../../../components/form/ErrorSummary'
import { TextAreaField } from '../../../components/form/TextAreaField'
import { useForm } from '../../../components/form/useForm'
import { Sheet } from '../../../components/Sheet'
import styles from './Triage.module.css'

interface DeclineSheetProps {
  name: string
  onDecline: (reason: string) => void
  onClose: () => void
}

export function DeclineSheet({ name, onDecline, onClose }: DeclineSheetProps) {
  const form = useForm(
    { reason: '' },
    { rules: { reason: (value) => (value === '' ? 'Write why: whoever follows it is told.' : null) } },
  )
  return (
    <Sheet title="Decline this request?" isOpen onOpenChange={(isOpen) => !isOpen && onClose()} from="side">
      <form noValidate className={styles.form} onSubmit={form.onSubmit(({ reason }) => onDecline(reason))}>
        <p>“{name}” ends. It cannot be moved back.</p>
        <ErrorSummary faults={form.faults} tries={form.tries} />
        <TextAreaField
          {...form.field('reason')}
          label="Why"
          hint="Everybody who sees the request reads it."
          maxLength={2_000}
        />
        <button type="submit" className="button">
          Decline it
        </button>
      </form>
    </Sheet>
  )
}
