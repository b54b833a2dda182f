/** Every drawing by the name that the catalogue uses. */
import { bottle, brush, mirror, soapDish, stool } from './drawings/bath'
import { jar, kettle, mill, mug, pan, pot, utensils } from './drawings/cookware'
import { clock, deskTray, notebook, penCup, scissors, taskLamp } from './drawings/desk'
import { board, cloth, knife, towel } from './drawings/flatware'
import { basket, birdhouse, cloche, planter, trowel, twine, wateringCan } from './drawings/garden'
import { candle, floorLamp, globeLamp, lamp, lantern, pendant, pillars } from './drawings/light'
import { bowl, carafe, cutlery, glass, jug, plate, tray, vase } from './drawings/tableware'
import type { Drawing } from './solids'

export const DRAWINGS: Readonly<Record<string, Drawing>> = {
  basket,
  birdhouse,
  board,
  bottle,
  bowl,
  brush,
  candle,
  carafe,
  clock,
  cloche,
  cloth,
  cutlery,
  'desk-tray': deskTray,
  'floor-lamp': floorLamp,
  glass,
  'globe-lamp': globeLamp,
  jar,
  jug,
  kettle,
  knife,
  lamp,
  lantern,
  mill,
  mirror,
  mug,
  notebook,
  pan,
  pendant,
  'pen-cup': penCup,
  pillars,
  planter,
  plate,
  pot,
  scissors,
  'soap-dish': soapDish,
  stool,
  'task-lamp': taskLamp,
  towel,
  tray,
  trowel,
  twine,
  utensils,
  vase,
  'watering-can': wateringCan,
}

export function drawingNamed(name: string): Drawing | undefined {
  return Object.hasOwn(DRAWINGS, name) ? DRAWINGS[name] : undefined
}
