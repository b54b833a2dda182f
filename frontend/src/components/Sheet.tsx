// A panel over the page: the cart from the side, the filters from below. React Aria traps focus, closes on Escape and
// gives focus back to where it was.
import type { ReactNode } from 'react'
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import styles from './Sheet.module.css'

interface SheetProps {
  title: string
  isOpen: boolean
  onOpenChange: (isOpen: boolean) => void
  from: 'side' | 'below'
  children: ReactNode
  footer?: ReactNode
}

export function Sheet({ title, isOpen, onOpenChange, from, children, footer }: SheetProps) {
  return (
    <ModalOverlay isOpen={isOpen} onOpenChange={onOpenChange} isDismissable className={styles.veil ?? ''}>
      <Modal className={`${styles.panel} ${styles[from]}`}>
        <Dialog className={styles.dialog ?? ''}>
          <header className={styles.header}>
            <Heading slot="title" className={styles.title ?? ''}>
              {title}
            </Heading>
            <Button slot="close" className={styles.close ?? ''}>
              Close
            </Button>
          </header>
          <div className={styles.body}>{children}</div>
          {footer !== undefined && <footer className={styles.footer}>{footer}</footer>}
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
