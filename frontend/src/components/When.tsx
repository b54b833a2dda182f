const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'long', year: 'numeric' })
const withTime = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'long',
  hour: '2-digit',
  minute: '2-digit',
})

/** A moment in the shopper's own time. */
export function When({ at, time = false }: { at: string; time?: boolean }) {
  const moment = new Date(at)
  return <time dateTime={at}>{(time ? withTime : date).format(moment)}</time>
}
