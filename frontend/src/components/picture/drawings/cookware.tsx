/** What cooks and keeps. */
import { Band, Rod, Turned, type Drawing } from '../solids'

export const mug: Drawing = {
  ground: { x: 168, y: 312, reach: 104 },
  paint: (c) => (
    <>
      <Rod d="M206 216C258 204 262 286 204 280" stroke={c.shade} width={17} />
      <Rod d="M208 212C244 205 254 238 244 258" stroke={c.body} width={6} />
      <Turned axis={146} outline="M69 262L69 286C68 302 60 308 50 310" tone={c.accent} />
      <Turned axis={146} outline="M70 190L69.5 274" tone={c} wall={6} />
    </>
  ),
}

export const pot: Drawing = {
  ground: { x: 172, y: 306, reach: 124 },
  paint: (c) => (
    <>
      <Rod d="M62 236C36 230 36 262 62 262" stroke={c.body} width={13} />
      <Rod d="M258 236C284 230 284 262 258 262" stroke={c.shade} width={13} />
      <Turned outline="M100 214L99 282C98 298 88 304 74 306" tone={c} />
      <Band outline="M100 212L100 221" fill={c.deep} />
      <Turned outline="M0 168C54 170 96 184 103 204L103 213" tone={c} />
      <Band outline="M12 166L12 171" fill={c.deep} />
      <Turned outline="M18 148C20 156 11 160 11 168" tone={c.accent} />
    </>
  ),
}

export const pan: Drawing = {
  ground: { x: 162, y: 292, reach: 122 },
  paint: (c) => (
    <>
      <Rod d="M206 250L240 224" stroke={c.shade} width={11} />
      <Rod d="M240 224L290 184" stroke={c.accent.body} width={18} />
      <Rod d="M238 217L284 181" stroke={c.accent.light} width={5} />
      <Turned axis={134} outline="M106 248C104 272 96 288 78 294" tone={c} wall={5} />
    </>
  ),
}

export const kettle: Drawing = {
  ground: { x: 176, y: 304, reach: 118 },
  paint: (c) => (
    <>
      <Rod d="M108 184L108 168M216 184L216 168" stroke={c.shade} width={9} />
      <Rod d="M108 170C104 98 220 98 216 170" stroke={c.accent.shade} width={16} />
      <Rod d="M104 164C104 112 154 98 190 112" stroke={c.accent.body} width={7} />
      <path d="M92 268C58 258 60 214 26 196L50 178C88 192 82 224 112 230Z" fill={c.body} />
      <path d="M26 196L50 178C72 187 80 202 86 214L64 232C56 216 48 207 26 196Z" fill={c.light} />
      <ellipse cx="38" cy="187" rx="15" ry="5" transform="rotate(-37 38 187)" fill={c.deep} />
      <Turned axis={162} outline="M52 186C84 192 100 228 101 264C101 288 92 300 78 306" tone={c} />
      <Band axis={162} outline="M54 183L54 190" fill={c.deep} />
      <Turned axis={162} outline="M0 162C28 164 50 170 55 180L55 184" tone={c} />
      <Turned axis={162} outline="M13 146C15 154 9 157 8 164" tone={c.accent} />
    </>
  ),
}

export const jar: Drawing = {
  ground: { x: 172, y: 308, reach: 98 },
  paint: (c) => (
    <>
      <Turned outline="M72 182L72 290C72 302 65 306 56 308" tone={c} />
      <Band outline="M72 182L72 190" fill={c.deep} />
      <Turned outline="M75 154L75 180" tone={c.accent} />
      <Turned outline="M20 138C24 144 16 150 14 154" tone={c.accent} />
    </>
  ),
}

export const mill: Drawing = {
  ground: { x: 174, y: 316, reach: 80 },
  paint: (c) => (
    <>
      <Turned outline="M24 178C26 206 36 214 40 248C44 282 50 292 50 312L50 316" tone={c} />
      <Band outline="M25 177L25 183" fill={c.deep} />
      <Turned outline="M0 98C34 98 44 120 41 140C39 158 30 166 27 176" tone={c} />
      <Turned outline="M10 82C12 90 6 92 6 100" tone={c.accent} />
    </>
  ),
}

export const utensils: Drawing = {
  ground: { x: 174, y: 310, reach: 92 },
  paint: (c) => (
    <Turned outline="M62 214L60 296C59 304 54 308 48 310" tone={c} wall={6}>
      <Rod d="M136 226L112 124" stroke={c.accent.body} width={9} />
      <ellipse cx="108" cy="106" rx="21" ry="31" transform="rotate(-13 108 106)" fill={c.accent.light} />
      <ellipse cx="110" cy="107" rx="13" ry="22" transform="rotate(-13 110 107)" fill={c.accent.shade} />
      <Rod d="M184 226L212 132" stroke={c.accent.shade} width={9} />
      <path
        d="M201 134L217 66Q222 58 229 62L243 68Q249 72 246 80L222 141Q218 148 211 146Z"
        fill={c.accent.body}
      />
      <path d="M228 61L243 68Q249 72 246 80L222 141Q219 147 213 146Z" fill={c.accent.shade} />
      <Rod d="M160 230L160 96" stroke={c.accent.body} width={10} />
      <path
        d="M142 84Q142 62 160 62Q178 62 178 84L176 104Q172 116 160 116Q148 116 144 104Z"
        fill={c.accent.light}
      />
      <path d="M160 62Q178 62 178 84L176 104Q172 116 160 116Z" fill={c.accent.body} />
    </Turned>
  ),
}
