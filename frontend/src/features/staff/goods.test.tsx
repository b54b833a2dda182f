// Discount codes and stock.
import { fireEvent, screen, waitFor } from '@testing-library/react'
import { http, HttpResponse } from 'msw'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createBackOffice, spring } from '../../testing/backOffice'
import { problem, server } from '../../testing/shop'
import { createTill } from '../../testing/till'
import { dialog, press, type, user, visit } from './testing'
import { amountOf, shippingInWords } from './words'

beforeAll(async () => {
  server.listen({ onUnhandledRequest: 'error' })
  await import('../../components/ConfirmDialog')
})
afterEach(() => server.resetHandlers())
afterAll(() => server.close())

function open(
  address: string,
  prepare: (office: ReturnType<typeof createBackOffice>) => void = () => {},
  roles = ['staff'],
) {
  const office = createBackOffice()
  prepare(office)
  const page = visit(address, [...office.handlers, ...createTill().handlers], { roles })
  const sent = () => office.heard.filter(({ method }) => method === 'POST')
  return { office, sent, ...page }
}

describe('discount codes', () => {
  it('are listed with what they take off and how often they were used', async () => {
    open('/staff/codes', (office) => {
      office.codes = [spring, { ...spring, code: 'OLD', enabled: false, expires_at: '2020-01-01T00:00:00Z' }]
    })
    expect(
      await screen.findByRole('row', { name: /SPRING-10 10 % once per customer 7 of 100/ }),
    ).toBeVisible()
    expect(screen.getByRole('row', { name: /OLD .*Ended 1 January 2020.*Disabled/ })).toBeVisible()
  })

  it('say that there is none, and that they did not load', async () => {
    let isDown = true
    open('/staff/codes', (office) => {
      office.instead = () => (isDown ? problem(500, 'internal', 'No.') : undefined)
    })
    expect(await screen.findByRole('alert')).toHaveTextContent('The codes did not load')
    isDown = false
    await press('Try again')
    expect(await screen.findByText('There is no code yet.')).toBeVisible()
  })

  it('are created with their limits, after a question', async () => {
    const { office, sent } = open('/staff/codes')
    await screen.findByText('There is no code yet.')
    await press('Create the code')
    expect(screen.getByRole('group', { name: 'What is not right' })).toHaveFocus()
    await type('Code', 'welcome')
    await user.selectOptions(screen.getByRole('combobox', { name: 'Takes off' }), 'an amount in EUR')
    await type('Amount', '5,00')
    await type(/^For orders from/, '50')
    await type(/^Uses in total/, '200')
    await press('Create the code')
    const asked = await dialog('Create WELCOME?')
    expect(asked.getByText(/takes 5\.00.€ off, 200 times in total/)).toBeVisible()
    office.codes = [{ ...spring, code: 'WELCOME' }]
    await user.click(asked.getByRole('button', { name: 'Create WELCOME' }))
    expect(await screen.findByText('WELCOME can be used now.')).toBeVisible()
    expect(await screen.findByRole('row', { name: /^WELCOME/ })).toBeVisible()
    expect(sent()[0]?.body).toEqual({
      code: 'WELCOME',
      discount: { amount: { minor: 500, currency: 'EUR' } },
      minimum: { minor: 5000, currency: 'EUR' },
      limit: 200,
    })
    expect(screen.getByRole('textbox', { name: 'Code' })).toHaveValue('')
  })

  it('of more than everything are not created', async () => {
    const { sent } = open('/staff/codes')
    await screen.findByText('There is no code yet.')
    await type('Code', 'ALL')
    await type('Percent', '101')
    await press('Create the code')
    expect(screen.getByRole('textbox', { name: 'Percent' })).toHaveAccessibleDescription(
      'A percentage between 1 and 100.',
    )
    expect(sent()).toEqual([])
  })

  it.each([
    ['2020-01-01T10:00', 'This moment has passed. Enter one in the future.'],
    ['12026-01-01T10:00', 'A year has four digits, such as 2026.'],
  ])('that end at %s are not created', async (until, words) => {
    const { sent } = open('/staff/codes')
    await screen.findByText('There is no code yet.')
    await type('Code', 'LATE')
    await type('Percent', '10')
    fireEvent.change(screen.getByLabelText(/^Until/), { target: { value: until } })
    await press('Create the code')
    expect(screen.getByLabelText(/^Until/)).toHaveAccessibleDescription(words)
    expect(sent()).toEqual([])
  })

  it('of whose end only a part is filled in are not created without it', async () => {
    const { sent } = open('/staff/codes')
    await screen.findByText('There is no code yet.')
    await type('Code', 'LATE')
    await type('Percent', '10')
    Object.defineProperty(screen.getByLabelText(/^Until/), 'validity', { value: { badInput: true } })
    await press('Create the code')
    expect(screen.getByLabelText(/^Until/)).toHaveAccessibleDescription(
      'Enter the whole date with its time, or clear it.',
    )
    expect(screen.queryByRole('alertdialog')).toBeNull()
    expect(sent()).toEqual([])
  })

  it('whose end passed before they were sent are refused at the field', async () => {
    const { office } = open('/staff/codes')
    await screen.findByText('There is no code yet.')
    const violations = [
      { field: 'expires_at', message: 'has to be in the future, and this moment has passed' },
    ]
    office.instead = ({ method }) =>
      method === 'POST'
        ? HttpResponse.json({ type: '/problems/validation', detail: 'Wrong.', violations }, { status: 400 })
        : undefined
    await type('Code', 'LATE')
    await type('Percent', '10')
    fireEvent.change(screen.getByLabelText(/^Until/), { target: { value: '9000-01-01T10:00' } })
    await press('Create the code')
    const asked = await dialog('Create LATE?')
    await user.click(asked.getByRole('button', { name: 'Create LATE' }))
    await waitFor(() =>
      expect(screen.getByLabelText(/^Until/)).toHaveAccessibleDescription(
        'This has to be in the future, and this moment has passed.',
      ),
    )
  })

  it('that exist already are refused in the words of the shop', async () => {
    const { office } = open('/staff/codes')
    await screen.findByText('There is no code yet.')
    office.instead = ({ method }) =>
      method === 'POST' ? problem(422, 'code-exists', 'Nothing was changed: there is one.') : undefined
    await type('Code', 'SPRING-10')
    await type('Percent', '10')
    await press('Create the code')
    const asked = await dialog('Create SPRING-10?')
    await user.click(asked.getByRole('button', { name: 'Create SPRING-10' }))
    expect(await asked.findByText('There is one.')).toBeVisible()
  })

  it('are disabled after a question', async () => {
    const { office, sent } = open('/staff/codes', (shop) => {
      shop.codes = [spring]
    })
    await screen.findByRole('row', { name: /^SPRING-10/ })
    await press('Disable SPRING-10')
    office.codes = [{ ...spring, enabled: false }]
    await user.click((await dialog('Disable SPRING-10?')).getByRole('button', { name: 'Disable SPRING-10' }))
    expect(await screen.findByText('Disabled')).toBeVisible()
    expect(sent()).toMatchObject([{ path: '/commands/discount-codes/SPRING-10/disable' }])
  })
})

