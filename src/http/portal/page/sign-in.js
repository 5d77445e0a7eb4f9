// How does somebody sign in? By e-mail address: its domain leads to the company's own identity provider.
import { h, show } from './dom.js'
import { words } from './problems.js'
import { begin } from './session.js'

/** Shows the form, and what went wrong before. */
export function signIn(place, failure) {
  const email = h('input', { id: 'email', name: 'email', type: 'email', autocomplete: 'username', required: true, maxlength: 254, autofocus: true })
  const problem = h('p', { class: 'fault', role: 'alert' }, failure ?? '')
  const submit = h('button', { class: 'main' }, 'Continue')
  const onsubmit = async (event) => {
    event.preventDefault()
    submit.disabled = true
    try {
      await begin(email.value.trim())
    } catch (error) {
      problem.textContent = words(error)
      submit.disabled = false
    }
  }
  show(place, h('div', { class: 'card narrow' },
    h('h1', {}, 'Sign in'),
    h('p', {}, 'Your work address leads to where your organisation signs in.'),
    h('form', { onsubmit }, h('label', { for: 'email' }, 'E-mail address'), email, problem, submit)))
}
