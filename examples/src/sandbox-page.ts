import { answers, type Behaviour, type Received, type Signature, type Step, steps } from './sandbox-behaviour.ts'

/* The page of the sandbox partner: forms and tables that need no script, in English and French. */

export type Language = 'en' | 'fr'

/** The language asked for by `?lang=`, else the first of the two that the browser names, else English. */
export const languageOf = (asked: string | null, accepted = ''): Language => {
  const wanted = [asked ?? '', ...accepted.split(',')].map((tag) => tag.trim().slice(0, 2).toLowerCase())
  return wanted.find((tag): tag is Language => tag === 'en' || tag === 'fr') ?? 'en'
}

const words = {
  title: { en: 'Sandbox partner', fr: 'Partenaire d’essai' },
  other: { en: 'Français', fr: 'English' },
  refresh: { en: 'Refresh', fr: 'Actualiser' },
  back: { en: 'Back to the overview', fr: 'Retour à la vue d’ensemble' },
  behaviour: { en: 'How it answers webhooks', fr: 'Comment il répond aux webhooks' },
  answer: { en: 'Answer', fr: 'Réponse' },
  nothing: { en: 'none: hang up', fr: 'aucune : raccrocher' },
  delay: { en: 'Delay, in seconds', fr: 'Délai, en secondes' },
  retryAfter: { en: 'Retry-After, in seconds (may be empty)', fr: 'Retry-After, en secondes (peut rester vide)' },
  acknowledges: { en: 'Acknowledge each referral by itself', fr: 'Accuser réception de chaque orientation de lui-même' },
  apply: { en: 'Apply', fr: 'Appliquer' },
  referrals: { en: 'Referrals before it, the most urgent first', fr: 'Orientations en attente chez lui, la plus urgente d’abord' },
  referral: { en: 'Referral', fr: 'Orientation' },
  status: { en: 'Status', fr: 'État' },
  priority: { en: 'Priority', fr: 'Priorité' },
  none: { en: 'None.', fr: 'Aucune.' },
  received: { en: 'Webhooks received, the latest first', fr: 'Webhooks reçus, le plus récent d’abord' },
  time: { en: 'Time', fr: 'Heure' },
  event: { en: 'Event', fr: 'Événement' },
  version: { en: 'Version', fr: 'Version' },
  signature: { en: 'Signature', fr: 'Signature' },
  remark: { en: 'Remark', fr: 'Remarque' },
  content: { en: 'Headers and body', fr: 'En-têtes et corps' },
  repeat: { en: 'Repeat: taken before', fr: 'Répétition : déjà pris' },
  overtaken: { en: 'Overtaken by a later version', fr: 'Dépassé par une version plus récente' },
  unreadable: { en: 'Not readable', fr: 'Illisible' },
  verified: { en: 'Verified', fr: 'Vérifiée' },
  missing: { en: 'Missing', fr: 'Absente' },
  wrong: { en: 'Wrong', fr: 'Fausse' },
  'too-old': { en: 'Too old', fr: 'Trop ancienne' },
  'too-new': { en: 'Too far ahead', fr: 'Trop en avance' },
  what: { en: 'What the partner may read', fr: 'Ce que le partenaire peut lire' },
  asFhir: { en: 'The same as FHIR R4', fr: 'Le même en FHIR R4' },
  asJson: { en: 'The same as the API writes it', fr: 'Le même tel que l’API l’écrit' },
  steps: { en: 'Answer the referral', fr: 'Répondre à l’orientation' },
  acknowledge: { en: 'Acknowledge receipt', fr: 'Accuser réception' },
  accept: { en: 'Accept', fr: 'Accepter' },
  decline: { en: 'Decline: no capacity', fr: 'Refuser : pas de capacité' },
  start: { en: 'Start the service', fr: 'Commencer le service' },
  complete: { en: 'Complete: served in full', fr: 'Terminer : service rendu en totalité' },
  fail: { en: 'Not given: person not reached', fr: 'Non rendu : personne non jointe' },
  changed: { en: 'From the next webhook on it answers like this.', fr: 'Il répondra ainsi dès le prochain webhook.' },
  'not-understood': { en: 'That was not understood.', fr: 'Cela n’a pas été compris.' },
  notFound: { en: 'There is no such referral for this partner.', fr: 'Cette orientation n’existe pas pour ce partenaire.' },
} as const satisfies Readonly<Record<string, Readonly<Record<Language, string>>>>
type Word = keyof typeof words
const isWord = (text: string): text is Word => Object.hasOwn(words, text)

