/** The few solids that the drawings are put together from, each with the light on its left and the shade on its right. */
import type { ReactNode } from 'react'
import { AXIS, TILT, boxed, patch, turned, type Box } from './geometry'
import type { Palette, Tone } from './palette'

export interface Drawing {
  /** The one soft shadow on the ground: its middle and how far it reaches to either side. */
  readonly ground: { readonly x: number; readonly y: number; readonly reach: number }
  readonly paint: (palette: Palette) => ReactNode
}

interface TurnedProps {
  outline: string
  tone: Tone
  axis?: number
  /** Thickness of the wall of something open at the top, whose inside shows. */
  wall?: number
  inside?: Tone
  /** What stands in it. */
  children?: ReactNode
}

/** Something made on a lathe or a wheel. */
export function Turned({
  outline,
  tone,
  axis = AXIS,
  wall,
  inside = tone,
  children,
}: TurnedProps): ReactNode {
  const { whole, lit, shaded, top } = turned(outline, axis)
  const hollow = wall === undefined ? 0 : top.radius - wall
  return (
    <>
      <Level x={axis} y={top.y} radius={top.radius} fill={tone.light} />
      {hollow > 0 && <Hollow x={axis} y={top.y} radius={hollow} tone={inside} />}
      {children}
      <path d={whole} fill={tone.body} />
      <path d={lit} fill={tone.light} />
      <path d={shaded} fill={tone.shade} />
      {hollow > 0 && <NearRim x={axis} y={top.y} radius={top.radius} hollow={hollow} fill={tone.light} />}
    </>
  )
}

interface LevelProps {
  x?: number
  y: number
  radius: number
  fill: string
}

/** A circle that lies level. */
export function Level({ x = AXIS, y, radius, fill }: LevelProps): ReactNode {
  return <ellipse cx={x} cy={y} rx={radius} ry={radius * TILT} fill={fill} />
}

/** The inside of a vessel: the light falls on the wall to the right. */
function Hollow({ x, y, radius, tone }: { x: number; y: number; radius: number; tone: Tone }): ReactNode {
  const ry = radius * TILT
  const [dx, dy] = [radius * 0.4, ry * 0.917]
  return (
    <>
      <ellipse cx={x} cy={y} rx={radius} ry={ry} fill={tone.deep} />
      <path d={`M${x + dx} ${y - dy}A${radius} ${ry} 0 0 1 ${x + dx} ${y + dy}Z`} fill={tone.shade} />
    </>
  )
}

/** The half of a rim that is nearer to us, which hides the foot of what stands in the vessel. */
function NearRim({ x, y, radius, hollow, fill }: Required<LevelProps> & { hollow: number }): ReactNode {
  const half = (r: number, to: number, sweep: 0 | 1): string => `A${r} ${r * TILT} 0 0 ${sweep} ${to} ${y}`
  const d = `M${x - radius} ${y}${half(radius, x + radius, 0)}L${x + hollow} ${y}${half(hollow, x - hollow, 1)}Z`
  return <path d={d} fill={fill} />
}

interface BandProps {
  outline: string
  fill: string
  axis?: number
  /** From −1, its left edge, to 1. */
  from?: number
  to?: number
  opacity?: number
}

/** Something that lies flat on the front of a turned solid: a label, a shadow under a lid, a gleam. */
export function Band({ outline, fill, axis = AXIS, from = -1, to = 1, opacity }: BandProps): ReactNode {
  return <path d={patch(outline, axis, from, to)} fill={fill} opacity={opacity} />
}

/** Something blown: what is behind shows through. `filled` is the outline of what it holds. */
export function Glass({
  outline,
  tone,
  axis = AXIS,
  filled,
  children,
}: TurnedProps & { filled?: string }): ReactNode {
  const { whole, shaded, top } = turned(outline, axis)
  const water = filled === undefined ? undefined : turned(filled, axis)
  return (
    <>
      <ellipse cx={axis} cy={top.y} rx={top.radius} ry={top.radius * TILT} fill={tone.light} opacity={0.5} />
      {children}
      {water !== undefined && (
        <>
          <path d={water.whole} fill={tone.body} opacity={0.7} />
          <Level x={axis} y={water.top.y} radius={water.top.radius} fill={tone.light} />
        </>
      )}
      <path d={whole} fill={tone.light} opacity={0.42} />
      <path d={shaded} fill={tone.shade} opacity={0.5} />
      <Band axis={axis} outline={outline} from={-0.8} to={-0.6} fill="#fff" opacity={0.62} />
      <ellipse
        cx={axis}
        cy={top.y}
        rx={top.radius}
        ry={top.radius * TILT}
        fill="none"
        stroke={tone.light}
        strokeWidth={3}
      />
    </>
  )
}

interface BlockProps extends Box {
  tone: Tone
  /** How far the corners are rounded. */
  soft?: number
}

/** Something made of boards or sheets. */
export function Block({ tone, soft = 2, ...box }: BlockProps): ReactNode {
  const { top, left, front } = boxed(box)
  return (
    <g strokeWidth={soft} strokeLinejoin="round">
      <path d={front} fill={tone.shade} stroke={tone.shade} />
      <path d={left} fill={tone.body} stroke={tone.body} />
      <path d={top} fill={tone.light} stroke={tone.light} />
    </g>
  )
}

interface RidgeProps {
  /** Its right half, from the axis at 0 and back to it. */
  half: string
  tone: Tone
  x: number
  y: number
  turn?: number
}

/** Something flat with a fold down its middle: a blade, a leaf, the bowl of a spoon. */
export function Ridge({ half, tone, x, y, turn = 0 }: RidgeProps): ReactNode {
  return (
    <g transform={`translate(${x} ${y}) rotate(${turn})`}>
      <path d={half} fill={tone.light} transform="scale(-1 1)" />
      <path d={half} fill={tone.shade} />
    </g>
  )
}

interface RodProps {
  d: string
  stroke: string
  width: number
}

/** Something bent from a rod: a handle, a cord, a stem. */
export function Rod({ d, stroke, width }: RodProps): ReactNode {
  return (
    <path
      d={d}
      fill="none"
      stroke={stroke}
      strokeWidth={width}
      strokeLinecap="round"
      strokeLinejoin="round"
    />
  )
}
