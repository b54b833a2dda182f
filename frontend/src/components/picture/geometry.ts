/**
 * Where the planes of a solid fall on the picture. Pure; the drawings call it through `solids.tsx`.
 * Everything is seen from the same place, a little above and far away: a level circle is an ellipse of one
 * flatness, and a solid turned on a lathe is given by half its outline.
 */

/** Height over width of a level circle. */
export const TILT = 0.26

/** Where the axis of a turned solid stands unless its drawing says otherwise: the middle. */
export const AXIS = 160

type Point = readonly [across: number, down: number]

/** A place on half the outline of a turned solid. */
interface Station {
  readonly radius: number
  readonly y: number
  /** How much wider the solid gets a step further down: negative where it faces the ground. */
  readonly flare: number
}

const STEPS_PER_CURVE = 12
const STEPS_PER_ARC = 8

/** An outline is written like an SVG path of `M`, `L` and `C`, where x is the distance from the axis. */
function stations(outline: string): Station[] {
  const found: Station[] = []
  let here: Point = [0, 0]
  for (const [, command, numbers = ''] of outline.matchAll(/([MLC])([^MLC]*)/g)) {
    const [a = here, b = here, c = here] = pointsIn(numbers)
    if (command === 'L') found.push(...along(here, here, a, a, 1))
    if (command === 'C') found.push(...along(here, a, b, c, STEPS_PER_CURVE))
    here = command === 'C' ? c : a
  }
  return found
}

function pointsIn(numbers: string): Point[] {
  const each = (numbers.match(/-?\d*\.?\d+/g) ?? []).map(Number)
  return each.flatMap((n, i): Point[] => (i % 2 === 0 ? [[n, each[i + 1] ?? 0]] : []))
}

function along(p0: Point, p1: Point, p2: Point, p3: Point, steps: number): Station[] {
  const place = (t: number, axis: 0 | 1): number =>
    (1 - t) ** 3 * p0[axis] +
    3 * (1 - t) ** 2 * t * p1[axis] +
    3 * (1 - t) * t ** 2 * p2[axis] +
    t ** 3 * p3[axis]
  return Array.from({ length: steps + 1 }, (_, i) => {
    const t = i / steps
    // The slope from a hair before to a hair after, inside the curve: exact enough at any zoom of a picture.
    const [before, after] = [Math.max(t - 0.01, 0), Math.min(t + 0.01, 1)]
    const [widened, fell] = [place(after, 0) - place(before, 0), place(after, 1) - place(before, 1)]
    return { radius: place(t, 0), y: place(t, 1), flare: widened / (Math.abs(fell) < 1e-6 ? 1e-6 : fell) }
  })
}

/** A point on a level circle; `round` is the sine of its direction: −1 behind, 0 at the edge, 1 in front. */
function onRing({ radius, y }: Station, side: -1 | 1, round: number): Point {
  return [side * radius * Math.sqrt(Math.max(0, 1 - round * round)), y + TILT * radius * round]
}

function arc(station: Station, side: -1 | 1, from: number, to: number): Point[] {
  const [start, end] = [Math.asin(from), Math.asin(to)]
  return Array.from({ length: STEPS_PER_ARC + 1 }, (_, i) =>
    onRing(station, side, Math.sin(start + ((end - start) * i) / STEPS_PER_ARC)),
  )
}

/** How far round, seen from its side, the surface turns away from us: past −1 or 1 it does not. */
function horizon({ flare }: Station): number {
  return Math.min(1, Math.max(-1, -flare * TILT))
}

/**
 * The edge of the solid against what is behind it: from the plane at `k` round its top, then down to where it
 * turns under or meets that plane again.
 */
function contour(profile: readonly Station[], side: -1 | 1, k: number): Point[] {
  const front = Math.sqrt(1 - k * k)
  const points: Point[] = []
  let last = front
  for (const [i, station] of profile.entries()) {
    const next = Math.min(horizon(station), front)
    points.push(
      ...(Math.abs(next - last) < 0.05 ? [onRing(station, side, next)] : arc(station, side, last, next)),
    )
    last = next
    if (i > 0 && next === front) return points
  }
  const foot = profile.at(-1)
  return foot === undefined ? points : [...points, ...arc(foot, side, last, front)]
}

/** What can be seen of the line down the front of the solid at `k` of its width, from −1 (left) to 1 (right). */
function meridian(profile: readonly Station[], k: number): Point[] {
  const front = Math.sqrt(1 - k * k)
  const hidden = profile.findIndex((station) => horizon(station) >= front)
  const seen = hidden === -1 ? profile : profile.slice(0, hidden + 1)
  return seen.map((station) => onRing(station, k < 0 ? -1 : 1, front))
}

function closed(points: readonly Point[], axis: number): string {
  const round = (n: number): number => Math.round(n * 10) / 10
  return `M${points.map(([x, y]) => `${round(axis + x)} ${round(y)}`).join('L')}Z`
}

export interface Planes {
  readonly whole: string
  readonly lit: string
  readonly shaded: string
  /** The circle on top: the rim of something open, the face of something cut off flat. */
  readonly top: { readonly radius: number; readonly y: number }
}

/** Where the light from the upper left stops, and where the shade to the right begins. */
const LIT = -0.5
const SHADED = 0.42

export function turned(outline: string, axis: number): Planes {
  const profile = stations(outline)
  const top = profile[0] ?? { radius: 0, y: 0 }
  return {
    whole: closed([...contour(profile, -1, 0), ...contour(profile, 1, 0).reverse()], axis),
    lit: closed([...contour(profile, -1, LIT), ...meridian(profile, LIT).reverse()], axis),
    shaded: closed([...contour(profile, 1, SHADED), ...meridian(profile, SHADED).reverse()], axis),
    top,
  }
}

/** The piece of a turned solid's front between two lines down it: a label, a window. */
export function patch(outline: string, axis: number, from: number, to: number): string {
  const profile = stations(outline)
  const lines = Array.from({ length: STEPS_PER_ARC + 1 }, (_, i) =>
    meridian(profile, from + ((to - from) * i) / STEPS_PER_ARC),
  )
  const [first = [], last = []] = [lines[0], lines.at(-1)]
  const tops = lines.flatMap((line) => line.slice(0, 1))
  const feet = lines.flatMap((line) => line.slice(-1))
  return closed([...first, ...feet, ...last.reverse(), ...tops.reverse()], axis)
}

export interface Box {
  /** Middle of its foot. */
  readonly x: number
  readonly y: number
  readonly width: number
  readonly depth: number
  readonly height: number
  /** Degrees; its front turns to the right. */
  readonly turn: number
}

export interface Faces {
  readonly top: string
  readonly left: string
  readonly front: string
}

/** The three faces of a box that can be seen. */
export function boxed({ x, y, width, depth, height, turn }: Box): Faces {
  const angle = (turn * Math.PI) / 180
  const corner = (u: number, v: number, up: number): Point => {
    const across = (u * width * Math.cos(angle) - v * depth * Math.sin(angle)) / 2
    const away = (u * width * Math.sin(angle) + v * depth * Math.cos(angle)) / 2
    return [x + across, y - away * TILT - up]
  }
  return {
    top: closed(
      [corner(-1, -1, height), corner(1, -1, height), corner(1, 1, height), corner(-1, 1, height)],
      0,
    ),
    left: closed([corner(-1, 1, height), corner(-1, -1, height), corner(-1, -1, 0), corner(-1, 1, 0)], 0),
    front: closed([corner(-1, -1, height), corner(1, -1, height), corner(1, -1, 0), corner(-1, -1, 0)], 0),
  }
}
