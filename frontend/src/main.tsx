import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import './styles/fonts.css'
import './styles/tokens.css'
import './styles/base.css'
import './styles/shell.css'
import { App } from './app/App'

const place = document.getElementById('root')
if (place === null) throw new Error('index.html has no #root')
// What index.html shows until then goes in the same moment as the page comes, and no earlier.
new MutationObserver((_, observer) => {
  observer.disconnect()
  document.getElementById('shell')?.remove()
}).observe(place, { childList: true })
createRoot(place).render(
  <StrictMode>
    <App />
  </StrictMode>,
)
