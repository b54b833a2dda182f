// How a page is measured on a small screen, under zoom and with large text. Called by reflow.spec.ts.
import { expect, type Locator, type Page } from '@playwright/test'

/** Of 63 letters, as long as a part of a domain's name may be, and nowhere to break. */
export const WORD = 'Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbaubeamten'

interface Screen {
  name: string
  width: number
  height: number
  /** Of the text that the reader chose, in percent. */
  text: number
}

/** A small phone, a phone, 1280 by 1024 at 400 % zoom (WCAG 1.4.10), a phone with text of twice the size (1.4.4), a desk. */
export const screens: Screen[] = [
  { name: '320 px', width: 320, height: 640, text: 100 },
  { name: '390 px', width: 390, height: 844, text: 100 },
  { name: '400 % zoom', width: 320, height: 256, text: 100 },
  { name: '200 % text', width: 390, height: 844, text: 200 },
  { name: 'a desk', width: 1280, height: 860, text: 100 },
]

/** What is wider than the screen, of the page that is open; boxes with their own scroll bar may have more inside. */
export async function sticksOut(page: Page): Promise<string[]> {
  const found: string[] = []
  for (const { name, width, height, text } of screens) {
    await page.setViewportSize({ width, height })
    await page.evaluate((percent) => {
      document.documentElement.style.fontSize = percent === 100 ? '' : `${percent}%`
    }, text)
    found.push(...(await page.evaluate(tooWide)).map((what) => `${name}: ${what}`))
  }
  await page.evaluate(() => (document.documentElement.style.fontSize = ''))
  return found
}

function tooWide(): string[] {
  const room = document.documentElement.clientWidth
  const isClipped = (element: Element) => {
    for (let box = element.parentElement; box !== null && box !== document.body; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== 'visible') return true
    }
    return false
  }
  const out = [...document.body.querySelectorAll('*')].filter((element) => {
    const { left, right, width, height } = element.getBoundingClientRect()
    const isSeen = width > 1 && height > 1 && element.checkVisibility()
    return isSeen && (right > room + 1 || left < -1) && !isClipped(element)
  })
  const outermost = out.filter(
    (element) => !out.some((other) => other !== element && other.contains(element)),
  )
  const told = outermost.map((element) => {
    const { left, right } = element.getBoundingClientRect()
    const text = (element.textContent ?? '').slice(0, 30)
    return `<${element.localName} class="${element.className}"> from ${left.toFixed()} to ${right.toFixed()} “${text}”`
  })
  const wider = document.documentElement.scrollWidth - room
  return wider > 0 ? [`the page by ${wider} px`, ...told] : told
}

/** Every control in it can be scrolled to, and nothing lies over it then. */
export async function everythingIsReachable(within: Locator): Promise<void> {
  const controls = within.locator(
    'a:visible, button:visible, input:visible, select:visible, textarea:visible',
  )
  expect(await controls.count()).toBeGreaterThan(0)
  for (const control of await controls.all()) {
    await control.scrollIntoViewIfNeeded()
    const hidden = await control.evaluate((element) => {
      const box = element.getBoundingClientRect()
      const shown = { top: Math.max(box.top, 0), bottom: Math.min(box.bottom, window.innerHeight) }
      const there = document.elementFromPoint(box.left + box.width / 2, (shown.top + shown.bottom) / 2)
      const isItself = there !== null && (element.contains(there) || there.contains(element))
      const isOfLabel = element instanceof HTMLInputElement && there?.closest('label')?.control === element
      const isSeen = shown.bottom - shown.top >= Math.min(box.height, 24) - 1
      return isSeen && (isItself || isOfLabel)
        ? null
        : `${element.outerHTML.slice(0, 120)} under ${there?.outerHTML.slice(0, 80)}`
    })
    expect(hidden).toBeNull()
  }
}
