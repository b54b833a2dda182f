import type { ReactNode } from 'react'
import { Button, Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import styles from './ConfirmDialog.module.css'

export interface ConfirmProps {
  title: string
  children: ReactNode
  /** What is done: a verb and its object, never "OK". */
  action: string
  /** How to leave everything as it is. */
  instead: string
  isBusy?: boolean
  /** Why it could not be done. */
  trouble?: string | null
  onConfirm: () => void
  onClose: () => void
}

export default function ConfirmDialog({
  title,
  children,
  action,
  instead,
  isBusy = false,
  trouble = null,
  onConfirm,
  onClose,
}: ConfirmProps) {
  return (
    <ModalOverlay isOpen onOpenChange={(open) => !open && onClose()} className={styles.veil ?? ''}>
      <Modal className={styles.panel ?? ''}>
        <Dialog role="alertdialog" className={styles.dialog ?? ''}>
          <Heading slot="title" className={styles.title ?? ''}>
            {title}
          </Heading>
          <div className={styles.body}>{children}</div>
          <div role="alert">{trouble !== null && <p className={styles.trouble}>{trouble}</p>}</div>
          <div className={styles.actions}>
            {/* Focus begins where nothing is done. */}
            {/* eslint-disable-next-line jsx-a11y/no-autofocus */}
            <Button autoFocus className="button" onPress={onClose}>
              {instead}
            </Button>
            <Button className={`button ${styles.act}`} onPress={onConfirm} isPending={isBusy}>
              {isBusy ? 'One moment' : action}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}
