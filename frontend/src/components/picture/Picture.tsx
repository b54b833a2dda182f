/**
 * A product's picture, drawn here: nothing is fetched and nothing moves while a page loads.
 * Used wherever a product is shown; `decorative` where its name stands beside it anyway.
 */
import { useId, type CSSProperties, type ReactNode } from 'react'
import { drawingNamed } from './drawings'
import { TILT } from './geometry'
import { paletteOf } from './palette'
import styles from './Picture.module.css'
import type { Drawing } from './solids'

interface PictureProps {
  drawing: string | null
  colour: string | null
  name: string
  category: string
  decorative?: boolean
  className?: string
}

export function Picture({
  drawing,
  colour,
  name,
  category,
  decorative = false,
  className,
}: PictureProps): ReactNode {
  const known = drawing === null ? undefined : drawingNamed(drawing)
  const spoken = decorative ? { 'aria-hidden': true } : { role: 'img', 'aria-label': name }
  return (
    <div
      {...spoken}
      className={className === undefined ? styles.picture : `${styles.picture} ${className}`}
      style={groundOf(category)}
    >
      <svg viewBox="0 14 320 400" className={styles.drawing} aria-hidden="true" focusable="false">
        {known === undefined ? <Initial of={name} /> : <Drawn drawing={known} colour={colour} />}
      </svg>
    </div>
  )
}

function Drawn({
  drawing: { ground, paint },
  colour,
}: {
  drawing: Drawing
  colour: string | null
}): ReactNode {
  const shadow = useId()
  return (
    <>
      <radialGradient id={shadow}>
        <stop offset="0.35" className={styles.umbra} />
        <stop offset="1" className={styles.penumbra} />
      </radialGradient>
      <ellipse
        cx={ground.x}
        cy={ground.y}
        rx={ground.reach}
        ry={ground.reach * TILT}
        fill={`url(#${shadow})`}
      />
      {paint(paletteOf(colour))}
    </>
  )
}

function Initial({ of }: { of: string }): ReactNode {
  const [letter = ''] = of.trim()
  return (
    <text x="160" y="214" className={styles.initial}>
      {letter.toLocaleUpperCase()}
    </text>
  )
}

/** The tint comes from the tokens; a category that is newer than them stands on the neutral ground. */
function groundOf(category: string): CSSProperties {
  const tint = /^[a-z-]+$/.test(category)
    ? `var(--tint-${category}, var(--picture-neutral))`
    : 'var(--picture-neutral)'
  return { '--tint': tint } as CSSProperties
}