/** A piece of the page; what is put into one is escaped unless it is one itself. */
interface Html {
  readonly html: string
}
const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }
type Part = Html | readonly Html[] | string | number | undefined
function textOf(part: Part): string {
  if (part === undefined) return ''
  if (typeof part === 'string' || typeof part === 'number') return String(part).replace(/[&<>"']/g, (character) => escapes[character] ?? '')
  return 'html' in part ? part.html : part.map(textOf).join('')
}
const html = (strings: TemplateStringsArray, ...parts: readonly Part[]): Html => ({
  html: strings.map((text, n) => text + textOf(parts[n])).join(''),
})

interface Shown {
  readonly name: string
  readonly language: Language
  /** What came of the last form: a word of this page, or a step with the status and codes of its answer. */
  readonly said: string | undefined
}

/** The words of a step's answer: `accept 409 consent-missing`. */
function saidOf(said: string, say: (word: Word) => string): string {
  const [first = '', ...rest] = said.split(' ')
  return isWord(first) ? [say(first), ...rest.filter((part) => /^[a-z0-9-]+$/.test(part))].join(' ') : ''
}

function page(
  { name, language, said }: Shown,
  path: string,
  content: (say: (word: Word) => string, at: (path: string) => string) => Html,
): string {
  const say = (word: Word): string => words[word][language]
  const at = (to: string): string => `${to}?lang=${language}`
  const other = language === 'en' ? 'fr' : 'en'
  const text = said === undefined ? '' : saidOf(said, say)
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${say('title')} · ${name}</title>
<link rel="stylesheet" href="/style.css">
<link rel="icon" href="data:,">
</head>
<body>
<header>
<h1>${say('title')}: ${name}</h1>
<nav aria-label="${say('title')}"><a href="${at(path)}">${say('refresh')}</a> <a href="${path}?lang=${other}" lang="${other}" hreflang="${other}">${say('other')}</a></nav>
</header>
<main>
${text === '' ? undefined : html`<p role="status">${text}</p>`}
${content(say, at)}
</main>
</body>
</html>
`.html
}

interface Overview extends Shown {
  readonly behaviour: Behaviour
  readonly received: readonly Received[]
  readonly referrals: readonly { readonly referralId: string; readonly status: string; readonly priority: string }[]
}

export const overview = (shown: Overview): string => {
  const { behaviour, received, referrals } = shown
  return page(shown, '/', (say, at) => {
    const row = ({ at: time, notice, signature, repeat, overtaken, answered, headers, body }: Received): Html => html`<tr>
<td><time datetime="${time}">${time.slice(11, 19)}</time></td>
<th scope="row">${notice?.type ?? say('unreadable')}</th>
<td>${notice === undefined ? undefined : html`<a href="${at(`/referrals/${notice.data.referralId}`)}">${notice.data.referralId}</a>`}</td>
<td>${notice?.data.version}</td>
<td class="${signature satisfies Signature}">${say(signature)}</td>
<td>${answered === 'nothing' ? say('nothing') : answered}</td>
<td>${[repeat ? say('repeat') : '', overtaken ? say('overtaken') : ''].filter((text) => text !== '').join('. ')}</td>
<td><details><summary>${say('content')}</summary><pre tabindex="0">${Object.entries(headers)
      .map(([name, value]) => `${name}: ${value}`)
      .join('\n')}

${body}</pre></details></td>
</tr>`
    return html`<section aria-labelledby="behaviour"><h2 id="behaviour">${say('behaviour')}</h2>
<form method="post" action="${at('/behaviour')}">
<p><label for="answer">${say('answer')}</label> <select id="answer" name="answer">${answers.map(
      (answer) =>
        html`<option value="${answer}"${answer === behaviour.answer ? html` selected` : undefined}>${answer === 'nothing' ? say('nothing') : answer}</option>`,
    )}</select></p>
<p><label for="delay">${say('delay')}</label> <input id="delay" name="delay" type="number" min="0" max="60" value="${behaviour.delay}"></p>
<p><label for="retryAfter">${say('retryAfter')}</label> <input id="retryAfter" name="retryAfter" type="number" min="0" max="86400" value="${behaviour.retryAfter}"></p>
<p><input id="acknowledges" name="acknowledges" type="checkbox"${behaviour.acknowledges ? html` checked` : undefined}> <label for="acknowledges">${say('acknowledges')}</label></p>
<p><button>${say('apply')}</button></p>
</form></section>
<section aria-labelledby="referrals"><h2 id="referrals">${say('referrals')}</h2>
${
  referrals.length === 0
    ? html`<p>${say('none')}</p>`
    : html`<table aria-labelledby="referrals"><thead><tr><th scope="col">${say('referral')}</th><th scope="col">${say('status')}</th><th scope="col">${say('priority')}</th></tr></thead>
<tbody>${referrals.map(
        ({ referralId, status, priority }) =>
          html`<tr><th scope="row"><a href="${at(`/referrals/${referralId}`)}">${referralId}</a></th><td>${status}</td><td>${priority}</td></tr>`,
      )}</tbody></table>`
}</section>
<section aria-labelledby="received"><h2 id="received">${say('received')}</h2>
${
  received.length === 0
    ? html`<p>${say('none')}</p>`
    : html`<table aria-labelledby="received"><thead><tr>${(
        ['time', 'event', 'referral', 'version', 'signature', 'answer', 'remark', 'content'] as const
      ).map((word) => html`<th scope="col">${say(word)}</th>`)}</tr></thead>
<tbody>${received.map(row)}</tbody></table>`
}</section>`
  })
}

interface ShownReferral extends Shown {
  readonly referralId: string
  /** Of the API's answer. */
  readonly status: number
  readonly body: unknown
}

const answerOf = ({ status, body }: ShownReferral, say: (word: Word) => string): Html =>
  status === 404 ? html`<p>${say('notFound')}</p>` : html`<pre tabindex="0">${JSON.stringify(body, null, 2)}</pre>`

export const referralPage = (shown: ShownReferral): string =>
  page(shown, `/referrals/${shown.referralId}`, (say, at) => {
    const button = (step: Step): Html =>
      html`<form method="post" action="${at(`/referrals/${shown.referralId}/${step}`)}"><button>${say(step)}</button></form>`
    const names = Object.keys(steps).filter((name): name is Step => Object.hasOwn(steps, name))
    return html`<p><a href="${at('/')}">${say('back')}</a></p>
<section aria-labelledby="steps"><h2 id="steps">${say('steps')}: ${shown.referralId}</h2><div class="steps">${names.map(button)}</div></section>
<section aria-labelledby="what"><h2 id="what">${say('what')}</h2>${answerOf(shown, say)}
<p><a href="${at(`/referrals/${shown.referralId}/fhir`)}">${say('asFhir')}</a></p></section>`
  })

export const fhirPage = (shown: ShownReferral): string =>
  page(
    shown,
    `/referrals/${shown.referralId}/fhir`,
    (say, at) => html`<p><a href="${at(`/referrals/${shown.referralId}`)}">${say('asJson')}</a></p>
<section aria-labelledby="what"><h2 id="what">${say('what')}: ${shown.referralId}</h2>${answerOf(shown, say)}</section>`,
  )

/** Colours keep a contrast of 4.5 to 1 on both grounds (WCAG 2.2, 1.4.3). */
export const style = `:root { color-scheme: light dark; --page: #ffffff; --text: #1b2430; --good: #1a5c2e; --bad: #8f1d1d; --link: #0b5563; --line: #767e87 }
@media (prefers-color-scheme: dark) { :root { --page: #11161b; --text: #e9ecef; --good: #a3dbaf; --bad: #ffb6ac; --link: #7fcfdc } }
* { box-sizing: border-box }
body { background: var(--page); color: var(--text); margin: 0 auto; max-width: 76rem; padding: 0 1rem 3rem; font: 1rem/1.5 system-ui, sans-serif }
header { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: baseline; justify-content: space-between }
a { color: var(--link) }
nav a + a { margin-left: 1rem }
button, select, input { font: inherit; min-height: 2rem }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px }
[role='status'] { border: 2px solid var(--line); padding: 0.5rem 1rem }
section { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.6rem; text-align: start; vertical-align: top }
pre { overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere }
.steps { display: flex; flex-wrap: wrap; gap: 0.5rem }
.verified { color: var(--good) }
.missing, .wrong, .too-old, .too-new { color: var(--bad) }
`