describe('stock', () => {
  it('is found by its SKU, with what is reserved for which order', async () => {
    const { router } = open('/staff/stock')
    await user.type(await screen.findByRole('combobox', { name: 'SKU' }), 'kit-mug-stone')
    await press('Show')
    expect(await screen.findByRole('heading', { name: 'KIT-MUG-STONE' })).toBeVisible()
    expect(router.state.location.search).toBe('?sku=KIT-MUG-STONE')
    expect(screen.getByRole('row', { name: /0000-00AA 2/ })).toBeVisible()
    expect(screen.getByRole('link', { name: '0000-00AA' })).toHaveAttribute(
      'href',
      '/staff/orders/01a20520-0000-7000-8000-0000000000aa',
    )
  })

  it('of nothing that there is says so', async () => {
    open('/staff/stock?sku=NOPE', (office) => {
      office.stock = null
    })
    expect(await screen.findByText(/^There is no product with the SKU NOPE/)).toBeVisible()
  })

  it('of a name that no product has is not taken for a thing of which there is none', async () => {
    const unheardOf = http.get('*/api/queries/products/:sku', () => problem(404, 'not-found', 'No.'))
    const none = { sku: 'NOPE', version: 0, on_hand: 0, reserved: 0, available: 0, reservations: [] }
    open('/staff/stock?sku=NOPE', (office) => {
      office.handlers.unshift(unheardOf)
      office.stock = none
    })
    expect(await screen.findByText(/^There is no product with the SKU NOPE/)).toBeVisible()
    expect(screen.queryByRole('button', { name: 'Receive' })).toBeNull()
    expect(screen.queryByText('On hand')).toBeNull()
  })

  it('that lies there is shown though the catalogue is behind, and with its name once it is not', async () => {
    let isBehind = true
    const late = http.get('*/api/queries/products/:sku', () =>
      isBehind ? problem(404, 'not-found', 'No.') : undefined,
    )
    const { unmount } = open('/staff/stock?sku=KIT-MUG-STONE', (office) => office.handlers.unshift(late))
    expect(await screen.findByText('On hand')).toBeVisible()
    expect(screen.queryByText('Morning mug')).toBeNull()
    unmount()
    isBehind = false
    open('/staff/stock?sku=KIT-MUG-STONE')
    expect(await screen.findByText('Morning mug')).toBeVisible()
  })

  it('is received after a question, which tells how to put a mistake right', async () => {
    const { office, sent } = open('/staff/stock?sku=KIT-MUG-STONE')
    await screen.findByRole('heading', { name: 'KIT-MUG-STONE' })
    await type('Units', '0')
    await press('Receive')
    expect(screen.getByRole('textbox', { name: 'Units' })).toBeInvalid()
    await type('Units', '24')
    await press('Receive')
    const asked = await dialog('Receive 24 of KIT-MUG-STONE?')
    if (office.stock !== null) office.stock = { ...office.stock, on_hand: 36, available: 34 }
    await user.click(asked.getByRole('button', { name: 'Receive 24' }))
    expect(await screen.findByText('24 received.')).toBeVisible()
    expect(await screen.findByText('36')).toBeVisible()
    expect(sent()).toMatchObject([{ path: '/commands/stock/KIT-MUG-STONE/receipts', body: { quantity: 24 } }])
  })

  it('is adjusted with a reason, and what would leave promises open is refused', async () => {
    const { office, sent } = open('/staff/stock?sku=KIT-MUG-STONE')
    await screen.findByRole('heading', { name: 'KIT-MUG-STONE' })
    office.instead = ({ method }) =>
      method === 'POST' ? problem(422, 'stock-limit', 'Nothing was changed: 2 are reserved.') : undefined
    await type(/^Change by/, '-11')
    await user.selectOptions(screen.getByRole('combobox', { name: 'Reason' }), 'Damaged')
    await press('Adjust')
    const asked = await dialog('Adjust KIT-MUG-STONE by -11?')
    expect(asked.getByText(/12 on hand now, 2 of them reserved; 1 after it/)).toBeVisible()
    await user.click(asked.getByRole('button', { name: 'Adjust by -11' }))
    expect(await asked.findByText('2 are reserved.')).toBeVisible()
    office.instead = () => undefined
    await user.click(asked.getByRole('button', { name: 'Adjust by -11' }))
    await waitFor(() => expect(screen.queryByRole('alertdialog')).toBeNull())
    expect(sent().at(-1)?.body).toEqual({ delta: -11, reason: 'damaged' })
  })

  it('that does not load is asked for again', async () => {
    let isDown = true
    open('/staff/stock?sku=KIT-MUG-STONE', (office) => {
      office.instead = () => (isDown ? problem(500, 'internal', 'No.') : undefined)
    })
    expect(await screen.findByRole('alert')).toHaveTextContent('The stock did not load')
    isDown = false
    await press('Try again')
    expect(await screen.findByRole('heading', { name: 'KIT-MUG-STONE' })).toBeVisible()
  })
})

