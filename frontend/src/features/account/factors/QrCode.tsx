// A QR code as the server drew it: one path, in modules, with the light margin that cameras need.
import styles from './Factors.module.css'

const MARGIN = 4

export function QrCode({ size, path, label }: { size: number; path: string; label: string }) {
  const all = size + 2 * MARGIN
  return (
    <svg
      className={styles.qr}
      viewBox={`${-MARGIN} ${-MARGIN} ${all} ${all}`}
      role="img"
      aria-label={label}
      shapeRendering="crispEdges"
    >
      <rect x={-MARGIN} y={-MARGIN} width={all} height={all} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  )
}
