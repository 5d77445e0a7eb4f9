// How does a form ask for each kind of value? A field has an element, reads its value, and shows what is wrong with it.
// Undefined is a value that nobody has written yet, or that is none; null says that there is to be none.
import { h, set } from './dom.js'
import { UNITS, inUnit } from './sizes.js'

const idOf = (pointer) => `field${pointer.replaceAll('/', '-')}`

/** What all fields have in common. `controls` are what somebody writes in; the first is the one that gets the focus. */
function field({ pointer, hint, read, rule, isOpen = () => false }, controls, ...children) {
  const id = idOf(pointer)
  const fault = h('p', { class: 'fault', id: `${id}-fault` })
  const described = [hint && `${id}-hint`, `${id}-fault`].filter(Boolean).join(' ')
  for (const control of controls) set(control, 'aria-describedby', described)
  return {
    pointer,
    read,
    /** What the page itself can say against the value. */
    check: () => (read() === undefined && !isOpen() ? rule : undefined),
    element: h('div', { class: 'field' }, children, hint && h('p', { class: 'soft', id: `${id}-hint` }, hint), fault),
    /** Says what is wrong, or that nothing is any more. */
    blame(text) {
      fault.textContent = text
      for (const control of controls) set(control, 'aria-invalid', text !== '' && 'true')
    },
    focus: () => controls.find((control) => !control.disabled)?.focus(),
  }
}

const label = (pointer, text) => h('label', { for: idOf(pointer) }, text)

/** A line of text. With `isOptional`, an empty one means none. */
export function line({ pointer, name, hint, value, isOptional, ...attributes }) {
  const control = h('input', { id: idOf(pointer), type: 'text', autocomplete: 'off', spellcheck: 'false', dir: 'auto', value: value ?? '', ...attributes })
  const read = () => control.value.trim() || (isOptional ? null : '')
  return field({ pointer, hint, read }, [control], label(pointer, name), control)
}

/** Several texts, one on each line. */
export function lines({ pointer, name, hint, value }) {
  const known = value ?? []
  const control = h('textarea', { id: idOf(pointer), rows: Math.min(8, known.length + 1), spellcheck: 'false', dir: 'auto', value: known.join('\n') })
  const isOpen = () => value === undefined && control.value.trim() === ''
  const read = () => (isOpen() ? undefined : control.value.split('\n').map((text) => text.trim()).filter(Boolean))
  return field({ pointer, hint, read, isOpen }, [control], label(pointer, name), control)
}

/** Yes or no. */
export function check({ pointer, name, hint, value }) {
  const control = h('input', { id: idOf(pointer), type: 'checkbox', checked: value })
  const made = field({ pointer, hint, read: () => control.checked }, [control], h('label', { class: 'check' }, control, name))
  return { ...made, write: (isChecked) => (control.checked = isChecked) }
}

/** One of several. `choices` are values and what they mean. */
export function choice({ pointer, name, value, choices }) {
  const controls = Object.keys(choices).map((key) => h('input', { type: 'radio', name: idOf(pointer), value: key, checked: key === value }))
  const chosen = h('fieldset', {}, h('legend', {}, name),
    Object.values(choices).map((text, index) => h('label', { class: 'check' }, controls[index], text)))
  return field({ pointer, read: () => controls.find((control) => control.checked).value }, controls, chosen)
}

/** A box that takes the limit away, and with it the controls that say how much. */
function orNone(pointer, controls, isNone) {
  const box = h('input', { type: 'checkbox', checked: isNone })
  const follow = () => controls.forEach((control) => (control.disabled = box.checked))
  box.addEventListener('change', follow)
  follow()
  return { box, element: h('label', { class: 'check' }, box, 'No limit') }
}

// What is no number looks empty too, but for this.
const isEmpty = (control) => control.value === '' && !control.validity.badInput

/** How many. With `canBeNone`, there may be no limit. */
export function amount({ pointer, name, hint, value, canBeNone }) {
  const control = h('input', { id: idOf(pointer), type: 'number', min: 1, step: 1, inputmode: 'numeric', value: value ?? '' })
  const none = canBeNone && orNone(pointer, [control], value === null)
  const read = () => {
    if (none?.box.checked) return null
    return control.value !== '' && Number.isSafeInteger(control.valueAsNumber) ? control.valueAsNumber : undefined
  }
  const rule = `must be a whole number${canBeNone ? ', or no limit' : ''}`
  const isOpen = () => value === undefined && isEmpty(control)
  return field({ pointer, hint, read, rule, isOpen }, [control], label(pointer, name), h('div', { class: 'measure' }, control, none?.element))
}

/** How many bytes, in the unit that somebody likes. */
export function size({ pointer, name, hint, value, canBeNone }) {
  const { amount, unit } = typeof value === 'number' ? inUnit(value) : { amount: '', unit: 'GB' }
  const control = h('input', { id: idOf(pointer), type: 'number', min: 0, step: 'any', inputmode: 'decimal', value: amount })
  const units = h('select', { 'aria-label': `${name}: unit` }, Object.keys(UNITS).reverse().map((value) => h('option', { value }, value)))
  units.value = unit
  const none = canBeNone && orNone(pointer, [control, units], value === null)
  const read = () => {
    if (none?.box.checked) return null
    const bytes = Math.round(control.valueAsNumber * UNITS[units.value])
    return Number.isSafeInteger(bytes) ? bytes : undefined
  }
  const rule = `must be a number of at most 9,007 TB${canBeNone ? ', or no limit' : ''}`
  const isOpen = () => value === undefined && isEmpty(control)
  return field({ pointer, hint, read, rule, isOpen }, [control, units], label(pointer, name), h('div', { class: 'measure' }, control, units, none?.element))
}