describe('an analyst', () => {
  it('reads the codes, and can neither create nor disable one', async () => {
    const prepare = (office: ReturnType<typeof createBackOffice>) => {
      office.codes = [spring, { ...spring, code: 'OLD', enabled: false }]
    }
    open('/staff/codes', prepare, ['analyst'])
    expect(await screen.findByRole('row', { name: /SPRING-10 .*7 of 100 Enabled/ })).toBeVisible()
    expect(screen.getByRole('row', { name: /OLD .*Disabled/ })).toBeVisible()
    expect(screen.queryByRole('button')).toBeNull()
    expect(screen.queryByRole('textbox')).toBeNull()
  })

  it('reads the stock, and can change nothing of it', async () => {
    open('/staff/stock?sku=KIT-MUG-STONE', undefined, ['analyst'])
    expect(await screen.findByRole('heading', { name: 'KIT-MUG-STONE' })).toBeVisible()
    expect(screen.getByRole('row', { name: /0000-00AA 2/ })).toBeVisible()
    expect(screen.getAllByRole('button').map(({ textContent }) => textContent)).toEqual(['Show'])
    expect(screen.queryByRole('textbox')).toBeNull()
  })
})

it('a shipping option is read as a name', () => {
  expect(shippingInWords('standard')).toBe('Standard')
  expect(shippingInWords('next-day')).toBe('Next day')
})

it('an amount has as many decimals as its currency', () => {
  expect(amountOf('12.5', 'EUR')).toEqual({ minor: 1250, currency: 'EUR' })
  expect(amountOf('1450', 'JPY')).toEqual({ minor: 1450, currency: 'JPY' })
  expect(amountOf('1.234', 'BHD')).toEqual({ minor: 1234, currency: 'BHD' })
  for (const wrong of ['', '0', '-1', '1.234', 'a', '1.']) expect(amountOf(wrong, 'EUR')).toBeNull()
})
