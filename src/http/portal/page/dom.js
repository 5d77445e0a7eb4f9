// How is anything put on the page? As elements and as text. Nothing in the portal ever parses HTML, so a file's name can say
// what it likes.

/** The addresses that a link or a picture may have: this page's own, the web's, and what the page itself holds. */
const SAFE_ADDRESS = /^(#|\/(?!\/)|https?:|blob:)/i

/**
 * An element, as in `h('button', { type: 'button', onclick: save }, 'Save')`. A property that is a function listens; `true`
 * sets an attribute without value; null, undefined and false set none. Children are elements or texts, or nothing.
 */
export function h(name, properties = {}, ...children) {
  const element = document.createElement(name)
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(key.slice(2), value)
    else if (key === 'value' || key === 'checked') element[key] = value
    else set(element, key, value)
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false))
  return element
}

/** Sets an attribute, or takes it away. */
export function set(element, name, value) {
  if (value === null || value === undefined || value === false) return element.removeAttribute(name)
  if ((name === 'href' || name === 'src') && !SAFE_ADDRESS.test(value)) throw new Error(`no such address here: ${name}`)
  element.setAttribute(name, value === true ? '' : value)
}

/** Shows these and nothing else in that place. */
export const show = (place, ...children) => place.replaceChildren(...children.flat().filter(Boolean))
