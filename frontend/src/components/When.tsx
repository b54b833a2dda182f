import { formatMoment } from './locale'

/** A moment in the shopper's own time. */
export function When({ at, time = false }: { at: string; time?: boolean }) {
  return <time dateTime={at}>{formatMoment(new Date(at), time ? 'time' : 'day')}</time>
}
